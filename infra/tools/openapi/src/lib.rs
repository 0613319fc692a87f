//! Merges the components' OpenAPI documents into the one that is committed as `openapi.json` and served by `meta`.
//!
//! The one place of `infra` that knows the components: the contract comes from their code and is never written by hand.

use utoipa::{
    Modify as _,
    openapi::{ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder},
};

/// The whole document, as it is committed.
///
/// # Errors
/// If a part does not serialise.
pub fn document() -> Result<String, Box<dyn std::error::Error>> {
    let info = InfoBuilder::new()
        .title("Ask N Pic")
        .version("1")
        .description(Some(
            "From a written brief to an adjustable visual. Errors are application/problem+json (RFC 9457) with `type` \
             `urn:asknpic:problem:<name>`; times are RFC 3339 in UTC; ids are UUIDv7.",
        ))
        .contact(Some(ContactBuilder::new().name(Some("Ask N Pic")).build()))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();
    for part in parts() {
        document.merge(part);
    }
    web::schema::Bearer.modify(&mut document);
    Ok(document.to_pretty_json()? + "\n")
}

fn parts() -> Vec<OpenApi> {
    vec![
        signup::openapi(),
        otp::openapi(),
        session::openapi(),
        account::openapi(),
        oauth::openapi(),
        generate::openapi(),
        library::openapi(),
        billing::openapi(),
        stripe_webhook::openapi(),
        ops::openapi(),
        export::openapi(),
        erase::openapi(),
        waitlist::openapi(),
        support::openapi(),
        meta::openapi(),
    ]
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures::executor::block_on;
    use http::Request;
    use tower::ServiceExt as _;

    use super::*;

    /// A change of the contract shows in review as a change of this file.
    #[test]
    fn the_committed_document_is_the_codes() {
        let committed = include_str!("../../../../openapi.json");
        assert!(document().expect("a document") == committed, "run `cargo run -p asknpic-openapi` and commit openapi.json");
    }

    /// Asks each router for a method that nothing has: the `Allow` of the answer is what it routes.
    #[test]
    fn every_router_has_what_its_document_says_and_nothing_else() {
        let routers = vec![
            (signup::router(), signup::openapi()),
            (otp::router(), otp::openapi()),
            (session::router(), session::openapi()),
            (account::router(), account::openapi()),
            (oauth::router(), oauth::openapi()),
            (generate::router(), generate::openapi()),
            (library::router(), library::openapi()),
            (billing::router(), billing::openapi()),
            (stripe_webhook::router(), stripe_webhook::openapi()),
            (ops::router(), ops::openapi()),
            (export::router(), export::openapi()),
            (erase::router(), erase::openapi()),
            (waitlist::router(), waitlist::openapi()),
            (support::router(), support::openapi()),
            (meta::router(), meta::openapi()),
        ];
        for (router, document) in routers {
            for (path, item) in document.paths.paths {
                let mut documented: Vec<&str> = Vec::new();
                for (method, operation) in [
                    ("DELETE", &item.delete),
                    ("GET", &item.get),
                    ("PATCH", &item.patch),
                    ("POST", &item.post),
                    ("PUT", &item.put),
                ] {
                    documented.extend(operation.as_ref().map(|_| method));
                }
                let concrete = path.replace("{id}", "01a1fd55-aa68-7f10-ac98-8195c306981b");
                let request = Request::builder().method("TRACE").uri(concrete).body(Body::empty()).expect("a request");
                let response = block_on(router.clone().oneshot(request)).expect("an answer");
                let allow =
                    response.headers().get("allow").map(|value| value.to_str().expect("ascii").to_owned()).unwrap_or_default();
                let mut routed: Vec<&str> = allow.split(',').filter(|method| *method != "HEAD").collect();
                routed.sort_unstable();
                assert_eq!(routed, documented, "{path}");
            }
        }
    }

    #[test]
    fn every_path_belongs_to_one_component() {
        let mut seen = std::collections::BTreeSet::new();
        for path in parts().into_iter().flat_map(|part| part.paths.paths.into_keys()) {
            assert!(seen.insert(path.clone()), "{path} is in two components");
        }
        assert!(seen.contains("/v1/signup") && seen.contains("/v1/generations/{id}"), "{seen:?}");
    }
}
