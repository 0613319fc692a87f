//! Whether the time of an answer tells that there is an account (contract, *No oracle*): medians for emails with an account against emails
//! without, for sign-up, sign-in, forgotten passwords and new addresses; for sign-in also by how the account's hash was made. A program
//! and not a test, since it measures. Build the workspace and the components, then `target/debug/e2e-response-time [tries]` (200) on a
//! machine that has nothing else to do. Ends with 1 where two medians are further apart than they may be.

use std::time::{Duration, Instant};

use e2e::http::Call;
use e2e::{Applicant, Need, World};
use http::Method;
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// The most that medians may differ.
const ALLOWED: f64 = 0.05;
/// Time for what a call leaves to be done after its answer (one call of `notify`), so that it is not in the next one's time.
const REST: Duration = Duration::from_millis(20);

/// Hashes of nobody's password: today's, ASP.NET Core Identity's own of 2023 and of 2017, its V2, and bcrypt of cost 8.
const KINDS: [(&str, &str); 5] = [
    ("PBKDF2-SHA512 210,000", "AQAAAAIAAzRQAAAAEBmHHqb3fqM7/OLgO8XtTk6Xxn8/xZ3uawDJvgGPxY48vtUqn+3h9ZmxH+OHpFk3qg=="),
    ("PBKDF2-SHA512 100,000", "AQAAAAIAAYagAAAAEBmHHqb3fqM7/OLgO8XtTk6Xxn8/xZ3uawDJvgGPxY48vtUqn+3h9ZmxH+OHpFk3qg=="),
    ("PBKDF2-SHA256 10,000", "AQAAAAEAACcQAAAAEKSGcWSh2Tn1MYuRD93saZcUV2TKlOZc2mc81Q3n5jcCJHii6lgIFBJ3L5t57pDzLA=="),
    ("Identity V2", "ANyGdySCWIen7nD4lOmvMVDkKzf5SBV+6DhnkbEauxX9GFxHxlAbYm3HtPxvGv33ZQ=="),
    ("bcrypt 8", "$2b$08$3opOvxqKxLeilegul7MzE.9W4vuJrcdDKBinQ7p7sE2uGVXKaG11a"),
];

/// Times of one kind of call, for emails with an account (each by the way its hash was made) and without.
struct Times {
    what: &'static str,
    known: Vec<(&'static str, Vec<Duration>)>,
    unknown: Vec<Duration>,
}

impl Times {
    fn new(what: &'static str, kinds: &[&'static str]) -> Self {
        Self { what, known: kinds.iter().map(|kind| (*kind, Vec::new())).collect(), unknown: Vec::new() }
    }

    /// Prints the medians, and says whether they are too far apart.
    fn tell(mut self) -> bool {
        let milliseconds = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            let at = |share: usize| times[times.len() * share / 100].as_secs_f64() * 1_000.0;
            (at(50), at(25), at(75))
        };
        let (unknown, low, high) = milliseconds(&mut self.unknown);
        println!("{:<16} {:<24} {unknown:8.2} ms           ({low:.2} to {high:.2})", self.what, "no account");
        let mut far = false;
        for (kind, times) in &mut self.known {
            let (known, low, high) = milliseconds(times);
            let difference = known / unknown - 1.0;
            far |= difference.abs() > ALLOWED;
            println!("{:<16} {kind:<24} {known:8.2} ms {:+6.1} %  ({low:.2} to {high:.2})", "", difference * 100.0);
        }
        far
    }
}

async fn timed(call: Call, status: u16) -> Duration {
    let started = Instant::now();
    let answer = call.send().await;
    let took = started.elapsed();
    assert_eq!(answer.status, status, "{}", answer.text());
    tokio::time::sleep(REST).await;
    took
}

