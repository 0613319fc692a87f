//! Whether the model's address is the operator's own (decision 13, promise a17).

use std::net::{IpAddr, Ipv4Addr};

use http::{Uri, uri::Scheme};

/// Names that resolve inside a machine, a local network or a cluster only (RFC 6761, RFC 6762, ICANN's `.internal`).
const PRIVATE_SUFFIXES: [&str; 5] = [".internal", ".local", ".svc", ".cluster.local", ".localhost"];

/// An address that may be called: `http` or `https`, a host, no credentials, no query. Without its trailing slash.
#[must_use]
pub fn base(url: &str) -> Option<(Uri, String)> {
    let text = url.trim().trim_end_matches('/');
    let uri: Uri = text.parse().ok()?;
    let scheme = uri.scheme()?;
    let web = *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS;
    let authority = uri.authority()?;
    // `http://localhost@elsewhere.example` names elsewhere.
    let plain = !authority.as_str().contains('@') && !authority.host().is_empty() && uri.query().is_none();
    (web && plain).then(|| (uri.clone(), text.to_owned()))
}

/// Whether a host is loopback, private or link-local by its address or name. Nothing is resolved: a public name that happens
/// to resolve to a private address has to be declared.
#[must_use]
pub fn is_private(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return is_private_address(address);
    }
    let name = host.to_ascii_lowercase();
    if ends_in_a_number(&name) {
        return false;
    }
    let (name, absolute) = name.strip_suffix('.').map_or((name.as_str(), false), |name| (name, true));
    let local = PRIVATE_SUFFIXES.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix));
    // A name without a dot comes from the search list or the hosts file; with a final dot it would be a top-level domain.
    local || name == "localhost" || (!name.is_empty() && !name.contains('.') && !absolute)
}

fn is_private_address(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local(),
    }
}

/// Resolvers read `2130706433` and `0x7f.1` as IPv4 addresses; what is not a plain address is not taken for a name either.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let digits = |text: &str, radix| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    digits(last, 10)
        || last.strip_prefix("0x").is_some_and(|rest| rest.is_empty() || digits(rest, 16))
        || last.parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_a17_only_private_hosts_count_as_ours() {
        for host in [
            "127.0.0.1",
            "127.8.8.8",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.20",
            "169.254.1.1",
            "[::1]",
            "[fe80::1]",
            "[fd12:3456::1]",
            "[::ffff:10.0.0.1]",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "ollama",
            "gpu.local",
            "ollama.default.svc",
            "ollama.default.svc.cluster.local",
            "model.internal",
            "model.internal.",
            "a.localhost",
        ] {
            assert!(is_private(host), "{host}");
        }
        for host in [
            "8.8.8.8",
            "172.32.0.1",
            "100.64.0.1",
            "0.0.0.0",
            "[2001:db8::1]",
            "[::ffff:8.8.8.8]",
            "ollama.com",
            "internal.example.com",
            "evil-local",
            "local.evil.com",
            "notlocal.",
            "ai.",
            "134744072",
            "0x08080808",
            "0x8.8",
            "8.8.2056",
            ".local",
            "",
        ] {
            // A single label is the operator's own network, whatever it is called.
            assert_eq!(is_private(host), host == "evil-local", "{host}");
        }
    }

    #[test]
    fn an_address_with_credentials_a_query_or_another_scheme_is_refused() {
        assert_eq!(base("http://127.0.0.1:11434/").map(|(_, text)| text), Some("http://127.0.0.1:11434".to_owned()));
        assert_eq!(base(" https://gpu.local/ollama ").map(|(_, text)| text), Some("https://gpu.local/ollama".to_owned()));
        for url in
            ["", "localhost:11434", "ftp://localhost", "http://localhost@ollama.com", "http://localhost?x=1", "/api", "http://"]
        {
            assert!(base(url).is_none(), "{url}");
        }
    }
}
