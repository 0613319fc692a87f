//! The day's tokens and the rate of generations.

use std::time::Duration;

use asknpic_local::model::Fault;
use domain::quota::{self, Admission, Demand};
use e2e::contract::DAY;
use e2e::events::Events;
use e2e::jwt::{Jwt, key_bytes};
use e2e::{Need, Person, World};
use futures::future::join_all;
use uuid::Uuid;

use super::{generate, request, upgrade, usage};

const BRIEF: &str = "Poster for a jazz night, navy and gold";
const NEEDS: [Need; 4] = [Need::Clock, Need::OwnDatabases, Need::Model, Need::Keys];

/// How much one generation of [`BRIEF`] sets aside while it runs.
async fn reserve(world: &World, person: &Person) -> i64 {
    let mut events = Events::open(request(world, person, BRIEF)).await;
    assert_eq!(events.next().await.unwrap().name, "accepted");
    let row = world.accounts().await.query_one("select max(reserved) from generations where status = 'running'", &[]).await;
    row.unwrap().get(0)
}

/// People of somebody's tenant, signed in: rows as theirs, since signing up costs each a password's hash.
async fn colleagues(world: &World, person: &Person, count: usize) -> Vec<Person> {
    let accounts = world.accounts().await;
    let seed = key_bytes(world.variable("signing_key"));
    let mut people = Vec::new();
    for _ in 0..count {
        let (user, session) = (Uuid::now_v7(), Uuid::now_v7());
        let copy = "with u as (
                insert into users select (jsonb_populate_record(u, jsonb_build_object('id', $1::uuid, 'email', $1::uuid::text || '@mail.example'))).*
                from users u where id = $3 returning id
            ), k as (
                insert into user_keys (user_id, salt) select id, sha256(id::text::bytea) from u
            )
            insert into sessions
            select (jsonb_populate_record(s, jsonb_build_object('id', $2::uuid, 'user_id', u.id, 'token', sha256(u.id::text::bytea)))).*
            from sessions s, u where s.id = $4";
        assert_eq!(accounts.execute(copy, &[&user, &session, &person.user, &person.session]).await.unwrap(), 1);
        let token = Jwt::read(&person.access).claim("sub", user.to_string()).claim("sid", session.to_string());
        people.push(Person { user, session, access: token.ed25519(&seed), ..person.clone() });
    }
    people
}

async fn set_quota(world: &World, tokens: i64) {
    world.accounts().await.execute("update plans set daily_tokens = $1", &[&tokens]).await.unwrap();
}

#[e2e::test]
async fn the_days_tokens_are_reserved_settled_and_enforced() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Hang).await;
    let reserve = reserve(&world, &person).await;
    assert_eq!(usage(&world, &person).await, (0, reserve));
    // With room for one there is none while it runs: that is to be waited for, and nothing is used up.
    set_quota(&world, reserve).await;
    let answer = request(&world, &person, BRIEF).send().await;
    let problem = answer.problem("quota-reserved");
    assert_eq!(
        ["quota", "used", "reserved", "left", "credits"].map(|name| problem[name].as_i64().unwrap()),
        [reserve, 0, reserve, reserve, 0]
    );
    assert!((1..=60).contains(&answer.retry_after()), "{problem}");

    // After its deadline the reservation is given back, though nobody has said how it ended.
    world.model().behave().await;
    let person = world.later(e2e::contract::GENERATION, &person).await;
    let made = generate(&world, &person, BRIEF).await;
    let cost = made["tokens"]["prompt"].as_i64().unwrap() + made["tokens"]["completion"].as_i64().unwrap();
    assert_eq!(usage(&world, &person).await, (cost, 0), "what was not used is given back");
    assert!(cost > 0 && cost < reserve);
    set_quota(&world, cost + 500).await;
    let problem = request(&world, &person, BRIEF).send().await.problem("quota-exhausted");
    assert_eq!(["used", "reserved", "left"].map(|name| problem[name].as_i64().unwrap()), [cost, 0, 500]);
    assert_eq!(problem["credits_needed"].as_i64().unwrap(), problem["needed"].as_i64().unwrap() - 500);
    assert_eq!(world.model().chats().await, 2, "a refused one costs no model time");

    let person = world.later(DAY, &person).await;
    generate(&world, &person, BRIEF).await;
    assert_eq!(world.count("select count(*) from usage_daily").await, 2, "each day has its own count");
}