/// An account with a confirmed email and a verified phone.
async fn import(accounts: &Client, hash: &str) -> Applicant {
    let newcomer = Applicant::invent();
    let sql = "select api.account_import($1::text::timestamp, $2, $3, $4, $5, true, $6, $7, true, null, null, 'en', '2026-01-01', timestamp \
               '2026-01-01')";
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).datetime().to_string();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&now, &Uuid::now_v7(), &Uuid::now_v7(), &[7_u8; 32].as_slice(), &newcomer.email, &hash, &newcomer.phone];
    accounts.query_one(sql, &parameters).await.expect("an account");
    newcomer
}

#[tokio::main]
async fn main() {
    let tries: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200);
    let world = World::needing(&[Need::OwnDatabases]).start().await;
    let accounts = world.accounts().await;
    // As many rows as a small service has, so that PostgreSQL plans as it does there.
    for _ in 0..500 {
        import(&accounts, KINDS[0].1).await;
    }
    accounts.batch_execute("analyze").await.expect("statistics");
    let far = [
        sign_up(&world, &accounts, tries).await,
        sign_in(&world, &accounts, tries).await,
        forgotten(&world, &accounts, tries).await,
        new_address(&world, &accounts, tries).await,
    ];
    std::process::exit(i32::from(far.into_iter().map(Times::tell).fold(false, |one, other| one | other)));
}

/// In each try both, in an order that changes, so that a slow minute is everybody's and nobody always comes second.
fn order(round: usize, known: Applicant, unknown: Applicant) -> [(bool, Applicant); 2] {
    if round.is_multiple_of(2) { [(true, known), (false, unknown)] } else { [(false, unknown), (true, known)] }
}

async fn sign_up(world: &World, accounts: &Client, tries: usize) -> Times {
    let mut times = Times::new("sign-up", &["taken"]);
    for round in 0..tries {
        let known = Applicant { email: import(accounts, KINDS[0].1).await.email, ..Applicant::invent() };
        for (is_known, applicant) in order(round, known, Applicant::invent()) {
            let took = timed(world.post("/v1/signup").json(&applicant.form()), 202).await;
            if is_known { &mut times.known[0].1 } else { &mut times.unknown }.push(took);
        }
    }
    times
}

async fn sign_in(world: &World, accounts: &Client, tries: usize) -> Times {
    let mut times = Times::new("sign-in", &KINDS.map(|(kind, _)| kind));
    for round in 0..tries {
        // Each account once, so that none is locked, and each kind in every place.
        for at in 0..=KINDS.len() {
            let at = (at + round) % (KINDS.len() + 1);
            let (_, hash) = KINDS.get(at).unwrap_or(&KINDS[0]);
            let newcomer = import(accounts, hash).await;
            let applicant = if at < KINDS.len() {
                Applicant { password: Applicant::invent().password, ..newcomer }
            } else {
                Applicant::invent()
            };
            let took = timed(world.sign_in(&applicant), 401).await;
            times.known.get_mut(at).map_or(&mut times.unknown, |(_, known)| known).push(took);
        }
    }
    times
}

async fn forgotten(world: &World, accounts: &Client, tries: usize) -> Times {
    let mut times = Times::new("forgotten", &["account"]);
    for round in 0..tries {
        let known = import(accounts, KINDS[0].1).await;
        for (is_known, applicant) in order(round, known, Applicant::invent()) {
            let took = timed(world.post("/v1/password/forgot").json(&json!({ "email": applicant.email })), 202).await;
            if is_known { &mut times.known[0].1 } else { &mut times.unknown }.push(took);
        }
    }
    times
}

async fn new_address(world: &World, accounts: &Client, tries: usize) -> Times {
    let mut times = Times::new("new address", &["taken"]);
    let mut person = world.person().await;
    for round in 0..tries {
        // A person asks for five addresses an hour at most.
        if round % 2 == 0 {
            person = world.person().await;
            tokio::time::sleep(REST).await;
        }
        let known = import(accounts, KINDS[0].1).await;
        for (is_known, applicant) in order(round, known, Applicant::invent()) {
            let change = json!({ "email": applicant.email });
            let took = timed(world.call(Method::PATCH, "/v1/me").bearer(&person.access).json(&change), 200).await;
            if is_known { &mut times.known[0].1 } else { &mut times.unknown }.push(took);
        }
    }
    times
}
