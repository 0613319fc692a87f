//! What comes back counts once, in time, and in the browser that began.

use std::time::Duration;

use e2e::oauth::{Begun, Identity, with};
use e2e::{Answer, Need, World};

/// Refused, with the cookie cleared and no session.
#[track_caller]
fn refused(answer: &Answer) {
    answer.problem("oauth-failed");
    assert_eq!(answer.refresh_token(), None);
    assert!(
        answer.set_cookies().iter().any(|cookie| cookie.starts_with("oauth_state=; Max-Age=0;")),
        "{:?}",
        answer.set_cookies()
    );
}

#[e2e::test]
async fn a_browser_is_sent_away_with_everything_that_binds_the_answer_to_it() {
    let world = World::start().await;
    for (provider, nonce, pkce) in
        [("google", true, true), ("linkedin", true, false), ("github", false, true), ("facebook", false, false)]
    {
        let answer = world.get(&format!("/v1/oauth/{provider}/start")).send().await.expect(302);
        let cookies = answer.set_cookies();
        assert_eq!(cookies.len(), 1);
        assert!(cookies[0].ends_with("; Max-Age=600; Path=/v1/oauth; HttpOnly; Secure; SameSite=Lax"), "{cookies:?}");
        let begun = Begun::of(answer.header("location").unwrap(), &answer);
        let sent = begun.parameters();
        assert_eq!(sent["response_type"], "code");
        assert_eq!(sent["redirect_uri"], format!("{}/v1/oauth/{provider}/callback", world.public_url()));
        assert_eq!((sent.contains_key("nonce"), sent.contains_key("code_challenge")), (nonce, pkce), "{provider}");
        assert!(!pkce || sent["code_challenge_method"] == "S256");
        assert_eq!((sent["state"].len(), begun.cookie.len()), (43, 43));
        assert!(!begun.url.contains(&begun.cookie), "the cookie's value is not for the provider");
        let other = world.oauth_start(provider).await;
        for name in ["state", "nonce", "code_challenge"] {
            assert!(!sent.contains_key(name) || sent[name] != other.parameters()[name], "{name}");
        }
    }
    // There is nothing that a link could make it lead to.
    let path = "/v1/oauth/google/start?next=https://evil.example&redirect_uri=https://evil.example";
    let answer = world.get(path).send().await.expect(302);
    assert!(answer.headers.values().all(|value| !value.to_str().unwrap().contains("evil")), "{:?}", answer.headers);
}

#[e2e::test]
async fn an_answer_counts_once() {
    let world = World::start().await;
    let identity = Identity::invent();
    let begun = world.oauth_start("google").await;
    let path = world.at_provider(&begun, &identity).await;
    world.signed_in(&identity, &world.come_back(&path, &begun).send().await).await;
    refused(&world.come_back(&path, &begun).send().await);
    // Nor does a second code under the first one's state.
    let again = world.at_provider(&begun, &identity).await;
    refused(&world.come_back(&again, &begun).send().await);
}