#[e2e::test]
async fn a_quota_for_ten_admits_exactly_ten_of_two_hundred_at_once() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    world.model().fault(Fault::Hang).await;
    let reserve = reserve(&world, &person).await;
    // What was learnt from the first is out of the way.
    world.accounts().await.batch_execute("delete from generations; delete from usage_daily").await.unwrap();
    let people = colleagues(&world, &person, 40).await;
    // What is left beside the ten is too little for an answer.
    set_quota(&world, 10 * reserve + 500).await;
    let mut waiting: Vec<_> = people.iter().flat_map(|person| (0..5).map(move |n| (person, format!("key {n}")))).collect();
    let mut answers = Vec::new();
    // A machine that is too busy for so many answers some with 503, and their senders ask again, as anybody would: with the same key.
    while !waiting.is_empty() {
        let calls = waiting.into_iter().map(async |(person, key)| {
            let call = request(&world, person, BRIEF).header("accept", "text/event-stream").header("idempotency-key", &key);
            (person, key, call.open().await.unwrap())
        });
        let (busy, answered): (Vec<_>, Vec<_>) =
            join_all(calls).await.into_iter().partition(|(.., answer)| answer.0.status == 503);
        waiting = busy.into_iter().map(|(person, key, _)| (person, key)).collect();
        assert!(!answered.is_empty(), "nobody gets an answer");
        answers.extend(answered);
    }
    let statuses: Vec<_> = answers.iter().map(|(.., answer)| answer.0.status.as_u16()).collect();
    let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(200), count(429)), (10, 190), "{statuses:?}");
    assert_eq!(usage(&world, &person).await, (0, 10 * reserve));
    assert_eq!(world.count("select count(*) from generations").await, 10);
}

/// Whatever arrives at once: nobody is told that the day is used up before it is, and it can be spent to its end and no further.
#[e2e::test]
async fn all_of_a_free_day_can_be_spent_and_no_more() {
    let world = World::needing(&NEEDS).start().await;
    let mut person = world.person().await;
    let (mut made, mut waited) = (0, 0);
    'day: for round in 0.. {
        assert!(round < 40, "made {made}, waited {waited}, {:?}", usage(&world, &person).await);
        person = world.later(Duration::from_secs(61), &person).await;
        for answer in join_all((0..4).map(|_| request(&world, &person, BRIEF).send())).await {
            match answer.status.as_u16() {
                201 => made += 1,
                429 => {
                    answer.problem("quota-reserved");
                    waited += 1;
                }
                _ => {
                    let problem = answer.problem("quota-exhausted");
                    assert!(problem["used"].as_i64().unwrap() * 100 >= 20_000 * 95, "told too early: {problem}");
                    break 'day;
                }
            }
        }
    }
    let (used, reserved) = usage(&world, &person).await;
    assert!(used * 100 >= 20_000 * 95 && used <= 20_000 && reserved == 0, "{used} {reserved}, made {made}, waited {waited}");
    let overview = world.get("/v1/me/usage").bearer(&person.access).send().await.expect(200).json();
    assert_eq!((&overview["days"][0]["used"], &overview["days"][0]["reserved"]), (&used.into(), &0.into()));
}

