//! Addresses that a provider does not vouch for: nobody learns whether we know them, and they join after they have confirmed it.

use e2e::oauth::Identity;
use e2e::{Answer, World};

/// What an answer looks like but for what varies with each.
fn shape(answer: &Answer) -> (Vec<(String, String)>, String) {
    let id = answer.header("x-request-id").unwrap().to_owned();
    (answer.shape(), answer.text().replace(&id, ""))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_unverified_address_gets_the_same_answer_known_or_not() {
    let world = World::start().await;
    let known = world.person().await;
    let mut shapes = Vec::new();
    for provider in ["google", "github", "linkedin", "facebook"] {
        for email in [known.applicant.email.as_str(), &e2e::Applicant::invent().email] {
            let identity = Identity { verified: false, ..Identity::of(email) };
            let answer = world.oauth(provider, &identity).await;
            answer.problem("email-unverified");
            assert_eq!(answer.refresh_token(), None);
            shapes.push(shape(&answer));
        }
    }
    // Google's and Facebook's claims look like the others, too.
    let claimed = world.oauth("google", &Identity::of(&known.applicant.email)).await;
    shapes.push(shape(&claimed));
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
    assert!(world.links(&known).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn both_known_and_unknown_addresses_are_written_to() {
    let world = World::start().await;
    let known = world.person().await;
    for provider in ["google", "facebook"] {
        for email in [known.applicant.email.clone(), e2e::Applicant::invent().email] {
            let before = world.messages().to(&email).await.len();
            world.oauth(provider, &Identity::of(&email)).await.problem("email-unverified");
            let mail = world.messages().wait(&email, before + 1).await.remove(0);
            assert!(mail.text.contains("/confirm-email#token="), "{}", mail.text);
            assert!(!mail.text.contains("?token="));
        }
    }
    // Not as often as somebody likes.
    let email = e2e::Applicant::invent().email;
    for _ in 0..6 {
        world.oauth("facebook", &Identity::of(&email)).await.problem("email-unverified");
    }
    // Each try makes a call of `notify`; three of them are mails.
    world.messages().wait(&email, 3).await;
    world.oauth("facebook", &Identity::of(&known.applicant.email)).await.problem("email-unverified");
    assert_eq!(world.messages().to(&email).await.len(), 3);
}
