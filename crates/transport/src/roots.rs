//! Whom TLS trusts.
//!
//! rustls alone, with a root store that is read here. The obvious crates were looked at:
//! rustls-platform-verifier adds roots to the system's where ours must replace them, and
//! rustls-native-certs reads `SSL_CERT_FILE` and `SSL_CERT_DIR` from the environment by itself,
//! which only the front may do. A bundle in PEM is all that either of them reads on Linux.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::SettingsError;

/// Where systems keep their bundle; the first that holds a certificate is used.
pub(crate) const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch, Gentoo, NixOS
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL, Amazon Linux 2023
    "/etc/pki/tls/certs/ca-bundle.crt",   // Amazon Linux 2
    "/etc/ssl/ca-bundle.pem",             // openSUSE
    "/etc/ssl/cert.pem",                  // Alpine, macOS, the BSDs
];

/// The roots in a text that the user handed in; that it holds none is an error.
pub(crate) fn of_pem(pem: &[u8]) -> Result<RootCertStore, SettingsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = certificates
        .map_err(|error| SettingsError::RootsUnreadable { reason: error.to_string() })?;
    let found = certificates.len();
    let roots = store(certificates);
    if roots.is_empty() { Err(SettingsError::NoRootsInFile { found }) } else { Ok(roots) }
}

/// The system's roots; empty where there are none, which matters only once TLS is used.
pub(crate) fn of_system() -> RootCertStore {
    let stores = BUNDLES.iter().map(|path| of_bundle(Path::new(path)));
    stores.into_iter().find(|roots| !roots.is_empty()).unwrap_or_else(RootCertStore::empty)
}

fn of_bundle(path: &Path) -> RootCertStore {
    let certificates = CertificateDer::pem_file_iter(path).into_iter().flatten();
    store(certificates.filter_map(Result::ok).collect())
}

/// Bundles carry old certificates that webpki cannot read; one of them must not spoil the rest.
fn store(certificates: Vec<CertificateDer<'static>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_roots_of_this_system_where_it_has_a_bundle() {
        let has_bundle = BUNDLES.iter().any(|path| Path::new(path).exists());
        assert_eq!(!of_system().is_empty(), has_bundle);
    }
}
