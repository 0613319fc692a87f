//! `allowed_outbound_hosts`: what a component may reach, with Spin's patterns `scheme://host:port`.
//!
//! The scheme is a word or `*`; the host a name, an address, a network (`10.0.0.0/8`), `*`, `*.example.com`, or `self`; the port
//! a number, a range `start..end` (without its end), `*`, or none for the scheme's own.

use ip_network::IpNetwork;
use url::Host;

use crate::variables::Values;

/// The domain under which components reach each other.
const INTERNAL: &str = "spin.internal";

/// One pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedHost {
    /// `None` is any.
    scheme: Option<String>,
    host: HostPattern,
    port: PortPattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum HostPattern {
    Any,
    /// With the dot in front.
    Below(String),
    /// The application itself, by a relative URL.
    Own,
    Exactly(Host),
    Within(IpNetwork),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PortPattern {
    Any,
    One(u16),
    Range(std::ops::Range<u16>),
}

impl AllowedHost {
    /// Parses a pattern; templates must have been filled in.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text
            .trim()
            .split_once("://")
            .ok_or("it does not contain a scheme; write <scheme>://<host>[:<port>], `*` being allowed for each")?;
        let (host, port) = split_port(rest)?;
        if scheme != "*" && (scheme.is_empty() || !scheme.chars().all(char::is_alphabetic)) {
            return Err(format!("the scheme {scheme:?} is neither `*` nor a word"));
        }
        Ok(Self {
            port: PortPattern::parse(port, scheme)?,
            scheme: (scheme != "*").then(|| scheme.to_owned()),
            host: HostPattern::parse(host)?,
        })
    }

    fn allows(&self, target: &Target) -> bool {
        self.allows_scheme(&target.scheme) && self.host.allows(&target.host) && self.port.allows(target.port)
    }

    fn allows_scheme(&self, scheme: &str) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme)
    }
}

/// Splits `host:port`; the host may be an IPv6 address, and one slash may follow.
fn split_port(rest: &str) -> Result<(&str, &str), String> {
    match rest.rsplit_once(':') {
        None => Ok((rest, "")),
        Some((host, "")) => Ok((host, "")),
        Some(_) if HostPattern::parse(rest).is_ok() => Ok((rest, "")),
        Some((host, tail)) => match tail.split_once('/') {
            None => Ok((host, tail)),
            Some((port, "")) => Ok((host, port)),
            Some(_) => Err("it has a path, which is not allowed".to_owned()),
        },
    }
}

impl HostPattern {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text {
            "*" => return Ok(Self::Any),
            "self" | "self.alt" => return Ok(Self::Own),
            _ => {}
        }
        if let Ok(network) = IpNetwork::from_str_truncate(text) {
            return Ok(Self::Within(network));
        }
        let name = text.strip_suffix('/').unwrap_or(text);
        if name.contains('/') {
            return Err("it has a path, which is not allowed".to_owned());
        }
        let (below, name) = name.strip_prefix("*.").map_or((false, name), |domain| (true, domain));
        if name.contains(['*', '{']) {
            return Err(format!("the host {text:?} has a wildcard elsewhere than as its first label"));
        }
        match Host::parse(name).map_err(|error| format!("the host {text:?} is not valid: {error}"))? {
            Host::Domain(domain) if below => Ok(Self::Below(format!(".{domain}"))),
            _ if below => Err(format!("the host {text:?} has a wildcard before an address")),
            host => Ok(Self::Exactly(host)),
        }
    }

    fn allows(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Below(suffix), Host::Domain(domain)) => domain.ends_with(suffix),
            (Self::Exactly(own), host) => own == host,
            (Self::Within(network), Host::Ipv4(ip)) => network.contains(*ip),
            (Self::Within(network), Host::Ipv6(ip)) => network.contains(*ip),
            (Self::Below(_) | Self::Within(_) | Self::Own, _) => false,
        }
    }
}

impl PortPattern {
    fn parse(text: &str, scheme: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse().map_err(|_| format!("the port {text:?} is not a number"));
        match text {
            "" => default_port(scheme)
                .map(Self::One)
                .ok_or_else(|| format!("it has no port, and the scheme {scheme:?} has none of its own")),
            "*" => Ok(Self::Any),
            _ => match text.split_once("..") {
                Some((start, end)) => Ok(Self::Range(number(start)?..number(end)?)),
                None => Ok(Self::One(number(text)?)),
            },
        }
    }

    fn allows(&self, port: Option<u16>) -> bool {
        match (self, port) {
            (Self::Any, _) => true,
            (Self::One(own), Some(port)) => *own == port,
            (Self::Range(range), Some(port)) => range.contains(&port),
            (_, None) => false,
        }
    }
}