#[e2e::test]
async fn what_was_not_begun_here_is_refused() {
    let world = World::start().await;
    let (mine, theirs) = (Identity::invent(), Identity::invent());
    let fresh = async || {
        let begun = world.oauth_start("google").await;
        let path = world.at_provider(&begun, &mine).await;
        (begun, path)
    };
    // Sign-in forgery: the attacker's answer in the victim's browser, with and without a cookie of the victim's own.
    let attackers = world.oauth_start("google").await;
    let planted = world.at_provider(&attackers, &theirs).await;
    let (begun, _) = fresh().await;
    refused(&world.come_back(&planted, &begun).send().await);
    // Looked at once, it is gone for the attacker as well.
    refused(&world.come_back(&planted, &attackers).send().await);
    let (_, path) = fresh().await;
    refused(&world.get(&path).send().await);

    let (begun, path) = fresh().await;
    let two = format!("oauth_state={}; oauth_state={}", begun.cookie, "a".repeat(43));
    refused(&world.get(&path).header("cookie", &two).send().await);
    let (begun, path) = fresh().await;
    refused(&world.come_back(&with(&path, "state", &"a".repeat(43)), &begun).send().await);
    for state in ["", "x", "é"] {
        let (begun, path) = fresh().await;
        refused(&world.come_back(&with(&path, "state", state), &begun).send().await);
    }
    // Another provider's answer.
    let (begun, path) = fresh().await;
    refused(&world.come_back(&path.replace("/google/", "/github/"), &begun).send().await);
    // An issuer that is not the one we asked (RFC 9207).
    let (begun, path) = fresh().await;
    refused(&world.come_back(&with(&path, "iss", "https://evil.example"), &begun).send().await);
    let (begun, path) = fresh().await;
    refused(&world.come_back(&with(&path, "code", "another"), &begun).send().await);
    let (begun, path) = fresh().await;
    refused(&world.come_back(&format!("{path}&code=another"), &begun).send().await);
    let (begun, path) = fresh().await;
    refused(&world.come_back(&path.replace("code=", "kode="), &begun).send().await);
    let (begun, path) = fresh().await;
    refused(&world.come_back(&format!("{path}&error=access_denied"), &begun).send().await);
    refused(&world.get("/v1/oauth/google/callback").send().await);
    // None of them has made an account.
    if world.has(Need::OwnDatabases) {
        assert_eq!(world.count("select count(*) from users").await, 0);
    }
}

#[e2e::test]
async fn an_answer_after_ten_minutes_is_refused() {
    let world = World::needing(&[Need::Clock]).start().await;
    let begun = world.oauth_start("github").await;
    let path = world.at_provider(&begun, &Identity::invent()).await;
    world.advance(Duration::from_secs(601));
    refused(&world.come_back(&path, &begun).send().await);
}

#[e2e::test]
async fn nothing_of_a_sign_in_is_kept_or_logged_as_it_is() {
    let world = World::needing(&[Need::OwnDatabases, Need::Logs]).start().await;
    let identity = Identity::invent();
    let begun = world.oauth_start("google").await;
    let sent = begun.parameters();
    let before = world.dump_all().await;
    let path = world.at_provider(&begun, &identity).await;
    let code = e2e::oauth::parameters(&path)["code"].clone();
    world.signed_in(&identity, &world.come_back(&path, &begun).send().await).await;
    let secrets = [begun.cookie.as_str(), &sent["state"], &sent["nonce"], &code];
    let cells: Vec<_> = before.into_iter().chain(world.dump_all().await).collect();
    for secret in secrets {
        for cell in &cells {
            assert!(!cell.bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", cell.place);
        }
        assert!(!world.logs().contains(secret));
    }
    for personal in [&identity.email, &identity.id] {
        assert!(!world.logs().contains(personal.as_str()));
    }
}

#[e2e::test]
async fn beginning_is_limited_by_address() {
    let world = World::needing(&[]).variable("attempts_limit", "3").start().await;
    for _ in 0..3 {
        world.oauth_start("google").await;
    }
    world.get("/v1/oauth/google/start").send().await.problem("rate-limited");
}

#[e2e::test]
async fn a_program_that_only_looks_at_the_link_uses_nothing_up() {
    let world = World::start().await;
    let identity = Identity::invent();
    let answer = world.call(http::Method::HEAD, "/v1/oauth/google/start").send().await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("GET")));
    assert!(answer.set_cookies().is_empty());
    let begun = world.oauth_start("google").await;
    let path = world.at_provider(&begun, &identity).await;
    let looked = world.call(http::Method::HEAD, &path).header("cookie", &format!("oauth_state={}", begun.cookie)).send().await;
    assert_eq!((looked.status.as_u16(), looked.refresh_token()), (405, None));
    world.signed_in(&identity, &world.come_back(&path, &begun).send().await).await;
}
