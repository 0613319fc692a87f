//! The secrets of an installation: made once, kept in a file that only its owner can read, given to the components as variables.

pub(crate) mod command;
pub mod rotate;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

/// The zones that have a database role, each with a password of its own.
pub const ZONES: [&str; 6] = ["identity", "generation", "rights", "billing", "lifecycle", "contact"];

/// Keys of 32 random bytes in base64url, each for one purpose; the operator's token among them.
const SIMPLE_KEYS: [&str; 8] =
    ["contact_key", "gift_key", "internal_key", "limit_key", "oauth_key", "ops_token", "otp_key", "refresh_key"];

/// Why keys could not be made, read or kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system gives no random bytes.
    #[error("the system has no random bytes")]
    Random,
    /// The public keys are no JWK set.
    #[error("the verification keys are not a JWK set")]
    PublicKeys,
    /// A file is there already: keys are never overwritten, since what they encrypted would be lost.
    #[error("{0} exists; keys are never overwritten, because what they encrypted would be lost with them")]
    Exists(PathBuf),
    /// A line that is not `SPIN_VARIABLE_<NAME>=<value>`. The line itself is left out: it may be a secret.
    #[error("{path}, line {line}: expected SPIN_VARIABLE_<NAME>=<value>")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// A signing key without the public keys that belong to it, or the other way round.
    #[error("{0} has a signing key without verification keys, or the other way round")]
    Incomplete(PathBuf),
    /// The set of master keys is missing, cannot be read, or has used up its numbers.
    #[error("the master keys cannot be read, or there is no number left for another one")]
    Masters,
    /// Tokens of the old signing key are still about; holds the minutes to wait.
    #[error("tokens signed with the old key are good for {0} more minutes; try again then")]
    TooEarly(u64),
    /// The keys are in no state that a rotation knows.
    #[error("signing_key and verification_keys do not fit each other")]
    Rotation,
    /// Readable by others than its owner.
    #[error("{0} can be read by others; `chmod 600` it")]
    Readable(PathBuf),
    /// The file system failed.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// How long an access token lives.
const TOKEN_LIFE: Duration = Duration::from_mins(15);

/// The step that was taken of replacing the key that signs access tokens. Between two of them every component has to run with the file
/// as it is: so whoever verifies knows a key before the first token is signed with it, and until the last one has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The new key is known to those who verify; the old one signs.
    Published,
    /// The new key signs; the old one is still known.
    Signing,
    /// The old key is forgotten.
    Retired,
}

