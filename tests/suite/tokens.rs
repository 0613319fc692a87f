//! Access tokens: what is in a good one, and that no other one opens anything.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use e2e::jwt::{Jwt, key_bytes};
use e2e::{Need, World};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::{Value, json};
use uuid::Uuid;

/// Every address that wants a bearer, with something to send there.
async fn refused(world: &World, what: &str, authorization: &str) {
    let id = Uuid::now_v7();
    let posts = [
        ("/v1/generations".to_owned(), json!({ "brief": "a poster" })),
        ("/v1/otp/start".to_owned(), json!({ "purpose": "reauthenticate" })),
        (format!("/v1/generations/{id}/visual"), json!({ "format": "svg", "parameters": {} })),
    ];
    for (path, body) in posts {
        let answer = world.post(&path).json(&body).header("authorization", authorization).send().await;
        assert_eq!(answer.status, 401, "{path} with {what}: {}", answer.text());
        answer.problem("unauthenticated");
    }
    for part in ["", &format!("/{id}"), &format!("/{id}/brief"), &format!("/{id}/visual.svg")] {
        let answer = world.get(&format!("/v1/generations{part}")).header("authorization", authorization).send().await;
        assert_eq!(answer.status, 401, "{part} with {what}: {}", answer.text());
        answer.problem("unauthenticated");
    }
}

#[e2e::test]
async fn a_token_says_what_the_contract_says_and_verifies_with_the_public_key() {
    let world = World::start().await;
    let person = world.person().await;
    let Jwt { header, claims } = Jwt::read(&person.access);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("at+jwt")));
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "lang", "phv", "role", "sid", "sub", "tid"]);
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(world.public_url()), Some(world.public_url())));
    assert_eq!((&claims["role"], &claims["phv"]), (&json!("owner"), &json!(true)));

    let answer = world.get("/.well-known/jwks.json").send().await.expect(200);
    assert!(answer.header("content-type").unwrap().starts_with("application/jwk-set+json"));
    let jwks = answer.json();
    let keys = jwks["keys"].as_array().unwrap();
    assert!(keys.iter().all(|key| key.get("d").is_none()), "public keys only");
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("the token's key");
    assert_eq!((&key["kty"], &key["crv"]), (&json!("OKP"), &json!("Ed25519")));
    let public = BASE64_URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let (message, signature) = person.access.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ED25519, public).verify(message.as_bytes(), &signature).expect("a good signature");
    let again = Jwt::read(&world.again(&person).await.access).claims;
    assert_ne!(again["jti"], claims["jti"]);
}

