//! The cluster's CA and its server certificate.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use super::Error;
use super::account::{self, Account};

pub(super) const CA: &str = "ca.pem";
pub(super) const SERVER: &str = "server.pem";
pub(super) const SERVER_KEY: &str = "server.key";

/// The CA's PEM text. Certificates are made on the first start and kept, so that what trusts the CA goes on trusting it.
///
/// The CA's own key is never written: nobody can make a second certificate under it.
pub(super) fn ensure(dir: &Path, account: Option<&Account>) -> Result<String, Error> {
    let ca = dir.join(CA);
    if [CA, SERVER, SERVER_KEY].iter().all(|name| dir.join(name).is_file()) {
        return fs::read_to_string(&ca).map_err(Error::file(&ca));
    }
    let (ca_pem, server_pem, server_key) = make()?;
    // The CA comes last: it says that the others are there.
    for (name, text) in [(SERVER_KEY, &server_key), (SERVER, &server_pem), (CA, &ca_pem)] {
        let path = dir.join(name);
        account::write_private(&path, text)?;
        account::give(&path, account)?;
    }
    Ok(ca_pem)
}

fn make() -> Result<(String, String, String), Error> {
    let mut ca = CertificateParams::default();
    ca.distinguished_name = name("Ask N Pic local PostgreSQL CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca = CertifiedIssuer::self_signed(valid(ca), KeyPair::generate()?)?;

    let mut server = CertificateParams::new(["localhost", "127.0.0.1", "::1"].map(str::to_owned))?;
    server.distinguished_name = name("localhost");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let key = KeyPair::generate()?;
    let server = valid(server).signed_by(&key, &ca)?;
    Ok((ca.pem(), server.pem(), key.serialize_pem()))
}

/// A span that no laptop's clock leaves by accident, and no test that moves the clock either.
fn valid(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    params
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
