//! Random bytes from the runtime (`wasi:random` in a component, the kernel natively), and the ids made of them.

use domain::{OtpCode, otp};
use uuid::Uuid;

/// The runtime gave no random bytes. There is nothing safe to do but to fail the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random bytes")]
pub struct NoRandom;

/// `N` random bytes.
///
/// # Errors
/// [`NoRandom`] if the runtime has none.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes)
}

/// A random UUIDv4, for ids that must not be guessed.
///
/// # Errors
/// [`NoRandom`] if the runtime has no random bytes.
pub fn uuid_v4() -> Result<Uuid, NoRandom> {
    Ok(domain::ids::uuid_v4(bytes()?))
}

/// A UUIDv7 of the given time in milliseconds since 1970.
///
/// # Errors
/// [`NoRandom`] if the runtime has no random bytes.
pub fn uuid_v7(unix_millis: u64) -> Result<Uuid, NoRandom> {
    Ok(domain::ids::uuid_v7(unix_millis, bytes()?))
}

/// A fresh SMS code, each of the million equally likely.
///
/// # Errors
/// [`NoRandom`] if the runtime has no random bytes.
pub fn otp_code() -> Result<OtpCode, NoRandom> {
    loop {
        if let Some(code) = otp::code_from_random(bytes()?) {
            return Ok(code);
        }
    }
}
