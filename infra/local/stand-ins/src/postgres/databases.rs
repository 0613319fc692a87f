//! Databases for tests: sets of the four, made in a moment as copies of a migrated one.

use tokio_postgres::Client;

use super::{Cluster, Error, MAINTENANCE, OWNER};

/// The names of the four databases of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseSet {
    /// Accounts, keys' salts, generations' metadata.
    pub accounts: String,
    /// Encrypted briefs.
    pub briefs: String,
    /// Encrypted files.
    pub files: String,
    /// The encrypted training dataset.
    pub dataset: String,
}

impl DatabaseSet {
    /// `<prefix>accounts`, `<prefix>briefs` and so on; the plain names for an empty prefix.
    #[must_use]
    pub fn named(prefix: &str) -> Self {
        let name = |database: &str| format!("{prefix}{database}");
        Self { accounts: name("accounts"), briefs: name("briefs"), files: name("files"), dataset: name("dataset") }
    }

    /// The four names.
    #[must_use]
    pub fn names(&self) -> [&str; 4] {
        [&self.accounts, &self.briefs, &self.files, &self.dataset]
    }
}

impl Cluster {
    /// Makes the four databases where they are missing, empty and owned by [`OWNER`].
    ///
    /// # Errors
    /// A statement fails, for example because the prefix makes a name too long.
    pub async fn create_database_set(&self, prefix: &str) -> Result<DatabaseSet, Error> {
        let set = DatabaseSet::named(prefix);
        let client = self.connect(MAINTENANCE).await?;
        for name in set.names() {
            if client.query_opt("select from pg_database where datname = $1", &[&name]).await?.is_none() {
                client.batch_execute(&format!("create database {} owner {OWNER}", quoted(name))).await?;
            }
        }
        Ok(set)
    }

    /// Copies four migrated databases, with the rights and settings that belong to a database as a whole, which `create
    /// database … template` leaves out. Nobody may be connected to the originals.
    ///
    /// # Errors
    /// A copy exists already, or an original is in use.
    pub async fn clone_database_set(&self, from: &DatabaseSet, prefix: &str) -> Result<DatabaseSet, Error> {
        let set = DatabaseSet::named(prefix);
        let client = self.connect(MAINTENANCE).await?;
        for (from, to) in from.names().into_iter().zip(set.names()) {
            client.batch_execute(&format!("create database {} template {} owner {OWNER}", quoted(to), quoted(from))).await?;
            copy_rights(&client, from, to).await?;
            copy_settings(&client, from, to).await?;
        }
        Ok(set)
    }

    /// Drops the four databases, connections and all.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn drop_database_set(&self, set: &DatabaseSet) -> Result<(), Error> {
        let client = self.connect(MAINTENANCE).await?;
        for name in set.names() {
            client.batch_execute(&format!("drop database if exists {} with (force)", quoted(name))).await?;
        }
        Ok(())
    }
}

async fn copy_rights(client: &Client, from: &str, to: &str) -> Result<(), Error> {
    let rights = client
        .query(
            "select case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end, privilege_type
             from pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) where datname = $1",
            &[&from],
        )
        .await?;
    let to = quoted(to);
    client.batch_execute(&format!("revoke all on database {to} from public")).await?;
    for right in rights {
        let (grantee, privilege): (String, String) = (right.get(0), right.get(1));
        client.batch_execute(&format!("grant {privilege} on database {to} to {grantee}")).await?;
    }
    Ok(())
}

async fn copy_settings(client: &Client, from: &str, to: &str) -> Result<(), Error> {
    let settings = client
        .query(
            "select case when setrole = 0 then 'database ' || quote_ident($2)
                         else 'role ' || quote_ident(pg_get_userbyid(setrole)) || ' in database ' || quote_ident($2) end
                    || ' set ' || quote_ident(split_part(setting, '=', 1))
                    || ' to ' || case when setting ~ '^(search_path|temp_tablespaces)=' then value else quote_literal(value) end
             from pg_db_role_setting join pg_database d on d.oid = setdatabase, unnest(setconfig) as setting,
                  substr(setting, strpos(setting, '=') + 1) as value
             where datname = $1",
            &[&from, &to],
        )
        .await?;
    for setting in settings {
        let statement: String = setting.get(0);
        client.batch_execute(&format!("alter {statement}")).await?;
    }
    Ok(())
}

/// A name as an SQL identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