/// The port that a scheme implies.
fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "redis" => Some(6379),
        "mqtt" => Some(1883),
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Where a component wants to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) scheme: String,
    pub(crate) host: Host,
    /// The scheme's own where none is written.
    pub(crate) port: Option<u16>,
}

impl Target {
    /// `host` as written in a URL or connection string, an IPv6 address with or without brackets. `None` if it is no host.
    pub(crate) fn new(scheme: &str, host: &str, port: Option<u16>) -> Option<Self> {
        let host = host.parse().map(Host::Ipv6).ok().or_else(|| Host::parse(host).ok())?;
        Some(Self { scheme: scheme.to_owned(), host, port: port.or_else(|| default_port(scheme)) })
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// All patterns of one component.
#[derive(Clone, Debug)]
pub(crate) struct AllowedHosts {
    component: String,
    patterns: Vec<AllowedHost>,
}

impl AllowedHosts {
    /// Fills in the templates and parses the patterns. An entry that a template makes empty allows nothing.
    pub(crate) fn new(component: &str, texts: &[String], values: &Values, components: &[String]) -> Result<Self, String> {
        let mut patterns = Vec::new();
        for text in texts {
            let filled = values.fill(text)?;
            if filled != *text && matches!(filled.as_str(), "" | "http://" | "https://") {
                continue;
            }
            let pattern = AllowedHost::parse(&filled).map_err(|error| format!("allowed_outbound_hosts {text:?}: {error}"))?;
            match &pattern.host {
                // Spin lets this wildcard stand for the components that there are.
                HostPattern::Below(suffix) if suffix[1..] == *INTERNAL => patterns.extend(components.iter().map(|id| {
                    AllowedHost { host: HostPattern::Exactly(Host::Domain(format!("{id}.{INTERNAL}"))), ..pattern.clone() }
                })),
                _ => patterns.push(pattern),
            }
        }
        Ok(Self { component: component.to_owned(), patterns })
    }

    /// Whether the component may connect to `target`; a refusal is logged.
    pub(crate) fn allow(&self, target: &Target) -> bool {
        let allowed = self.patterns.iter().any(|pattern| pattern.allows(target));
        if !allowed {
            tracing::warn!(component = self.component, host = %target, "refused: the component tried a host that its allowed_outbound_hosts lacks");
        }
        allowed
    }

    /// Whether the component may call the application itself by a relative URL; a refusal is logged.
    pub(crate) fn allow_self(&self) -> bool {
        let own = |pattern: &AllowedHost| {
            matches!(pattern.host, HostPattern::Any | HostPattern::Own)
                && (pattern.allows_scheme("http") || pattern.allows_scheme("https"))
        };
        let allowed = self.patterns.iter().any(own);
        if !allowed {
            tracing::warn!(
                component = self.component,
                "refused: the component tried the application itself without `http://self`"
            );
        }
        allowed
    }
}

/// The component that a host name `<component>.spin.internal` stands for.
pub(crate) fn internal_target(host: &str) -> Option<&str> {
    host.split_once('.').filter(|(_, domain)| *domain == INTERNAL).map(|(component, _)| component)
}

/// The component that an entry of `allowed_outbound_hosts` names literally, `*` for all of them.
pub(crate) fn internal_target_of_entry(entry: &str) -> Option<&str> {
    let authority = entry.split_once("://").map_or(entry, |(_, rest)| rest);
    internal_target(authority.split([':', '/']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test panics")]
    use std::collections::BTreeMap;

    use super::*;
    use crate::manifest::{Manifest, Variable};

    fn values(given: &[(&str, &str)]) -> Values {
        let mut manifest = Manifest::parse("spin_manifest_version = 2\napplication.name = \"x\"").unwrap();
        for (name, value) in given {
            let variable = Variable { default: Some((*value).to_owned()), ..Variable::default() };
            manifest.variables.insert((*name).to_owned(), variable);
        }
        Values::resolve(&manifest, &BTreeMap::new(), |_| None).unwrap()
    }

    fn allows(entry: &str, scheme: &str, host: &str, port: Option<u16>) -> bool {
        let hosts = AllowedHosts::new("c", &[entry.to_owned()], &values(&[]), &["a".to_owned()]).unwrap();
        hosts.allow(&Target::new(scheme, host, port).unwrap())
    }

    #[test]
    fn schemes_hosts_and_ports_must_all_fit() {
        assert!(allows("https://example.com", "https", "example.com", None));
        assert!(allows("https://example.com/", "https", "example.com", Some(443)));
        assert!(allows("https://example.com:443", "https", "example.com", None));
        assert!(!allows("https://example.com", "http", "example.com", None));
        assert!(!allows("https://example.com", "https", "example.com", Some(444)));
        assert!(!allows("https://example.com", "https", "www.example.com", None));
        assert!(allows("http://127.0.0.1:8080", "http", "127.0.0.1", Some(8080)));
        assert!(!allows("http://127.0.0.1", "http", "localhost", None));
        assert!(allows("http://[::1]:8080", "http", "[::1]", Some(8080)));
        assert!(allows("http://[::1]", "http", "::1", None));
        assert!(allows("postgres://db", "postgres", "db", None));
        assert!(allows("postgres://db", "postgres", "db", Some(5432)));
        assert!(!allows("postgres://db", "postgres", "db", Some(6432)));
        assert!(allows("postgres://127.0.0.1:6432", "postgres", "127.0.0.1", Some(6432)));
    }

    #[test]
    fn wildcards_stand_for_one_part_each() {
        assert!(allows("*://example.com:*", "http", "example.com", Some(1234)));
        assert!(allows("*://example.com:*", "postgres", "example.com", None));
        assert!(allows("https://*.example.com", "https", "a.b.example.com", None));
        assert!(!allows("https://*.example.com", "https", "example.com", None));
        assert!(!allows("https://*.example.com", "https", "badexample.com", None));
        assert!(allows("*://*:*", "tcp", "10.1.2.3", Some(1)));
        assert!(allows("http://*", "http", "anything", None));
        assert!(!allows("http://*", "http", "anything", Some(81)));
        assert!(allows("http://*:8080..8090", "http", "h", Some(8089)));
        assert!(!allows("http://*:8080..8090", "http", "h", Some(8090)));
        assert!(allows("http://10.0.0.0/8", "http", "10.200.0.1", None));
        assert!(!allows("http://10.0.0.0/8", "http", "11.0.0.1", None));
        assert!(!allows("http://10.0.0.0/8", "http", "ten.example", None));
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for (entry, part) in [
            ("*", "does not contain a scheme"),
            ("", "does not contain a scheme"),
            ("example.com", "does not contain a scheme"),
            ("ht2tp://example.com", "neither"),
            ("ftp://example.com", "no port"),
            ("*://example.com", "no port"),
            ("http://example.com:x", "not a number"),
            ("http://example.com:80/path", "path"),
            ("http://example.com/path", "path"),
            ("http://a.*.com", "wildcard"),
            ("http://*.10.0.0.1", "wildcard before an address"),
            ("http://", "not valid"),
        ] {
            let error = AllowedHosts::new("c", &[entry.to_owned()], &values(&[]), &[]).unwrap_err();
            assert!(error.contains(part), "{entry}: {error}");
        }
    }

    #[test]
    fn a_template_that_becomes_empty_allows_nothing() {
        let values = values(&[("url", ""), ("port", "6432"), ("scheme_only", "https://")]);
        let texts = ["{{ url }}", "{{ scheme_only }}", "postgres://db:{{ port }}"].map(str::to_owned);
        let hosts = AllowedHosts::new("c", &texts, &values, &[]).unwrap();
        assert_eq!(hosts.patterns.len(), 1);
        assert!(hosts.allow(&Target::new("postgres", "db", Some(6432)).unwrap()));
    }

    #[test]
    fn the_internal_wildcard_stands_for_the_components_there_are() {
        assert!(allows("http://*.spin.internal", "http", "a.spin.internal", None));
        assert!(!allows("http://*.spin.internal", "http", "b.spin.internal", None));
        assert!(!allows("http://*.spin.internal", "https", "a.spin.internal", None));
    }

    #[test]
    fn the_application_itself_needs_self() {
        let own = |entry: &str| AllowedHosts::new("c", &[entry.to_owned()], &values(&[]), &[]).unwrap().allow_self();
        assert!(own("http://self") && own("https://self.alt") && own("*://*:*"));
        assert!(!own("http://127.0.0.1") && !own("postgres://self"));
    }

    #[test]
    fn internal_names_are_recognised() {
        assert_eq!(internal_target("notify.spin.internal"), Some("notify"));
        assert_eq!(internal_target("a.b.spin.internal"), None);
        assert_eq!(internal_target("spin.internal"), None);
        assert_eq!(internal_target_of_entry("http://notify.spin.internal:80/"), Some("notify"));
        assert_eq!(internal_target_of_entry("http://*.spin.internal"), Some("*"));
        assert_eq!(internal_target_of_entry("{{ notify_url }}"), None);
    }
}
