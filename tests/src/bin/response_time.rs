//! Whether the time of a refused sign-in tells that there is an account: medians of wrong passwords for emails with an account, by how
//! its hash was made, against emails without. A program and not a test, since it measures. Build the workspace and the components, then
//! `target/debug/e2e-response-time [tries]` on a machine that has nothing else to do.

use std::time::{Duration, Instant};

use e2e::{Applicant, Need, World};
use uuid::Uuid;

/// The most that a median may differ from that of emails without an account.
const ALLOWED: f64 = 0.05;

/// Hashes of nobody's password: today's, ASP.NET Core Identity's own of 2017 and of 2023, its V2, and bcrypt of cost 8.
const KINDS: [(&str, &str); 6] = [
    ("no account", ""),
    ("PBKDF2-SHA512 210,000", "AQAAAAIAAzRQAAAAEBmHHqb3fqM7/OLgO8XtTk6Xxn8/xZ3uawDJvgGPxY48vtUqn+3h9ZmxH+OHpFk3qg=="),
    ("PBKDF2-SHA512 100,000", "AQAAAAIAAYagAAAAEBmHHqb3fqM7/OLgO8XtTk6Xxn8/xZ3uawDJvgGPxY48vtUqn+3h9ZmxH+OHpFk3qg=="),
    ("PBKDF2-SHA256 10,000", "AQAAAAEAACcQAAAAEKSGcWSh2Tn1MYuRD93saZcUV2TKlOZc2mc81Q3n5jcCJHii6lgIFBJ3L5t57pDzLA=="),
    ("V2", "ANyGdySCWIen7nD4lOmvMVDkKzf5SBV+6DhnkbEauxX9GFxHxlAbYm3HtPxvGv33ZQ=="),
    ("bcrypt 8", "$2b$08$3opOvxqKxLeilegul7MzE.9W4vuJrcdDKBinQ7p7sE2uGVXKaG11a"),
];

#[tokio::main]
async fn main() {
    let tries: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200);
    let Some(world) = World::needing(&[Need::OwnDatabases]).start().await else { return };
    let accounts = world.accounts().await;
    let import = "select account_import(timestamp '2026-01-01', $1, $2, $3, $4, true, $5, null, false, null, null, 'en', '2026-01-01', \
                  timestamp '2026-01-01')";
    let mut times = vec![Vec::with_capacity(tries); KINDS.len()];
    // Alternating, so that a slow minute is everybody's; each account once, so that none is locked.
    for _ in 0..tries {
        for ((_, hash), times) in KINDS.iter().zip(&mut times) {
            let applicant = Applicant::invent();
            if !hash.is_empty() {
                let salt = [7_u8; 32];
                let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
                    [&Uuid::now_v7(), &Uuid::now_v7(), &salt.as_slice(), &applicant.email, hash];
                accounts.query_one(import, &parameters).await.expect("an account");
            }
            let call = world.sign_in(&applicant);
            let started = Instant::now();
            let answer = call.send().await;
            times.push(started.elapsed());
            answer.problem("credentials-invalid");
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times).as_secs_f64() * 1_000.0).collect();
    let mut far = false;
    for ((kind, _), median) in KINDS.iter().zip(&medians) {
        let difference = median / medians[0] - 1.0;
        far |= difference.abs() > ALLOWED;
        println!("{kind:<24} {median:8.1} ms {:+6.1} %", difference * 100.0);
    }
    std::process::exit(i32::from(far));
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
