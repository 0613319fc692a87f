//! `postgresql.conf` and `pg_hba.conf`, written anew at each start: the folder holds no settings of its own.

use std::path::Path;

use super::Error;
use super::account::write_private;
use super::certificates::{SERVER, SERVER_KEY};

/// TLS and SCRAM over TCP, and nothing else: `hostssl` matches no plaintext connection, and there is no other line.
const HBA: &str = "hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256\n";

/// Enough for the host's pools (one of up to 64 connections for each component) and the tests' own.
const CONNECTIONS: u32 = 400;

pub(super) fn write(data: &Path, tls: &Path, port: u16, durable: bool) -> Result<(), Error> {
    write_private(&data.join("postgresql.conf"), &settings(tls, port, durable))?;
    write_private(&data.join("pg_hba.conf"), HBA)
}

fn settings(tls: &Path, port: u16, durable: bool) -> String {
    let on = |durable: bool| if durable { "on" } else { "off" };
    format!(
        "\
# Written at each start by asknpic; changes are lost.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = {CONNECTIONS}
shared_buffers = 64MB

ssl = on
ssl_min_protocol_version = 'TLSv1.2'
ssl_cert_file = {certificate}
ssl_key_file = {key}
password_encryption = 'scram-sha-256'

timezone = 'UTC'
log_timezone = 'UTC'

# No statement, no parameter, no detail (which quotes the row) in the log: promise a19.
log_statement = 'none'
log_min_duration_statement = -1
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_connections = off
log_disconnections = off
log_checkpoints = off
log_line_prefix = '%m [%p] '

# One server, no copies of it.
wal_level = 'minimal'
max_wal_senders = 0
fsync = {fsync}
synchronous_commit = {fsync}
full_page_writes = {fsync}
",
        certificate = quoted(&tls.join(SERVER)),
        key = quoted(&tls.join(SERVER_KEY)),
        fsync = on(durable),
    )
}

/// A path as a value of `postgresql.conf`: backslashes and quotes are doubled.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_quotes_stay_one_value() {
        assert_eq!(quoted(Path::new("/home/o'neil/a\\b")), "'/home/o''neil/a\\\\b'");
    }

    #[test]
    fn nothing_but_tls_is_admitted() {
        assert!(HBA.lines().all(|line| line.starts_with("hostssl ") && line.ends_with(" scram-sha-256")));
    }
}
