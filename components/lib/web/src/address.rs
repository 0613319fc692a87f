//! Who is calling (decision 15). The address goes to security events (promise a21) and, as a keyed hash of its prefix, to limits.

use std::net::IpAddr;

use http::HeaderMap;
use jiff::Timestamp;
use store::accounts::events::EventOrigin;

use crate::Problem;

/// The header in which Spin gives the client's address. A client can send its own first; Spin's is last.
const CLIENT_ADDR: &str = "spin-client-addr";

/// The client's address; `None` where the host does not say. `proxy` is the name of the header that a declared reverse proxy
/// writes (`forwarded`, RFC 7239, or `x-forwarded-for`), or empty: then no such header is trusted. Where the proxy does not name
/// an address, its own stands for the client.
#[must_use]
pub fn client(headers: &HeaderMap, proxy: &str) -> Option<IpAddr> {
    let from_proxy = match proxy {
        "forwarded" => last(headers, proxy).and_then(|text| node(&forwarded_for(last_element(&text))?)),
        "x-forwarded-for" => last(headers, proxy).and_then(|text| node(last_element(&text))),
        _ => None,
    };
    let address = from_proxy.or_else(|| last(headers, CLIENT_ADDR).and_then(|text| node(&text)));
    address.map(|address| address.to_canonical())
}

/// The id and origin of the security event that a request may cause (promise a21). `proxy` as for [`client`].
///
/// # Errors
/// 500 if the runtime has no random bytes.
pub fn event_origin(headers: &HeaderMap, proxy: &str, now: Timestamp) -> Result<EventOrigin, Problem> {
    Ok(EventOrigin { id: crate::uuid_v7(now)?, ip: client(headers, proxy).map(|address| address.to_string()) })
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

/// The last line of a header. Lossy, since what a client put before its proxy's own part must not hide that part.
fn last(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get_all(name).iter().next_back()?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The last element of a list (RFC 9110, 5.6.1): the one our own proxy added. Read from the right, because everything before it is the
/// client's to choose, an opening quote included.
fn last_element(text: &str) -> &str {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            // Within quotes a quote counts unless a backslash escapes it, and a backslash is one unless another escapes that.
            b'"' if quoted => quoted = text.get(..at).is_some_and(|before| trailing_backslashes(before) % 2 == 1),
            b'"' => quoted = true,
            b',' if !quoted => return text.get(at + 1..).unwrap_or_default().trim(),
            _ => {}
        }
    }
    text.trim()
}

fn trailing_backslashes(text: &str) -> usize {
    text.bytes().rev().take_while(|byte| *byte == b'\\').count()
}

/// The value of the parameter `for` of an element (RFC 7239, 4), without its quotes; `None` where there is not exactly one.
fn forwarded_for(element: &str) -> Option<String> {
    let mut found = None;
    let mut rest = element;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            unquote(quoted)?
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (after.get(..end)?.trim().to_owned(), after.get(end..)?)
        };
        if name.trim().eq_ignore_ascii_case("for") && found.replace(value).is_some() {
            return None;
        }
        let after = after.trim_start();
        rest = if after.is_empty() { after } else { after.strip_prefix(';')?.trim_start() };
    }
    found
}

/// A quoted string after its first quote (RFC 9110, 5.6.4), and what follows it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            char => value.push(char),
        }
    }
    None
}

/// The address of a node (RFC 7239, 6), with or without a port; IPv6 in brackets, or bare, as some proxies write it.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        return if is_port(port) { address.parse().ok().map(IpAddr::V6) } else { None };
    }
    text.parse().ok().or_else(|| {
        let (address, _) = text.split_once(':').filter(|(address, _)| text.get(address.len()..).is_some_and(is_port))?;
        address.parse().ok().map(IpAddr::V4)
    })
}

