//! Pages of a list (contract: `limit` of 1 to 100, default 20, and `cursor`), newest first.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Problem, cursor, query};

/// How many a page has unless the caller says otherwise, and at most.
const PAGE: (usize, usize) = (20, 100);

/// Where a page begins and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    limit: usize,
    /// Time and id of the last item of the page before.
    pub after: Option<(Timestamp, Uuid)>,
}

impl Page {
    /// Reads the query of a list.
    ///
    /// # Errors
    /// 422 for a limit out of bounds, a cursor that is not ours, and any other parameter.
    pub fn read(query: Option<&str>) -> Result<Self, Problem> {
        let mut page = Self { limit: PAGE.0, after: None };
        for (name, value) in query::pairs(query)? {
            match name.as_str() {
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=PAGE.1).contains(limit));
                    page.limit = limit.ok_or_else(|| Problem::field("limit", "must be a number from 1 to 100"))?;
                }
                "cursor" => {
                    let after = cursor::read(&value).ok_or_else(|| Problem::field("cursor", "is not one that we gave"))?;
                    page.after = Some(after);
                }
                _ => return Err(Problem::field(&name, "is not a parameter of this address")),
            }
        }
        Ok(page)
    }

    /// How many to ask the database for: one more than the page has tells whether there is a next one.
    #[must_use]
    pub fn fetch_limit(&self) -> i32 {
        i32::try_from(self.limit + 1).unwrap_or(i32::MAX)
    }

    /// The page's items of those that were found, and the cursor of the next page, if there is one.
    #[must_use]
    pub fn cut<T>(&self, mut found: Vec<T>, key: impl Fn(&T) -> (Timestamp, Uuid)) -> (Vec<T>, Option<String>) {
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let next = found.last().filter(|_| more).map(|last| {
            let (time, id) = key(last);
            cursor::write(time, id)
        });
        (found, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn pages_are_bounded_and_cursors_are_ours() {
        assert_eq!(Page::read(None).ok(), Some(Page { limit: 20, after: None }));
        assert_eq!(Page::read(Some("limit=100")).ok(), Some(Page { limit: 100, after: None }));
        let after = (Timestamp::UNIX_EPOCH, Uuid::from_u128(5));
        let cursor = cursor::write(after.0, after.1);
        assert_eq!(Page::read(Some(&format!("cursor={cursor}"))).ok(), Some(Page { limit: 20, after: Some(after) }));
        for query in
            ["limit=0", "limit=101", "limit=-1", "limit=", "limit=1e1", "cursor=", "cursor=x", "offset=3", "limit=1&limit=1"]
        {
            assert_eq!(Page::read(Some(query)).map_err(|problem| problem.kind()), Err(Kind::InvalidRequest), "{query}");
        }
    }

    #[test]
    fn only_a_full_page_has_a_next_one() {
        let page = Page { limit: 2, after: None };
        let key = |id: &u128| (Timestamp::UNIX_EPOCH, Uuid::from_u128(*id));
        assert_eq!((page.fetch_limit(), page.cut(vec![3, 2], key)), (3, (vec![3, 2], None)));
        let (items, next) = page.cut(vec![3, 2, 1], key);
        assert_eq!((items, next.and_then(|next| cursor::read(&next))), (vec![3, 2], Some(key(&2))));
    }
}