/// The database decides as `domain::quota::admit` does.
#[e2e::test]
async fn the_database_admits_by_the_rule_of_the_domain() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    let accounts = world.accounts().await;
    let demand = Demand { most: 7_319, least: 2_143, instructions: 1_344 };
    let now = world.now();
    let moment = format!("'{now}'::timestamp");
    set_quota(&world, 20_000).await;
    let mut seen = 0;
    for used in [0, 14_000, 19_201, 19_202, 20_000, 90_000] {
        for reserved in [0, 500, 6_000] {
            for free in [0, 2_142, 2_143, 50_000] {
                for held in [0, 7_319] {
                    let setting = format!(
                        "delete from generations; delete from usage_daily; delete from credit_ledger; delete from model_line;
                         update tenants set time_zone = 'UTC';
                         insert into usage_daily (tenant_id, day, used, reserved) select id, {moment}::date, {used}, {reserved} from tenants;
                         insert into credit_ledger (id, tenant_id, created_at, tokens, kind)
                         select gen_random_uuid(), id, {moment}, {free} + {held}, 'grant' from tenants;
                         insert into generations (id, tenant_id, user_id, created_at, deadline_at, status, plan, reserved, credits_reserved, quota_day)
                         select gen_random_uuid(), tenant_id, id, '2020-01-01', '2099-01-01', 'running', 'free', {reserved}, {held}, {moment}::date
                         from users"
                    );
                    for spend in [false, true] {
                        accounts.batch_execute(&setting).await.unwrap();
                        let day = quota::Day { quota: 20_000, used, reserved };
                        let expected = quota::admit(day, quota::Credits { free, reserved: held }, spend, demand);
                        let sql = format!(
                            "select outcome, set_aside from api.generation_admit(
                                 p_now => {moment}, p_session => $1, p_user => $2, p_id => $3, p_key => null, p_body => null,
                                 p_key_expires => {moment}, p_most => $4, p_least => $5, p_instructions => $6,
                                 p_deadline => {moment} + interval '5 minutes', p_per_minute => 5, p_refused_key => 'none', p_spend => $7,
                                 p_complexity => 1, p_reasons => '[]', p_brief_language => null, p_prompt_version => '1', p_max_calls => 9,
                                 p_until => {moment} + interval '20 seconds')"
                        );
                        let row = accounts
                            .query_one(
                                &sql,
                                &[
                                    &person.session,
                                    &person.user,
                                    &Uuid::now_v7(),
                                    &demand.most,
                                    &demand.least,
                                    &demand.instructions,
                                    &spend,
                                ],
                            )
                            .await
                            .unwrap();
                        let outcome: String = row.get(0);
                        let case = format!("{day:?} {free} {held} {spend}: {outcome}");
                        match expected {
                            Admission::Admitted { quota, credits } => {
                                assert_eq!(outcome, "admitted", "{case}");
                                let stored = accounts
                                    .query_one(
                                        "select reserved, credits_reserved from generations where created_at > '2021-01-01'",
                                        &[],
                                    )
                                    .await
                                    .unwrap();
                                assert_eq!((stored.get::<_, i64>(0), stored.get::<_, i64>(1)), (quota, credits), "{case}");
                                assert_eq!(row.get::<_, i64>(1), quota + credits, "{case}");
                                assert_eq!(usage(&world, &person).await, (used, reserved + quota), "{case}");
                            }
                            Admission::Reserved => assert_eq!(outcome, "reserved", "{case}"),
                            Admission::Exhausted => assert_eq!(outcome, "quota", "{case}"),
                        }
                        seen += 1;
                    }
                }
            }
        }
    }
    assert_eq!(seen, 288);
}

#[e2e::test]
async fn five_generations_a_minute_and_the_sixth_is_429() {
    let world = World::needing(&NEEDS).start().await;
    let (person, other) = (world.person().await, world.person().await);
    upgrade(&world, &person).await;
    let answers = join_all((0..9).map(|_| request(&world, &person, BRIEF).send())).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 5);
    for answer in refused {
        answer.problem("rate-limited");
        // A minute from the first of the five, which may have been a moment after this one on a busy machine.
        assert!(answer.retry_after() <= 90);
    }
    assert_eq!(world.model().chats().await, 5);
    generate(&world, &other, BRIEF).await;
    world.advance(Duration::from_secs(61));
    generate(&world, &person, BRIEF).await;
}

#[e2e::test]
async fn failures_cost_nothing() {
    let world = World::needing(&NEEDS).start().await;
    let person = world.person().await;
    for fault in [Fault::Status { status: 500 }, Fault::BadFile, Fault::CutOff { after_chunks: 5 }, Fault::NoEnd] {
        world.model().fault(fault).await;
        assert!(request(&world, &person, BRIEF).send().await.status.is_server_error());
        assert_eq!(usage(&world, &person).await, (0, 0));
    }
    let counts = world.counts().await;
    assert_eq!((counts["briefs.briefs"], counts["files.files"]), (0, 0));
}
