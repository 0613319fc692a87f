//! `Idempotency-Key`.

use crate::{Kind, Problem};
use http::HeaderMap;

/// The header.
pub const HEADER: &str = "idempotency-key";
/// The most bytes a key may have.
const MAX: usize = 255;

/// The caller's key, if there is one.
///
/// # Errors
/// 400 for more than one, 422 for one that is empty, longer than 255 bytes or holds a control character.
pub fn read(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::from(Kind::MalformedRequest));
    }
    let key = value.as_bytes();
    let good = (1..=MAX).contains(&key.len()) && !key.iter().any(u8::is_ascii_control);
    if good {
        Ok(Some(key))
    } else {
        Err(Problem::field("Idempotency-Key", "must have 1 to 255 bytes and no control characters"))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn kind(values: &[&[u8]]) -> Result<Option<usize>, Kind> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).expect("a value"));
        }
        read(&headers).map(|key| key.map(<[u8]>::len)).map_err(|problem| problem.kind())
    }

    #[test]
    fn a_key_is_any_string_of_up_to_255_bytes() {
        assert_eq!(kind(&[]), Ok(None));
        assert_eq!(kind(&[b"order 66"]), Ok(Some(8)));
        assert_eq!(kind(&["clé".as_bytes()]), Ok(Some(4)));
        assert_eq!(kind(&[&[b'k'; 255]]), Ok(Some(255)));
        assert_eq!(kind(&[&[b'k'; 256]]), Err(Kind::InvalidRequest));
        assert_eq!(kind(&[b""]), Err(Kind::InvalidRequest));
        assert_eq!(kind(&[b"a\tb"]), Err(Kind::InvalidRequest));
        assert_eq!(kind(&[b"a", b"a"]), Err(Kind::MalformedRequest));
    }
}
