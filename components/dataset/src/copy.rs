//! Copying and removing, in bounded batches that can be stopped and repeated at any point.
//!
//! `accounts` says who may be learnt from, and the dataset is elsewhere: somebody may object between the two. So whoever was copied is asked
//! about again right afterwards, and each run looks at the people of all entries. What an objection itself removes at once is the
//! lifecycle job's.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use domain::{GenerationId, UserId, generation::ContentKind};
use jiff::Timestamp;
use store::{
    accounts::{
        retention,
        training::{self, Candidate, CandidatePage},
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
        let after = retention::position(&state.accounts, POSITION).await?;
        let page = training::candidates(&state.accounts, state.opt_in, after, BATCH).await?;
        let missing = missing_of(state, &page).await?;
        for candidate in page.candidates.iter().filter(|candidate| missing.contains(&candidate.id)) {
            rows += i64::from(copy_one(state, now, candidate).await?);
        }
        let users: BTreeSet<UserId> = page.candidates.iter().map(|candidate| candidate.user).collect();
        remove_of(state, &users.into_iter().collect::<Vec<_>>()).await?;
        retention::moved(&state.accounts, POSITION, page.last).await?;
        if page.last.is_none() || started.elapsed() >= BUDGET {
            return Ok(rows);
        }
    }
}

/// How many pairs may be learnt from and are not there yet.
pub(crate) async fn missing(state: &State) -> Result<i64, Problem> {
    let (mut rows, mut after) = (0, None);
    loop {
        let page = training::candidates(&state.accounts, state.opt_in, after, BATCH).await?;
        rows += i64::try_from(missing_of(state, &page).await?.len()).unwrap_or(i64::MAX);
        after = page.last;
        if after.is_none() {
            return Ok(rows);
        }
    }
}

async fn missing_of(state: &State, page: &CandidatePage) -> Result<BTreeSet<GenerationId>, Problem> {
    let ids: Vec<_> = page.candidates.iter().map(|candidate| candidate.id).collect();
    Ok(dataset::missing(&state.dataset, &ids).await?.into_iter().collect())
}

/// Copies one pair, without what is personal in it, under the user's dataset key; whether it was all there.
async fn copy_one(state: &State, now: Timestamp, candidate: &Candidate) -> Result<bool, Problem> {
    let Candidate { id, user, basis, salt, prompt_version, names } = candidate;
    let brief = briefs::read(&state.briefs, *user, *id, ContentKind::Brief).await?;
    let file = files::read(&state.files, *user, *id, ContentKind::FinalFile).await?;
    let (Some(brief), Some(file)) = (brief, file) else { return Ok(false) };
    // What the checker turned down on the way, where it was kept.
    let rejected = files::read(&state.files, *user, *id, ContentKind::RejectedFile).await?;
    let content = state.masters.for_user(*user, salt);
    let brief = content.open(*id, ContentKind::Brief, &brief).map_err(pair::unreadable)?;
    let file = content.open(*id, ContentKind::FinalFile, &file).map_err(pair::unreadable)?;
    let rejected = rejected.map(|rejected| content.open(*id, ContentKind::RejectedFile, &rejected)).transpose();
    let rejected = rejected.map_err(pair::unreadable)?;
    let rejected = rejected.as_ref().map(|rejected| rejected.as_slice());
    let Some(pair) = pair::scrubbed(&brief, &file, rejected, names) else { return Ok(false) };
    let envelope =
        state.masters.for_dataset(*user, salt).seal(*id, ContentKind::DatasetEntry, &pair).map_err(pair::unreadable)?;
    let entry = dataset::Entry { id: *id, user: *user, envelope, prompt_version, basis };
    dataset::keep(&state.dataset, now, entry).await?;
    Ok(true)
}

/// Removes the entries of all who may not be learnt from (any more), or only counts them; how many.
pub(crate) async fn remove_unfounded(state: &State, dry_run: bool) -> Result<i64, Problem> {
    let (mut rows, mut after) = (0, None);
    loop {
        let page = dataset::page(&state.dataset, after, BATCH).await?;
        let Some((last, _)) = page.last() else { return Ok(rows) };
        after = Some(*last);
        let users: BTreeSet<UserId> = page.iter().map(|(_, user)| *user).collect();
        let users: Vec<_> = users.into_iter().collect();
        rows += if dry_run {
            let unfounded = training::unfounded(&state.accounts, &users, state.opt_in).await?;
            let on_page = page.iter().filter(|(_, user)| unfounded.contains(user)).count();
            i64::try_from(on_page).unwrap_or(i64::MAX)
        } else {
            remove_of(state, &users).await?
        };
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
