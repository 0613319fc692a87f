//! Copying and removing, in bounded batches that can be stopped and repeated at any point.
//!
//! `accounts` says who may be learnt from, and the dataset is elsewhere: somebody may object between the two. So whoever was copied is asked
//! about again right afterwards, and each run looks at the people of all entries. What an objection itself removes at once is the
//! lifecycle job's.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::{UserId, generation::ContentKind};
use jiff::Timestamp;
use store::{
    accounts::{
        lifecycle,
        training::{self, Candidate},
    },
    briefs, dataset, files,
};
use web::Problem;

use crate::{State, pair};

/// The most rows of one batch.
pub(crate) const BATCH: i32 = 100;
/// How long a run may copy before it stops between two batches; the next one goes on from there.
const BUDGET: Duration = Duration::from_secs(20);
/// How far the walk through generations has come.
const POSITION: &str = "dataset_copied";

/// Copies what may be learnt from and is not there yet; how many pairs.
pub(crate) async fn copy(state: &State, now: Timestamp) -> Result<i64, Problem> {
    let started = Instant::now();
    let mut rows = 0;
    loop {
        let after = lifecycle::position(&state.accounts, POSITION).await?;
        let page = training::candidates(&state.accounts, state.opt_in, after, BATCH).await?;
        let ids: Vec<_> = page.candidates.iter().map(|candidate| candidate.id).collect();
        let missing: BTreeSet<_> = dataset::missing(&state.dataset, &ids).await?.into_iter().collect();
        for candidate in page.candidates.iter().filter(|candidate| missing.contains(&candidate.id)) {
            rows += i64::from(copy_one(state, now, candidate).await?);
        }
        let users: BTreeSet<UserId> = page.candidates.iter().map(|candidate| candidate.user).collect();
        remove_of(state, &users.into_iter().collect::<Vec<_>>()).await?;
        lifecycle::moved(&state.accounts, POSITION, page.last).await?;
        if page.last.is_none() || started.elapsed() >= BUDGET {
            return Ok(rows);
        }
    }
}

/// Copies one pair, without what is personal in it, under the user's dataset key; whether it was all there.
async fn copy_one(state: &State, now: Timestamp, candidate: &Candidate) -> Result<bool, Problem> {
    let Candidate { id, user, basis, salt, prompt_version, names } = candidate;
    let brief = briefs::read(&state.briefs, *user, *id, ContentKind::Brief).await?;
    let file = files::read(&state.files, *user, *id, ContentKind::FinalFile).await?;
    let (Some(brief), Some(file)) = (brief, file) else { return Ok(false) };
    let content = state.masters.for_user(*user, salt);
    let brief = content.open(*id, ContentKind::Brief, &brief).map_err(pair::unreadable)?;
    let file = content.open(*id, ContentKind::FinalFile, &file).map_err(pair::unreadable)?;
    let Some(pair) = pair::scrubbed(&brief, &file, names) else { return Ok(false) };
    let envelope =
        state.masters.for_dataset(*user, salt).seal(*id, ContentKind::DatasetEntry, &pair).map_err(pair::unreadable)?;
    let entry = dataset::Entry { id: *id, user: *user, envelope, prompt_version, basis };
    dataset::keep(&state.dataset, now, entry).await?;
    Ok(true)
}

/// Removes the entries of all who may not be learnt from (any more); how many.
pub(crate) async fn remove_unfounded(state: &State) -> Result<i64, Problem> {
    let (mut rows, mut after) = (0, None);
    loop {
        let page = dataset::page(&state.dataset, after, BATCH).await?;
        let Some((last, _)) = page.last() else { return Ok(rows) };
        after = Some(*last);
        let users: BTreeSet<UserId> = page.iter().map(|(_, user)| *user).collect();
        rows += remove_of(state, &users.into_iter().collect::<Vec<_>>()).await?;
    }
}

async fn remove_of(state: &State, users: &[UserId]) -> Result<i64, Problem> {
    let mut rows = 0;
    for user in training::unfounded(&state.accounts, users, state.opt_in).await? {
        loop {
            match dataset::delete_of(&state.dataset, user, BATCH).await? {
                0 => break,
                gone => rows += gone,
            }
        }
    }
    Ok(rows)
}
