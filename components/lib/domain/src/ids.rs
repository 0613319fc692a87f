//! Identifiers: UUIDv7 (RFC 9562) for what is listed and sorted, random UUIDv4 for what must not be guessed.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id as its 16 raw bytes, as it enters keys and authenticated data.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id as a UUID.
            #[must_use]
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // Only the hyphenated form is in the contract; `Uuid` would also take URNs and braces.
                if text.len() == 36 { text.parse().map(Self) } else { Uuid::parse_str("").map(Self) }
            }
        }
    };
}

id! {
    /// A person.
    UserId
}
id! {
    /// The account that is billed and holds quota.
    TenantId
}
id! {
    /// One run from brief to final file.
    GenerationId
}
id! {
    /// A session: a family of refresh tokens. The `sid` of access tokens.
    SessionId
}

/// Makes a UUIDv7 of a time in milliseconds since 1970 and ten random bytes.
#[must_use]
pub fn uuid_v7(unix_millis: u64, random: [u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(unix_millis, &random).into_uuid()
}

/// Makes a UUIDv4 of sixteen random bytes.
#[must_use]
pub fn uuid_v4(random: [u8; 16]) -> Uuid {
    uuid::Builder::from_random_bytes(random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_parse_only_the_hyphenated_form() {
        let early = uuid_v7(1_000, [0xff; 10]);
        let late = uuid_v7(1_001, [0; 10]);
        assert!(early < late);
        assert_eq!(early.get_version_num(), 7);
        assert_eq!(uuid_v4([7; 16]).get_version_num(), 4);
        assert_eq!(early.to_string().parse::<UserId>(), Ok(UserId::from(early)));
        assert!(early.simple().to_string().parse::<UserId>().is_err());
        assert!(early.urn().to_string().parse::<UserId>().is_err());
    }
}