/// Nothing, or a colon with a port or an obfuscated one (RFC 7239, 6.3).
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| {
            let hidden = port.strip_prefix('_').is_some_and(|rest| !rest.is_empty());
            hidden || port.parse::<u16>().is_ok()
        })
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
    fn every_form_of_a_node_is_read_and_garbage_leaves_the_proxys_own_address() {
        let by = |proxy: &'static str, value: &'static str| {
            client(&headers(&[("spin-client-addr", "10.0.0.1:80"), (proxy, value)]), proxy).map(|address| address.to_string())
        };
        for (value, address) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("by=203.0.113.43; FOR=192.0.2.60:8080", "192.0.2.60"),
            ("for=\"192.0.2.60:_port\"", "192.0.2.60"),
            ("for=\"\\1\\92.0.2.60\"", "192.0.2.60"),
            ("for=198.51.100.1, for=198.51.100.2", "198.51.100.2"),
            ("for=\"[::ffff:192.0.2.60]\"", "192.0.2.60"),
            // What a client put into a value that the proxy only quotes is no parameter and no element.
            ("for=192.0.2.60;host=\"x;for=6.6.6.6\"", "192.0.2.60"),
            ("host=\"x;for=6.6.6.6\";for=192.0.2.60", "192.0.2.60"),
            ("for=192.0.2.60;host=\"x,for=6.6.6.6\"", "192.0.2.60"),
            ("for=192.0.2.60;host=\"x\\\",for=6.6.6.6\"", "192.0.2.60"),
            // Nor does what a client sent itself swallow what the proxy added.
            ("for=\"6.6.6.6, for=192.0.2.60", "192.0.2.60"),
            ("for=6.6.6.6;host=\"\\, for=192.0.2.60", "192.0.2.60"),
            // Not an address, or not one: the proxy's own.
            ("for=unknown", "10.0.0.1"),
            ("for=_hidden", "10.0.0.1"),
            ("for=192.0.2.60;for=6.6.6.6", "10.0.0.1"),
            ("for=192.0.2.999", "10.0.0.1"),
            ("for=\"[2001:db8::1\"", "10.0.0.1"),
            ("for=\"[192.0.2.60]\"", "10.0.0.1"),
            ("for=\"[2001:db8::1]x\"", "10.0.0.1"),
            ("for=192.0.2.60:99999", "10.0.0.1"),
            ("for=6.6.6.6,", "10.0.0.1"),
            ("proto=https", "10.0.0.1"),
            ("192.0.2.60", "10.0.0.1"),
            ("\"", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(by("forwarded", value).as_deref(), Some(address), "forwarded: {value}");
        }
        for (value, address) in [
            ("6.6.6.6, 192.0.2.60", "192.0.2.60"),
            ("6.6.6.6,2001:db8::17", "2001:db8::17"),
            ("[2001:db8::17]:443", "2001:db8::17"),
            ("192.0.2.60:443", "192.0.2.60"),
            ("\", 192.0.2.60", "192.0.2.60"),
            ("for=6.6.6.6", "10.0.0.1"),
            ("6.6.6.6, ", "10.0.0.1"),
            ("unix:", "10.0.0.1"),
            ("localhost", "10.0.0.1"),
        ] {
            assert_eq!(by("x-forwarded-for", value).as_deref(), Some(address), "x-forwarded-for: {value}");
        }
    }

    #[test]
    fn of_several_lines_the_last_counts_and_bytes_that_are_no_text_hide_nothing() {
        let mut all =
            headers(&[("spin-client-addr", "10.0.0.1:80"), ("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.1")]);
        assert_eq!(client(&all, "x-forwarded-for").map(|address| address.to_string()).as_deref(), Some("192.0.2.1"));
        let odd = HeaderValue::from_bytes(b"\xff\xfe, 192.0.2.2").expect("a value");
        all.insert("x-forwarded-for", odd);
        assert_eq!(client(&all, "x-forwarded-for").map(|address| address.to_string()).as_deref(), Some("192.0.2.2"));
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_one() {
        assert_eq!(prefix(&headers(&[("spin-client-addr", "[::ffff:203.0.113.9]:1")]), ""), [203, 0, 113]);
    }
}
