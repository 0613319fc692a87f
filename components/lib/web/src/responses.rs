//! The problems that many endpoints share, as groups of responses for the OpenAPI document: `responses(…, web::responses::SignedIn)`.
//! What an endpoint alone answers, or says more about, stands beside it.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses,
    openapi::{Content, Ref, RefOr, Response, ResponseBuilder},
};

use crate::problem::MEDIA_TYPE;

macro_rules! groups {
    ($($(#[$doc:meta])* $group:ident { $($status:literal: $problems:literal,)+ })+) => {
        $(
            $(#[$doc])*
            pub struct $group;

            impl IntoResponses for $group {
                fn responses() -> BTreeMap<String, RefOr<Response>> {
                    [$(($status.to_owned(), problem($problems))),+].into()
                }
            }
        )+
    };
}

fn problem(names: &str) -> RefOr<Response> {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(names).content(MEDIA_TYPE, content).build().into()
}

groups! {
    /// Of every endpoint.
    Unavailable {
        "503": "`unavailable` or `not-configured`",
    }
    /// Of every endpoint for somebody who is signed in.
    SignedIn {
        "401": "`unauthenticated`",
        "503": "`unavailable` or `not-configured`",
    }
    /// Of every endpoint that reads a JSON object.
    JsonBody {
        "400": "`malformed-body`",
        "413": "`payload-too-large`",
        "415": "`unsupported-media-type`",
        "422": "`invalid-request`",
    }
    /// Of every endpoint that reads a body, whatever else may be wrong with it.
    AnyBody {
        "413": "`payload-too-large`",
        "415": "`unsupported-media-type`",
    }
    /// Of every endpoint whose calls are counted.
    RateLimited {
        "429": "`rate-limited`",
    }
    /// Of every endpoint for one thing.
    NotFound {
        "404": "`not-found`",
    }
    /// Of every endpoint that costs something, or tells what others must not learn.
    PhoneUnverified {
        "403": "`phone-unverified`",
    }
}