#[e2e::test]
async fn forged_tokens_open_nothing() {
    let world = World::needing(&[Need::Keys, Need::OwnDatabases]).start().await;
    let (person, stranger) = (world.person().await, world.person().await);
    let before = world.counts().await;
    let good = Jwt::read(&person.access);
    let seed = key_bytes(world.variable("signing_key"));
    assert_eq!(good.ed25519(&seed), good.ed25519(&seed), "Ed25519 is deterministic");
    let list = |token: &str| world.get("/v1/generations").bearer(token).send();
    list(&good.ed25519(&seed)).await.expect(200);

    let public = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap().public_key().as_ref().to_vec();
    let public_text = BASE64_URL_SAFE_NO_PAD.encode(&public);
    let jwks = world.variable("verification_keys").to_owned();
    let none = |alg: &str| good.clone().header("alg", alg);
    let hs256 = good.clone().header("alg", "HS256");
    let signature = BASE64_URL_SAFE_NO_PAD.decode(person.access.rsplit('.').next().unwrap()).unwrap();
    let now = world.now().as_second();
    let signed = |name: &str, value: Value| good.clone().claim(name, value).ed25519(&seed);
    let headed = |name: &str, value: Value| good.clone().header(name, value).ed25519(&seed);
    let other_public = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64_URL_SAFE_NO_PAD.encode([7; 32]) });
    let mut malleable = signature.clone();
    malleable[63] |= 0x80;

    let forged = [
        ("alg none", none("none").with_signature(b"")),
        ("alg None", none("None").with_signature(b"")),
        ("alg none with the old signature", none("none").with_signature(&signature)),
        ("no signature", good.with_signature(b"")),
        ("a signature of zeros", good.with_signature(&[0; 64])),
        ("half a signature", good.with_signature(&signature[..32])),
        ("a signature that is encoded otherwise", good.with_signature(&malleable)),
        ("another key", good.ed25519(&[7; 32])),
        ("another key with its own key in the header", good.clone().header("jwk", other_public).ed25519(&[7; 32])),
        ("HS256 with the public key", hs256.hs256(&public)),
        ("HS256 with the public key's text", hs256.hs256(public_text.as_bytes())),
        ("HS256 with the JWKS", hs256.hs256(jwks.as_bytes())),
        ("HS256 with the public key, called EdDSA", good.hs256(&public)),
        ("the seed as an HMAC key", hs256.hs256(&seed)),
        ("another algorithm's name", headed("alg", json!("Ed448"))),
        ("type JWT", headed("typ", json!("JWT"))),
        ("no type", headed("typ", Value::Null)),
        ("an unknown key id", headed("kid", json!("session-19990101"))),
        ("a receipt's key id", headed("kid", json!("receipt-1"))),
        ("no key id", headed("kid", Value::Null)),
        ("another issuer", signed("iss", json!("https://evil.example"))),
        ("no issuer", signed("iss", Value::Null)),
        ("another audience", signed("aud", json!("https://evil.example"))),
        ("no audience", signed("aud", Value::Null)),
        ("no expiry", signed("exp", Value::Null)),
        ("an expiry that is no number", signed("exp", json!("never"))),
        ("expired a second ago", signed("exp", json!(now - 1))),
        ("expired long ago", signed("exp", json!(1))),
        ("no subject", signed("sub", Value::Null)),
        ("no session", signed("sid", Value::Null)),
        ("a subject that is no id", signed("sub", json!("admin"))),
        ("another user with my session", signed("sub", json!(stranger.user))),
        ("my user with another's session", signed("sid", json!(stranger.session))),
        ("a session that is not there", signed("sid", json!(Uuid::now_v7()))),
        ("changed claims under the old signature", good.clone().claim("sub", json!(stranger.user)).with_signature(&signature)),
    ];
    for (what, token) in &forged {
        refused(&world, what, &format!("Bearer {token}")).await;
    }
    let others = [
        ("nothing", String::new()),
        ("no scheme", person.access.clone()),
        ("another scheme", format!("Basic {}", person.access)),
        ("an empty bearer", "Bearer ".to_owned()),
        ("text", "Bearer hello".to_owned()),
        ("dots", "Bearer ..".to_owned()),
        ("the refresh token", format!("Bearer {}", person.refresh)),
        ("two tokens", format!("Bearer {0} {0}", person.access)),
        ("a list", format!("Bearer {0}, Bearer {0}", person.access)),
        ("a long one", format!("Bearer {}", "A".repeat(8_000))),
    ];
    for (what, value) in &others {
        refused(&world, what, value).await;
    }
    // Where a bearer is not needed, one that is sent must be good all the same.
    let verify = || world.verify(&Uuid::new_v4().to_string(), "123456");
    verify().bearer(&good.ed25519(&[7; 32])).send().await.problem("unauthenticated");
    verify().header("authorization", "Basic eDp5").send().await.problem("unauthenticated");
    verify().send().await.problem("otp-expired");
    let twice = world.get("/v1/generations").bearer(&person.access).bearer(&person.access);
    twice.send().await.problem("unauthenticated");
    world.get(&format!("/v1/generations?access_token={}", person.access)).send().await.problem("unauthenticated");
    world.get("/v1/generations").cookie(&person.refresh).send().await.problem("unauthenticated");

    let mut after = world.counts().await;
    after.insert("accounts.limits".to_owned(), before["accounts.limits"]);
    assert_eq!(after, before);
    list(&person.access).await.expect(200);
    // The scheme's name is not case-sensitive (RFC 9110, 11.1), and a role that somebody wrote into a token is only a hint.
    let call = world.get("/v1/generations").header("authorization", &format!("bearer {}", person.access));
    call.send().await.expect(200);
    list(&signed("role", json!("admin"))).await.expect(200);
}

#[e2e::test]
async fn the_database_decides_about_a_session_at_once() {
    let world = World::needing(&[Need::Databases]).start().await;
    let person = world.person().await;
    let bearer = format!("Bearer {}", person.access);
    let list = || world.get("/v1/generations").bearer(&person.access).send();
    let (accounts, user) = (world.accounts().await, person.user);
    let sql = async |statement: String| accounts.batch_execute(&statement).await.unwrap();
    list().await.expect(200);
    world.delete("/v1/session").cookie(&person.refresh).send().await.expect(204);
    refused(&world, "a session that was signed out", &bearer).await;
    sql(format!("update sessions set revoked_at = null where user_id = '{user}'")).await;
    list().await.expect(200);
    sql(format!("update users set blocked_at = created_at where id = '{user}'")).await;
    refused(&world, "a blocked account", &bearer).await;
    sql(format!("update users set blocked_at = null where id = '{user}'")).await;
    list().await.expect(200);
    sql(format!("delete from users where id = '{user}'")).await;
    refused(&world, "an account that is gone", &bearer).await;
}
