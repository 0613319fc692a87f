//! TLS as a client: the system's roots, TLS 1.2 and 1.3, names always verified.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest, Sha256};

/// A certificate authority that a component trusts in addition.
#[derive(Clone)]
pub(crate) struct Authority {
    certificate: CertificateDer<'static>,
    /// SHA-256 of the PEM text: connections with different authorities must not share a pool.
    pub(crate) digest: [u8; 32],
}

impl Authority {
    /// The first certificate of a PEM text; others are ignored, as in Spin.
    pub(crate) fn from_pem(text: &str) -> Result<Self, String> {
        let certificate = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|error| error.to_string())?;
        RootCertStore::empty().add(certificate.clone()).map_err(|error| error.to_string())?;
        Ok(Self { certificate, digest: Sha256::digest(text).into() })
    }
}

/// The configuration for outbound HTTPS.
pub(crate) fn http_client() -> Result<Arc<ClientConfig>, String> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let make = || {
        let mut config = client(None)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    };
    CONFIG.get_or_init(make).clone()
}

/// A configuration that trusts the system's roots and `extra`.
pub(crate) fn client(extra: Option<&Authority>) -> Result<ClientConfig, String> {
    let mut roots = system_roots().clone();
    if let Some(authority) = extra {
        roots.add(authority.certificate.clone()).map_err(|error| error.to_string())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth())
}

/// The system's roots, read once. A machine without any can still use an authority given by a component.
fn system_roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "some of the system's root certificates could not be read");
        }
        roots.add_parsable_certificates(found.certs);
        roots
    })
}
