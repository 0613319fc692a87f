//! Brevo is down, slow, or refuses.

use asknpic_local::messages::Fault;
use e2e::wait::until;
use e2e::{Applicant, Need, Person, World};

#[e2e::test]
async fn a_message_is_tried_again_and_nobody_waits_for_it() {
    let world = World::needing(&[Need::Logs, Need::Restart]).start().await;
    world.messages().fault(Fault::Status { status: 500 }).await;
    let applicant = Applicant::invent();
    let id = world.sign_up(&applicant).await;
    let failed = async || world.requests_of("notify").into_iter().find(|line| line["status"] == 503);
    until("the first try to fail", failed).await;
    world.messages().behave().await;
    let code = world.messages().code(&applicant.phone, 1).await;
    assert_eq!(Person::of(&applicant, &world.verify(&id, &code).send().await).applicant, applicant);
}

#[e2e::test]
async fn a_message_that_is_refused_for_good_is_not_repeated() {
    let world = World::needing(&[Need::Logs, Need::Restart]).start().await;
    world.messages().fault(Fault::Status { status: 402 }).await;
    let applicant = Applicant::invent();
    world.sign_up(&applicant).await;
    until("the message to be given up", async || world.logs().contains("message-lost").then_some(())).await;
    assert_eq!(world.requests_of("notify").len(), 1, "credits do not come back by trying again");
    world.messages().behave().await;
    world.sign_up(&Applicant::invent()).await;
}
