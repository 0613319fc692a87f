//! The OpenAPI document is what the service does: Schemathesis makes requests of it, sound and unsound, signed in, and follows its
//! links from one operation to the next.

use std::process::Stdio;

use e2e::world::root;
use e2e::{Need, World, python};
use tokio::process::Command;

/// The version that the hooks are written for.
const PACKAGE: &str = "schemathesis==4.32.5";
/// How many requests it makes up for each operation; `ASKNPIC_EXAMPLES` says another number.
const EXAMPLES: u32 = 50;

/// Everything that must hold of any answer. Whether each unsound request is refused, and each sound one taken, cannot be read
/// from a document that leaves what a code, a token or a phone is to the service.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method,ignored_auth";

#[e2e::test]
#[ignore = "some minutes of made-up requests: ./dev test --test suite -- --ignored schemathesis"]
async fn schemathesis_finds_no_server_error_and_no_breach_of_the_contract() {
    let python = python::with(PACKAGE).await;
    // All requests come from one address, and one person makes many.
    let limits = ["sms_address_limit", "sms_country_limit", "sms_daily_limit", "attempts_limit"];
    let world = World::needing(&[Need::Variables]);
    let world = limits.into_iter().fold(world, |world, limit| world.variable(limit, "1000000")).start().await;
    let examples = std::env::var("ASKNPIC_EXAMPLES").unwrap_or_else(|_| EXAMPLES.to_string());
    let reports = root().join("target/schemathesis");
    let mut command = Command::new(python.with_file_name("schemathesis"));
    command.arg("run").arg(root().join("openapi.json")).args(["--url", &world.url(), "--checks", CHECKS]);
    command.args(["--max-examples", &examples, "--seed", "1", "--continue-on-failure", "--generation-database", "none"]);
    // Text of a model takes its time.
    command.args(["--request-timeout", "60", "--workers", "2", "--no-color", "--suppress-health-check", "all"]);
    command.args(["--report", "junit,ndjson", "--report-dir"]).arg(&reports);
    command.env("PYTHONPATH", root().join("tests/fixtures")).env("SCHEMATHESIS_HOOKS", "schemathesis_hooks");
    command.env("ASKNPIC_API", world.url()).env("ASKNPIC_MESSAGES", world.messages().url());
    let status = command.stdin(Stdio::null()).status().await.unwrap();
    assert!(status.success(), "see above, and {}", reports.display());
}
