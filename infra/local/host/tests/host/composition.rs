//! Components with dependencies.

use crate::client::text;
use crate::fixture::App;

fn app(dependency: &str, lines: &str) -> App {
    App::new(&format!(
        "[[trigger.http]]\nroute = \"/\"\ncomponent = \"caller\"\n[component.caller]\nsource = \"<caller>\"\n{lines}\n[component.caller.dependencies]\n{dependency}"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dependency_fulfils_an_import() {
    for name in ["test:calc/calc@1.0.0", "test:calc/calc", "test:calc@1.0.0", "test:calc"] {
        let app = app(&format!("{name:?} = {{ path = \"<calc>\" }}"), "");
        let host = app.start().await;
        // The sum, and that the dependency sees neither environment nor files.
        assert_eq!(text(host.addr(), "/").await, "42 0", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_another_name_can_be_given() {
    let app = app("\"test:calc/calc\" = { path = \"<calc>\", export = \"test:calc/calc@1.0.0\" }", "");
    let host = app.start().await;
    assert_eq!(text(host.addr(), "/").await, "42 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dependency_may_import_only_the_basics_unless_it_inherits() {
    let refusal = app("\"test:calc/calc\" = { path = \"<greedy>\" }", "").refusal().await;
    assert!(
        refusal.starts_with("component caller: dependency \"test:calc/calc\": it imports spin:variables/variables@3.0.0"),
        "{refusal}"
    );

    let variables = "variables = { secret = \"12345\" }";
    let inherits = app("\"test:calc/calc\" = { path = \"<greedy>\", inherit_configuration = true }", variables);
    let host = inherits.start().await;
    assert_eq!(text(host.addr(), "/").await, "42 5");

    let all =
        app("\"test:calc/calc\" = { path = \"<greedy>\" }", &format!("{variables}\ndependencies_inherit_configuration = true"));
    let host = all.start().await;
    assert_eq!(text(host.addr(), "/").await, "42 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_composition_are_named() {
    for (dependency, part) in [
        ("", "test:calc/calc@1.0.0"),
        ("\"test:other/calc\" = { path = \"<calc>\" }", "the component imports no such thing, only "),
        ("\"test:calc/calc\" = { path = \"<probe>\", inherit_configuration = true }", "it does not export test:calc/calc@1.0.0"),
        ("\"test:calc/calc\" = { path = \"<calc>\", export = \"nothing\" }", "it does not export nothing"),
        ("\"test:calc/calc\" = { path = \"<calc>\" }\n\"test:calc\" = { path = \"<calc>\" }", "is fulfilled by"),
        ("\"test:calc/calc\" = { path = \"missing.wasm\" }", "dependency (is it built?)"),
    ] {
        let refusal = app(dependency, "").refusal().await;
        assert!(refusal.starts_with("component caller: ") && refusal.contains(part), "{dependency}: {refusal}");
    }
}
