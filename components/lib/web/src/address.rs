//! Who is calling (decision 15). The address goes to security events (promise a21) and, as a keyed hash of its prefix, to limits.

use std::net::IpAddr;

use http::HeaderMap;
use jiff::Timestamp;
use store::accounts::events::Stamp;

use crate::Problem;

/// The header in which Spin gives the client's address. A client can send its own first; Spin's is last.
const CLIENT_ADDR: &str = "spin-client-addr";

/// The client's address; `None` where the host does not say. `proxy` is the name of the header that a declared reverse proxy
/// writes (`forwarded`, RFC 7239, or `x-forwarded-for`), or empty: then no such header is believed.
#[must_use]
pub fn client(headers: &HeaderMap, proxy: &str) -> Option<IpAddr> {
    let from_proxy = match proxy {
        "forwarded" | "x-forwarded-for" => last(headers, proxy).and_then(|text| parse(last_hop(&text))),
        _ => None,
    };
    let address = from_proxy.or_else(|| last(headers, CLIENT_ADDR).and_then(|text| parse(&text)));
    address.map(|address| address.to_canonical())
}

/// The id and origin of the security event that a request may cause (promise a21). `proxy` as for [`client`].
///
/// # Errors
/// 500 if the runtime has no random bytes.
pub fn stamp(headers: &HeaderMap, proxy: &str, now: Timestamp) -> Result<Stamp, Problem> {
    Ok(Stamp { id: crate::uuid_v7(now)?, ip: client(headers, proxy).map(|address| address.to_string()) })
}

/// The prefix that stands for one client in limits: an IPv4 /24 or an IPv6 /56, as its bytes; nothing where it is not known.
/// `proxy` as for [`client`].
#[must_use]
pub fn prefix(headers: &HeaderMap, proxy: &str) -> Vec<u8> {
    match client(headers, proxy) {
        Some(IpAddr::V4(address)) => address.octets().into_iter().take(3).collect(),
        Some(IpAddr::V6(address)) => address.octets().into_iter().take(7).collect(),
        None => Vec::new(),
    }
}

fn last(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get_all(name).iter().next_back()?;
    value.to_str().ok().map(str::to_owned)
}

/// The last element is the one our own proxy added; of RFC 7239's parameters, `for`.
fn last_hop(text: &str) -> &str {
    let element = text.rsplit(',').next().unwrap_or(text).trim();
    let parameter =
        element.split(';').map(str::trim).find(|part| part.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("for=")));
    parameter.and_then(|part| part.get(4..)).unwrap_or(element).trim_matches('"')
}

/// An address with or without a port and brackets.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.trim_start_matches('[').split(']').next().unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().fold(HeaderMap::new(), |mut headers, (name, value)| {
            headers.append(*name, HeaderValue::from_static(value));
            headers
        })
    }

    #[test]
    fn a_forged_client_address_does_not_count() {
        let found = prefix(&headers(&[("spin-client-addr", "6.6.6.6:1"), ("spin-client-addr", "203.0.113.9:4711")]), "");
        assert_eq!(found, [203, 0, 113]);
        let ignored = prefix(&headers(&[("x-forwarded-for", "6.6.6.6"), ("spin-client-addr", "[2001:db8:1:2ff::9]:80")]), "");
        assert_eq!(ignored, [0x20, 1, 0x0d, 0xb8, 0, 1, 2]);
    }

    #[test]
    fn a_declared_proxy_names_the_last_hop() {
        let all = headers(&[
            ("spin-client-addr", "10.0.0.1:80"),
            ("forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:443\";proto=https"),
            ("x-forwarded-for", "6.6.6.6, 203.0.113.9"),
        ]);
        assert_eq!(prefix(&all, "x-forwarded-for"), [203, 0, 113]);
        assert_eq!(prefix(&all, "forwarded"), [0x20, 1, 0x0d, 0xb8, 0, 0, 0]);
        assert_eq!(prefix(&all, "unknown"), [10, 0, 0]);
        assert_eq!(prefix(&HeaderMap::new(), ""), Vec::<u8>::new());
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_one() {
        assert_eq!(prefix(&headers(&[("spin-client-addr", "[::ffff:203.0.113.9]:1")]), ""), [203, 0, 113]);
    }
}
