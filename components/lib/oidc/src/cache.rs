//! A provider's keys between two sign-ins: kept for an hour, and asked for again at once where a token names one that is not among
//! them, since a provider may change its keys at any time. Not as often as tokens come, though: that would make us a way to burden it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{Error, id_token, keys, keys::Keys};

/// How long keys are used without asking for them again, in seconds.
const FRESH_SECONDS: i64 = 3_600;
/// How long after an unknown key another one is no reason to ask again, in seconds.
const REFETCH_SECONDS: i64 = 60;

/// Keys by the address they are at.
pub(crate) type Cache = HashMap<String, CachedKeys>;

/// The keys of one provider as they were when they were last asked for.
#[derive(Clone)]
pub(crate) struct CachedKeys {
    keys: Arc<Keys>,
    /// When, in Unix seconds.
    fetched: i64,
    /// When an unknown key was last the reason to ask.
    refetched: Option<i64>,
}

impl CachedKeys {
    fn is_fresh(&self, now: i64) -> bool {
        within(self.fetched, FRESH_SECONDS, now)
    }

    fn may_refetch(&self, now: i64) -> bool {
        !self.refetched.is_some_and(|then| within(then, REFETCH_SECONDS, now))
    }
}

/// Whether `now` is in so many seconds from `start`. A clock that was set back ends it.
fn within(start: i64, seconds: i64, now: i64) -> bool {
    (0..seconds).contains(&now.saturating_sub(start))
}

/// What `identify` makes of a token with the keys at `url`, which `fetch` asks for where there are none, where they are old, and once
/// where they lack the token's; `now` in Unix seconds.
///
/// # Errors
/// Those of the two.
pub(crate) async fn with_keys<T>(
    cache: &Mutex<Cache>,
    url: &str,
    now: i64,
    identify: impl Fn(&Keys) -> Result<T, id_token::Error>,
    fetch: impl AsyncFnOnce() -> Result<Keys, Error>,
) -> Result<T, Error> {
    let known = lock(cache).get(url).filter(|known| known.is_fresh(now)).cloned();
    if let Some(known) = &known {
        match identify(&known.keys) {
            Err(id_token::Error::Key(keys::Error::UnknownKey)) if known.may_refetch(now) => {}
            other => return Ok(other?),
        }
    }
    let refetched = known.map(|_| now);
    let keys = Arc::new(fetch().await?);
    lock(cache).insert(url.to_owned(), CachedKeys { keys: Arc::clone(&keys), fetched: now, refetched });
    Ok(identify(&keys)?)
}

fn lock(cache: &Mutex<Cache>) -> MutexGuard<'_, Cache> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::executor::block_on;

    use super::*;
    use crate::keys::tests::set;

    const URL: &str = "https://provider.example/keys";
    const START: i64 = 1_767_225_600;

    /// A provider that counts how often it is asked.
    struct Provider {
        cache: Mutex<Cache>,
        kids: Cell<&'static [&'static str]>,
        asked: Cell<u32>,
        down: Cell<bool>,
    }

    impl Provider {
        fn new(kids: &'static [&'static str]) -> Self {
            Self { cache: Mutex::default(), kids: Cell::new(kids), asked: Cell::new(0), down: Cell::new(false) }
        }

        /// A token by a key, so many seconds after the start; whether the key was found, and how often keys have been asked for so far.
        fn token(&self, kid: &str, seconds: i64) -> (Result<(), Error>, u32) {
            let identify = |keys: &Keys| if keys.has(kid) { Ok(()) } else { Err(keys::Error::UnknownKey.into()) };
            let fetch = async || {
                self.asked.set(self.asked.get() + 1);
                if self.down.get() { Err(Error::Unavailable) } else { Ok(set(self.kids.get())) }
            };
            (block_on(with_keys(&self.cache, URL, START + seconds, identify, fetch)), self.asked.get())
        }
    }

    const UNKNOWN: Result<(), Error> = Err(Error::IdToken(id_token::Error::Key(keys::Error::UnknownKey)));

    #[test]
    fn keys_are_asked_for_once_an_hour() {
        let provider = Provider::new(&["a"]);
        assert_eq!(provider.token("a", 0), (Ok(()), 1));
        assert_eq!(provider.token("a", 3_599), (Ok(()), 1));
        assert_eq!(provider.token("a", 3_600), (Ok(()), 2));
        // A clock that was set back does not keep them for ever.
        assert_eq!(provider.token("a", 0), (Ok(()), 3));
    }

    #[test]
    fn an_unknown_key_asks_again_at_once_and_not_again_for_a_minute() {
        let provider = Provider::new(&["a"]);
        assert_eq!(provider.token("a", 0), (Ok(()), 1));
        assert_eq!(provider.token("x", 1), (UNKNOWN, 2));
        for seconds in [1, 2, 60] {
            assert_eq!(provider.token("x", seconds), (UNKNOWN, 2), "{seconds}");
            assert_eq!(provider.token("a", seconds), (Ok(()), 2), "the others go on");
        }
        assert_eq!(provider.token("y", 61), (UNKNOWN, 3));
        // Where nothing is kept yet, the answer is as new as can be.
        let other = Provider::new(&["a"]);
        assert_eq!(other.token("x", 0), (UNKNOWN, 1));
    }

    #[test]
    fn a_provider_that_changes_its_key_is_followed_at_once() {
        let provider = Provider::new(&["a"]);
        assert_eq!(provider.token("a", 0), (Ok(()), 1));
        provider.kids.set(&["b"]);
        assert_eq!(provider.token("b", 5), (Ok(()), 2));
        // The old one is gone with it.
        assert_eq!(provider.token("a", 6), (UNKNOWN, 2));
    }

    #[test]
    fn a_provider_that_is_down_loses_us_nothing() {
        let provider = Provider::new(&["a"]);
        assert_eq!(provider.token("a", 0), (Ok(()), 1));
        provider.down.set(true);
        assert_eq!(provider.token("b", 5), (Err(Error::Unavailable), 2));
        assert_eq!(provider.token("a", 6), (Ok(()), 2));
        provider.down.set(false);
        provider.kids.set(&["a", "b"]);
        assert_eq!(provider.token("b", 7), (Ok(()), 3));
    }
}
