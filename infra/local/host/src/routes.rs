//! Which component answers a path, with Spin's precedence: exact segments before `:name`, both before `/...`, the longer
//! prefix before the shorter. `/x/...` also answers `/x`, and one slash at the end of a path does not matter.

use std::collections::BTreeMap;

use crate::manifest::{Manifest, Route};

/// The routes of an application.
pub(crate) struct Router(routefinder::Router<Target>);

struct Target {
    component: String,
    /// As the manifest writes it.
    raw: String,
    /// With a slash in front and none at the end.
    normal: String,
}

/// What a path matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouteMatch {
    /// The component to call.
    pub(crate) component: String,
    /// The route as the manifest writes it.
    pub(crate) raw_route: String,
    /// The route, normalised.
    pub(crate) matched_route: String,
    /// What `/...` stood for, with a slash in front, or nothing.
    pub(crate) path_info: String,
    /// What each `:name` stood for.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Router {
    /// The router of a manifest. Unlike Spin, where the last of two equal routes wins silently, a duplicate is an error.
    pub(crate) fn new(manifest: &Manifest) -> Result<Self, String> {
        let mut router = routefinder::Router::new();
        let mut taken: BTreeMap<String, &str> = BTreeMap::new();
        for trigger in &manifest.trigger.http {
            let Route::Path(raw) = &trigger.route else { continue };
            let normal = normalise(raw);
            if let Some(other) = taken.insert(shape(&normal), &trigger.component) {
                return Err(format!("[[trigger.http]] route {raw:?} belongs to both {other:?} and {:?}", trigger.component));
            }
            let spec = normal.strip_suffix("/...").map_or_else(|| normal.clone(), |prefix| format!("{prefix}/*"));
            let target = Target { component: trigger.component.clone(), raw: raw.clone(), normal };
            router.add(spec.as_str(), target).map_err(|error| format!("[[trigger.http]] route {raw:?}: {error}"))?;
        }
        Ok(Self(router))
    }

    /// What `path` (not decoded, without the query) matches.
    pub(crate) fn find(&self, path: &str) -> Option<RouteMatch> {
        let found = self.0.best_match(path)?;
        let captures = found.captures();
        // The wildcard is captured without slashes at its ends; Spin puts back the one at the end of the path.
        let path_info = captures.wildcard().map(|rest| {
            let front = if rest.is_empty() { "" } else { "/" };
            let back = if path.ends_with('/') { "/" } else { "" };
            format!("{front}{rest}{back}")
        });
        Some(RouteMatch {
            component: found.component.clone(),
            raw_route: found.raw.clone(),
            matched_route: found.normal.clone(),
            path_info: path_info.unwrap_or_default(),
            parameters: captures.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }
}

impl RouteMatch {
    /// The match of a call to `http://<component>.spin.internal<path>`: as if the component had the route `/...`.
    pub(crate) fn internal(component: &str, path: &str) -> Self {
        Self {
            component: component.to_owned(),
            raw_route: "/...".to_owned(),
            matched_route: "/...".to_owned(),
            path_info: path.to_owned(),
            parameters: Vec::new(),
        }
    }

    /// The route as the manifest writes it, without `/...`.
    pub(crate) fn component_route(&self) -> &str {
        self.raw_route.strip_suffix("/...").unwrap_or(&self.raw_route)
    }
}

fn normalise(route: &str) -> String {
    let absolute = if route.starts_with('/') { route.to_owned() } else { format!("/{route}") };
    absolute.strip_suffix('/').map(str::to_owned).unwrap_or(absolute)
}

/// What two routes share if every path that one matches the other matches equally well: names do not matter.
fn shape(route: &str) -> String {
    let shape_of = |segment: &str| match segment {
        "..." => "*".to_owned(),
        named if named.starts_with(':') => ":".to_owned(),
        other => other.to_owned(),
    };
    route.split('/').map(shape_of).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test panics")]
    use super::*;
    use crate::manifest::HttpTrigger;

    fn router(routes: &[(&str, &str)]) -> Result<Router, String> {
        let mut manifest = Manifest::parse("spin_manifest_version = 2\napplication.name = \"x\"").unwrap();
        let trigger = |(route, component): &(&str, &str)| HttpTrigger {
            id: None,
            route: Route::Path((*route).to_owned()),
            component: (*component).to_owned(),
        };
        manifest.trigger.http = routes.iter().map(trigger).collect();
        Router::new(&manifest)
    }

    fn component_of(router: &Router, path: &str) -> Option<String> {
        router.find(path).map(|found| found.component)
    }

    #[test]
    fn the_more_specific_route_wins_whatever_the_order() {
        let table = [
            ("/...", "rest"),
            ("/v1/generations", "generate"),
            ("/v1/generations/...", "library"),
            ("/v1/generations/:id/file", "file"),
            ("/v1/generations/:id", "one"),
            ("/v1/generations/latest", "latest"),
            ("/v1/...", "version"),
        ];
        let reversed: Vec<_> = table.iter().rev().copied().collect();
        for order in [&table[..], &reversed[..]] {
            let router = router(order).unwrap();
            for (path, component) in [
                ("/v1/generations", "generate"),
                ("/v1/generations/", "generate"),
                ("/v1/generations/7", "one"),
                ("/v1/generations/latest", "latest"),
                ("/v1/generations/7/file", "file"),
                ("/v1/generations/7/brief", "library"),
                ("/v1/generations/7/file/x", "library"),
                ("/v1/generationsx", "version"),
                ("/v1", "version"),
                ("/v2", "rest"),
                ("/", "rest"),
            ] {
                assert_eq!(component_of(&router, path).as_deref(), Some(component), "{path}");
            }
        }
    }

    #[test]
    fn a_wildcard_answers_its_own_prefix_and_an_exact_route_no_more() {
        let router = router(&[("/x/...", "wild"), ("/y", "exact"), ("z/", "bare")]).unwrap();
        for (path, info) in [("/x", ""), ("/x/", "/"), ("/x/a", "/a"), ("/x/a/", "/a/"), ("/x/a/b", "/a/b")] {
            let found = router.find(path).unwrap();
            assert_eq!((found.component.as_str(), found.path_info.as_str()), ("wild", info), "{path}");
            assert_eq!((found.raw_route.as_str(), found.component_route()), ("/x/...", "/x"));
        }
        assert_eq!(component_of(&router, "/y").as_deref(), Some("exact"));
        assert_eq!(component_of(&router, "/y/").as_deref(), Some("exact"));
        assert_eq!(component_of(&router, "/y/z"), None);
        assert_eq!(component_of(&router, "/z").as_deref(), Some("bare"));
        assert_eq!(component_of(&router, "/"), None);
    }

    #[test]
    fn parameters_are_captured() {
        let router = router(&[("/u/:user/f/:file/...", "a")]).unwrap();
        let found = router.find("/u/7/f/x%20y/rest").unwrap();
        assert_eq!(found.parameters, [("user".into(), "7".into()), ("file".into(), "x%20y".into())]);
        assert_eq!(found.path_info, "/rest");
    }

    #[test]
    fn duplicates_are_refused_whatever_their_spelling() {
        for (one, other) in
            [("/a", "/a"), ("/a", "/a/"), ("/a", "a"), ("/a/:x", "/a/:y"), ("/a/...", "/a/..."), ("/:a/...", "/:b/...")]
        {
            let error = router(&[(one, "first"), (other, "second")]).err().unwrap();
            assert!(error.contains("belongs to both \"first\" and \"second\""), "{error}");
        }
        assert!(router(&[("/a", "first"), ("/a/...", "second"), ("/a/:b", "third")]).is_ok());
    }

    #[test]
    fn an_internal_call_matches_as_a_wildcard_at_the_root() {
        let found = RouteMatch::internal("notify", "/send");
        assert_eq!((found.path_info.as_str(), found.component_route(), found.matched_route.as_str()), ("/send", "", "/..."));
    }
}