/// All secrets of an installation by the name of their Spin variable, and the public keys with them.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys(BTreeMap<String, String>);

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl Keys {
    /// Fresh ones.
    ///
    /// # Errors
    /// [`Error::Random`].
    pub fn generate() -> Result<Self, Error> {
        let mut keys = Self(BTreeMap::new());
        keys.complete()?;
        Ok(keys)
    }

    /// Makes every key that is missing, and says whether there was one.
    fn complete(&mut self) -> Result<bool, Error> {
        let before = self.0.len();
        for name in SIMPLE_KEYS {
            self.add(name, || Ok(URL_SAFE_NO_PAD.encode(random::<32>()?)))?;
        }
        // A numbered set, the newest first; others are added when the master key is rotated.
        self.add("master_keys", || master(1))?;
        for zone in ZONES {
            // Hexadecimal, because it becomes part of a connection URL.
            self.add(&format!("{zone}_password"), || Ok(hex::encode(random::<24>()?)))?;
        }
        // Sessions and receipts have keys of their own; the public ones are published together.
        for (name, purpose) in [("signing_key", "session"), ("receipt_key", "receipt")] {
            if !self.0.contains_key(name) {
                let (private, public) = key_pair(purpose, &[])?;
                self.0.insert(name.to_owned(), private);
                self.publish(&public)?;
            }
        }
        Ok(self.0.len() > before)
    }

    /// Adds a public key to the published ones.
    fn publish(&mut self, key: &Value) -> Result<(), Error> {
        let text = self.0.get("verification_keys").map_or("{\"keys\":[]}", String::as_str);
        let mut set: Value = serde_json::from_str(text).map_err(|_| Error::PublicKeys)?;
        set["keys"].as_array_mut().ok_or(Error::PublicKeys)?.push(key.clone());
        self.0.insert("verification_keys".to_owned(), set.to_string());
        Ok(())
    }

    fn add(&mut self, name: &str, make: impl FnOnce() -> Result<String, Error>) -> Result<(), Error> {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), make()?);
        }
        Ok(())
    }

    /// The value of every variable, by its name in `spin.toml`.
    #[must_use]
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Puts a new master key in front of the others: it encrypts from now on, and they still decrypt. Returns its number.
    ///
    /// # Errors
    /// [`Error::Random`]; [`Error::Masters`] where the set cannot be read or has no number left.
    pub fn add_master(&mut self) -> Result<u16, Error> {
        let old = self.0.get("master_keys").cloned().unwrap_or_default();
        let entries = domain::keyset::entries(&old, |id| id.parse::<u16>().ok()).map_err(|_| Error::Masters)?;
        let newest = entries.iter().map(|(id, _)| *id).max().and_then(|id| id.checked_add(1)).ok_or(Error::Masters)?;
        self.0.insert("master_keys".to_owned(), format!("{},{old}", master(newest)?));
        Ok(newest)
    }

    /// Writes the keys in the place of a file of before, which an interruption leaves as it was.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn replace(&self, path: &Path) -> Result<(), Error> {
        // Beside it first, then renamed: an interruption leaves either the old file or the new one.
        let new = path.with_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file(&new)(error)),
            _ => {}
        }
        self.save(&new)?;
        fs::rename(&new, path).map_err(Error::file(path))
    }

    /// The password of a zone's database role.
    #[must_use]
    pub fn password(&self, zone: &str) -> Option<&str> {
        self.0.get(&format!("{zone}_password")).map(String::as_str)
    }

    /// The keys as the lines of an environment file, as [`environment`] writes them.
    #[must_use]
    pub fn to_environment(&self) -> String {
        environment(&self.0)
    }

    /// Writes the keys to a new file that only its owner can read.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::File`].
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        write_new(path, &self.to_environment()).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::Exists(path.to_owned()),
            _ => Error::file(path)(error),
        })
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Readable`], [`Error::Syntax`], [`Error::Incomplete`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(Error::file(path))?;
        let mode = fs::metadata(path).map_err(Error::file(path))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Error::Readable(path.to_owned()));
        }
        let keys = parse(&text).map_err(|line| Error::Syntax { path: path.to_owned(), line })?;
        if keys.contains_key("signing_key") != keys.contains_key("verification_keys") {
            return Err(Error::Incomplete(path.to_owned()));
        }
        Ok(Self(keys))
    }

    /// The keys in `path`, made on the first call. Keys that a newer version needs and the file lacks are added to it; those that
    /// are there stay.
    ///
    /// # Errors
    /// Every [`Error`] but [`Error::Exists`].
    pub fn load_or_generate(path: &Path) -> Result<Self, Error> {
        let mut keys = match Self::load(path) {
            Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => Self(BTreeMap::new()),
            loaded => loaded?,
        };
        if keys.complete()? {
            keys.replace(path)?;
        }
        Ok(keys)
    }

    /// Takes the next step of replacing the key that signs access tokens in the file `path`; see [`Rotation`]. The last one is refused
    /// until tokens of the old key have expired: 15 minutes after the file was last changed.
    ///
    /// # Errors
    /// Every [`Error`] of [`Keys::load`], [`Error::TooEarly`], [`Error::Rotation`].
    pub fn rotate_signing(path: &Path) -> Result<Rotation, Error> {
        let mut keys = Self::load(path)?;
        let step = keys.rotate()?;
        let age = fs::metadata(path).and_then(|file| file.modified()).map_err(Error::file(path))?.elapsed().unwrap_or_default();
        if step == Rotation::Retired && age < TOKEN_LIFE {
            return Err(Error::TooEarly(TOKEN_LIFE.saturating_sub(age).as_secs().div_ceil(60)));
        }
        keys.replace(path)?;
        Ok(step)
    }

    fn rotate(&mut self) -> Result<Rotation, Error> {
        let value = |name: &str| self.0.get(name).cloned().unwrap_or_default();
        let signing = value("signing_key");
        let mut set: Value = serde_json::from_str(&value("verification_keys")).map_err(|_| Error::Rotation)?;
        let public = set["keys"].as_array_mut().ok_or(Error::Rotation)?;
        let kids: Vec<String> = public.iter().filter_map(|key| key["kid"].as_str().map(str::to_owned)).collect();
        let kids: Vec<&str> = kids.iter().map(String::as_str).filter(|kid| kid.starts_with("session-")).collect();
        let (step, signing) = match (signing.split(',').collect::<Vec<_>>().as_slice(), kids.len()) {
            ([one], 1) if !one.is_empty() => {
                let (next, jwk) = key_pair("session", &kids)?;
                public.push(jwk);
                (Rotation::Published, format!("{one},{next}"))
            }
            ([_, next], _) => (Rotation::Signing, (*next).to_owned()),
            ([one], 2..) => {
                let kid = one.split(':').next().unwrap_or_default();
                // Keys for other things than sessions, such as receipts, stay.
                public.retain(|key| key["kid"].as_str().is_some_and(|other| other == kid || !other.starts_with("session-")));
                (Rotation::Retired, (*one).to_owned())
            }
            _ => return Err(Error::Rotation),
        };
        self.0.insert("signing_key".to_owned(), signing);
        self.0.insert("verification_keys".to_owned(), set.to_string());
        Ok(step)
    }
}

/// The lines of an environment file: `SPIN_VARIABLE_<NAME>=<value>`, for `set -a; . file`. A value with more in it than letters,
/// digits and `:/?&=+.,@_-` is put in single quotes.
#[must_use]
pub fn environment(variables: &BTreeMap<String, String>) -> String {
    let plain = |value: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || ":/?=+.,@_-".contains(c));
    let line = |(name, value): (&String, &String)| {
        let value = if plain(value) { value.clone() } else { format!("'{}'", value.replace('\'', r"'\''")) };
        format!("SPIN_VARIABLE_{}={value}\n", name.to_ascii_uppercase())
    };
    variables.iter().map(line).collect()
}

/// Writes a file that must not exist yet and that only its owner can read.
///
/// # Errors
/// Of the file system.
pub fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The variables in an environment file of ours, read as a shell would read it: a value may have many lines, as the CA has. The
/// number of the first line that is not a variable as the error.
pub(crate) fn parse(text: &str) -> Result<BTreeMap<String, String>, usize> {
    let mut variables = BTreeMap::new();
    let (mut begun, mut first) = (String::new(), 1);
    for (number, line) in text.lines().enumerate() {
        if begun.is_empty() {
            first = number + 1;
        }
        begun = begun + line + "\n";
        // Without a value the quotation goes on in the next line.
        let Some(words) = shlex::split(&begun) else { continue };
        begun.clear();
        match words.as_slice() {
            [] => {}
            [word] => {
                let variable = word.strip_prefix("SPIN_VARIABLE_").and_then(|rest| rest.split_once('='));
                let (name, value) = variable.ok_or(first)?;
                variables.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            _ => return Err(first),
        }
    }
    if begun.is_empty() { Ok(variables) } else { Err(first) }
}

/// A fresh master key with its number, as one entry of a set.
///
/// # Errors
/// [`Error::Random`].
pub fn master(number: u16) -> Result<String, Error> {
    Ok(format!("{number}:{}", URL_SAFE_NO_PAD.encode(random::<32>()?)))
}

/// A key pair: `kid:seed` for those who sign, a JWK (RFC 7517, RFC 8037) for everybody. The `kid` begins with what it is for and is
/// none of those that are in use.
fn key_pair(purpose: &str, taken: &[&str]) -> Result<(String, Value), Error> {
    let day = format!("{purpose}-{}", jiff::Zoned::now().strftime("%Y%m%d"));
    let mut candidates = std::iter::once(day.clone()).chain((2_u32..).map(|number| format!("{day}-{number}")));
    let kid = candidates.find(|kid| !taken.contains(&kid.as_str())).unwrap_or(day);
    let seed = random::<32>()?;
    // ring refuses a seed only for its length.
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| Error::Random)?;
    let public = URL_SAFE_NO_PAD.encode(pair.public_key());
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": public });
    Ok((format!("{kid}:{}", URL_SAFE_NO_PAD.encode(seed)), key))
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use ring::signature::{ED25519, UnparsedPublicKey};

    fn decode(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn every_key_has_the_form_its_readers_expect() {
        let keys = Keys::generate().unwrap();
        let value = |name: &str| keys.variables()[name].clone();
        for name in SIMPLE_KEYS {
            assert_eq!(decode(&value(name)).len(), 32, "{name}");
        }
        let (number, master) = value("master_keys").split_once(':').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert_eq!((number.as_str(), decode(&master).len()), ("1", 32));
        for zone in ZONES {
            assert_eq!(hex::decode(keys.password(zone).unwrap()).unwrap().len(), 24, "{zone}");
        }
        assert_eq!(keys.variables().len(), SIMPLE_KEYS.len() + ZONES.len() + 4);
    }

    #[test]
    fn what_a_signing_key_signs_its_published_key_verifies() {
        let keys = Keys::generate().unwrap();
        let set: Value = serde_json::from_str(&keys.variables()["verification_keys"]).unwrap();
        for (at, (name, purpose)) in [("signing_key", "session-"), ("receipt_key", "receipt-")].into_iter().enumerate() {
            let (kid, seed) = keys.variables()[name].split_once(':').unwrap();
            let pair = Ed25519KeyPair::from_seed_unchecked(&decode(seed)).unwrap();
            let key = &set["keys"][at];
            assert_eq!(key["kid"], kid);
            assert!(kid.starts_with(purpose) && kid.len() == "session-20260101".len());
            assert_eq!(
                (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
                (&"OKP".into(), &"Ed25519".into(), &"EdDSA".into(), &"sig".into())
            );
            let public = decode(key["x"].as_str().unwrap());
            UnparsedPublicKey::new(&ED25519, public).verify(b"token", pair.sign(b"token").as_ref()).unwrap();
            assert!(key.get("d").is_none(), "no private part");
        }
        assert_eq!(set["keys"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn an_older_installation_gets_a_receipt_key_beside_its_published_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.env");
        let mut old = Keys::generate().unwrap();
        old.0.remove("receipt_key");
        let set: Value = serde_json::from_str(&old.0["verification_keys"]).unwrap();
        old.0.insert("verification_keys".to_owned(), json!({ "keys": [set["keys"][0]] }).to_string());
        old.save(&path).unwrap();
        let new = Keys::load_or_generate(&path).unwrap();
        let now: Value = serde_json::from_str(&new.0["verification_keys"]).unwrap();
        assert_eq!(now["keys"][0], set["keys"][0]);
        assert_eq!(now["keys"][1]["kid"].as_str(), new.0["receipt_key"].split(':').next());
    }

    #[test]
    fn promise_a51_a_new_master_key_comes_first_and_the_old_ones_stay() {
        let mut keys = Keys::generate().unwrap();
        let before = keys.0["master_keys"].clone();
        assert_eq!(keys.add_master().unwrap(), 2);
        assert_eq!(keys.add_master().unwrap(), 3);
        let after = keys.0["master_keys"].clone();
        assert!(after.starts_with("3:") && after.ends_with(&format!(",{before}")) && after.split(',').count() == 3);
        keys.0.insert("master_keys".to_owned(), format!("65535:{}", "A".repeat(43)));
        assert!(matches!(keys.add_master(), Err(Error::Masters)));
    }

    #[test]
    fn the_signing_key_is_replaced_in_three_steps_and_always_one_that_is_known_signs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.env");
        Keys::generate().unwrap().save(&path).unwrap();
        let state = || {
            let keys = Keys::load(&path).unwrap();
            let set: Value = serde_json::from_str(&keys.0["verification_keys"]).unwrap();
            let known: Vec<_> =
                set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
            let signs = keys.0["signing_key"].split(':').next().unwrap().to_owned();
            assert!(known.contains(&signs) && known.iter().any(|kid| kid.starts_with("receipt-")));
            (signs, known.len())
        };
        let (old, count) = state();
        assert_eq!(count, 2);
        assert_eq!(Keys::rotate_signing(&path).unwrap(), Rotation::Published);
        assert_eq!(state(), (old.clone(), 3));
        assert_eq!(Keys::rotate_signing(&path).unwrap(), Rotation::Signing);
        let (new, count) = state();
        assert_eq!((new != old, count), (true, 3));
        assert!(matches!(Keys::rotate_signing(&path), Err(Error::TooEarly(15))));
        let past = std::time::SystemTime::now() - Duration::from_mins(16);
        fs::File::options().write(true).open(&path).unwrap().set_modified(past).unwrap();
        assert_eq!(Keys::rotate_signing(&path).unwrap(), Rotation::Retired);
        assert_eq!(state(), (new, 2));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn two_installations_share_nothing() {
        let (one, other) = (Keys::generate().unwrap(), Keys::generate().unwrap());
        for (name, value) in one.variables() {
            assert_ne!(value, &other.variables()[name], "{name}");
        }
    }

    #[test]
    fn the_file_is_private_comes_back_the_same_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.env");
        let keys = Keys::generate().unwrap();
        keys.save(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Keys::load(&path).unwrap() == keys);
        assert!(matches!(Keys::generate().unwrap().save(&path), Err(Error::Exists(_))));
        assert!(Keys::load(&path).unwrap() == keys);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Keys::load(&path), Err(Error::Readable(_))));
    }

    #[test]
    fn keys_that_a_newer_version_needs_are_added_to_the_old_ones() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.env");
        let mut old = Keys::generate().unwrap();
        let added = old.0.remove("billing_password").unwrap();
        old.save(&path).unwrap();
        let new = Keys::load_or_generate(&path).unwrap();
        assert_ne!(new.0["billing_password"], added);
        assert!(old.0.iter().all(|(name, value)| new.0[name] == *value));
        assert!(Keys::load_or_generate(&path).unwrap() == new);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_shell_reads_the_file_as_it_was_meant() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.env");
        let values =
            [("plain", "1:a-b_c/d?e=f"), ("json", r#"{"a b": [1], "$x": "`ls`"}"#), ("quote", "it's\ntwo lines"), ("empty", "")];
        let variables = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        write_new(&path, &environment(&variables)).unwrap();
        for (name, value) in values {
            let script = format!("set -a; . {}; printenv SPIN_VARIABLE_{}", path.display(), name.to_uppercase());
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{value}\n"), "{name}");
        }
        assert_eq!(parse(&environment(&variables)), Ok(variables), "we read it as a shell does");
        assert_eq!(parse("SPIN_VARIABLE_A=b\n# c\nSPIN_VARIABLE_D='e\nf\n"), Err(3), "a quotation without an end");
    }

    #[test]
    fn wrong_lines_are_named_by_number_and_not_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.env");
        write_new(&path, "# comment\n\nSPIN_VARIABLE_OTP_KEY=x\nsecret stuff\n").unwrap();
        let error = Keys::load(&path).unwrap_err().to_string();
        assert!(error.contains("line 4") && !error.contains("stuff"), "{error}");
        fs::remove_file(&path).unwrap();
        write_new(&path, "SPIN_VARIABLE_SIGNING_KEY=x\n").unwrap();
        assert!(matches!(Keys::load(&path), Err(Error::Incomplete(_))));
    }

    #[test]
    fn debug_output_has_names_and_no_values() {
        let keys = Keys::generate().unwrap();
        let text = format!("{keys:?}");
        assert!(text.contains("master_keys"));
        assert!(keys.variables().values().all(|value| !text.contains(value.as_str())));
    }
}
