//! The cursor of a list: where the last page ended. Opaque to callers; it tells nothing that the page did not.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use uuid::Uuid;

/// Writes a cursor: microseconds since 1970 and the id, base64url.
#[must_use]
pub fn write(time: Timestamp, id: Uuid) -> String {
    let bytes = [&time.as_microsecond().to_be_bytes()[..], id.as_bytes()].concat();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a cursor as [`write()`] makes it.
#[must_use]
pub fn read(text: &str) -> Option<(Timestamp, Uuid)> {
    let bytes: [u8; 24] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
    let (time, id) = bytes.split_at(8);
    let time = Timestamp::from_microsecond(i64::from_be_bytes(time.try_into().ok()?)).ok()?;
    // PostgreSQL's calendar begins later than ours; nothing of ours is from before 1970.
    (time >= Timestamp::UNIX_EPOCH).then_some((time, Uuid::from_slice(id).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_cursor_is_refused() {
        let id = Uuid::from_u128(9);
        for text in
            ["", "AAAA", "!", "====", &BASE64_URL_SAFE_NO_PAD.encode([0xff; 24]), &BASE64_URL_SAFE_NO_PAD.encode([0x7f; 24])]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&format!("{}=", write(Timestamp::UNIX_EPOCH, id))), None);
        assert_eq!(read(&write(Timestamp::UNIX_EPOCH, id)), Some((Timestamp::UNIX_EPOCH, id)));
    }

    proptest! {
        #[test]
        fn a_cursor_survives_the_way_there_and_back(micros in 0_i64..4_102_444_800_000_000, id in any::<u128>()) {
            let (time, id) = (Timestamp::from_microsecond(micros).expect("a time"), Uuid::from_u128(id));
            prop_assert_eq!(read(&write(time, id)), Some((time, id)));
        }

        #[test]
        fn any_text_is_a_cursor_or_not(text in ".{0,40}") {
            let _ = read(&text);
        }
    }
}
