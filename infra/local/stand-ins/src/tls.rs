//! TLS to PostgreSQL with the certificate and the name verified (promise a69).

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Why a TLS connection to PostgreSQL cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not a PostgreSQL connection URL. The parser's own words are left out: they can repeat the password.
    #[error("not a PostgreSQL connection URL (postgres://user:password@host:port/database?sslmode=require)")]
    Url,
    /// The URL would allow an unencrypted connection.
    #[error("the connection URL must end in ?sslmode=require: anything weaker could be answered in plain text")]
    Plaintext,
    /// The CA is not a PEM file with at least one certificate.
    #[error("the CA is not a PEM text with a certificate")]
    Ca,
    /// TLS itself could not be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The server refused or could not be reached.
    #[error("PostgreSQL: {0}")]
    Connect(#[from] tokio_postgres::Error),
}

/// Reads a connection URL and refuses every one that permits plaintext (promise a69): a missing, `disable`, `allow` or
/// `prefer` mode, and Unix sockets.
///
/// `verify-ca` and `verify-full` are accepted and mean the same as `require` does here: certificate and name are always verified.
///
/// # Errors
/// [`Error::Url`] and [`Error::Plaintext`].
pub fn parse_url(url: &str) -> Result<tokio_postgres::Config, Error> {
    let url = url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
    let config: tokio_postgres::Config = url.parse().map_err(|_| Error::Url)?;
    let by_name = config.get_hosts().iter().all(|host| matches!(host, Host::Tcp(_)));
    if !by_name || config.get_hosts().is_empty() {
        return Err(Error::Url);
    }
    if config.get_ssl_mode() != SslMode::Require {
        return Err(Error::Plaintext);
    }
    Ok(config)
}

/// A TLS connector that trusts the CA in `ca_pem`, or the system's roots where it is `None`.
///
/// # Errors
/// [`Error::Ca`] for an unreadable CA, [`Error::Tls`] where the system offers no verifier.
pub fn connector(ca_pem: Option<&str>) -> Result<MakeRustlsConnect, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = match ca_pem {
        Some(pem) => {
            let mut roots = rustls::RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                roots.add(certificate.map_err(|_| Error::Ca)?).map_err(|_| Error::Ca)?;
            }
            if roots.is_empty() {
                return Err(Error::Ca);
            }
            builder.with_root_certificates(roots)
        }
        None => builder.with_platform_verifier()?,
    };
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

/// Opens a verified connection; its background task ends with the client.
///
/// # Errors
/// Every [`Error`].
pub async fn connect(url: &str, ca_pem: Option<&str>) -> Result<tokio_postgres::Client, Error> {
    let (client, connection) = parse_url(url)?.connect(connector(ca_pem)?).await?;
    // An error of the connection reaches the client's next call, so nothing is lost by ignoring it here.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_permit_plaintext_are_refused() {
        for mode in ["", "?sslmode=disable", "?sslmode=prefer", "?connect_timeout=5"] {
            let url = format!("postgres://a:b@127.0.0.1:5432/accounts{mode}");
            assert!(matches!(parse_url(&url), Err(Error::Plaintext)), "{url}");
        }
        assert!(matches!(parse_url("postgres://a:b@%2Ftmp/accounts?sslmode=require"), Err(Error::Url)));
        assert!(matches!(parse_url("nonsense"), Err(Error::Url)));
    }

    #[test]
    fn verified_modes_are_accepted() {
        for mode in ["require", "verify-ca", "verify-full"] {
            assert!(parse_url(&format!("postgres://a:b@db.example:5432/accounts?sslmode={mode}")).is_ok(), "{mode}");
        }
    }

    #[test]
    fn an_unreadable_ca_is_an_error_and_not_an_empty_store() {
        assert!(matches!(connector(Some("")), Err(Error::Ca)));
        assert!(matches!(connector(Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")), Err(Error::Ca)));
    }
}
