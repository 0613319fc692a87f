//! Codes by SMS, as rows hold them: keyed hashes of the id and of the code with its id (promise a23).

use domain::OtpCode;
use uuid::Uuid;
use vault::MacKey;

/// What stands for a verification id.
#[must_use]
pub fn stored_id(key: &MacKey, id: Uuid) -> String {
    key.lookup("verification", &[id.as_bytes()])
}

/// What stands for a code. Bound to its verification, so that one code never fits another.
#[must_use]
pub fn stored_code(key: &MacKey, id: Uuid, code: &OtpCode) -> Vec<u8> {
    key.mac("code", &[id.as_bytes(), code.expose().as_bytes()]).to_vec()
}
