//! The database `dataset`: encrypted copies of pairs that may be learnt from. Only the zone `lifecycle` can connect (promise a63).

use domain::UserId;

use crate::{Database, Error, accounts::parameters};

/// Deletes a batch of a person's entries; how many went.
///
/// # Errors
/// As for any statement.
pub async fn delete_of(database: &Database, user: UserId, batch: i32) -> Result<i64, Error> {
    let sql = "with gone as (delete from entries where ctid = any (array(select ctid from entries where user_id = $1 limit $2::integer)) returning 1) \
               select count(*) from gone";
    database.row(sql, parameters![user, batch]).await?.take()
}
