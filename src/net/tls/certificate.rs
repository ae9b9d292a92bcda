//! A server's certificate and key, read and checked.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::session::Session;
use crate::error::{Error, describe};

/// The protocols inside TLS, for clients that name some in their hello (RFC 7301). The first bytes tell
/// which one is really spoken: a client that names none is accepted as well, one that names only others
/// is not.
const PROTOCOLS: [&[u8]; 2] = [b"http/1.1", b"irc"];

/// A server's certificate, with the chain that leads to it, and its private key. Cheap to clone.
///
/// # Examples
///
/// ```
/// use parloir::{Certificate, Error};
///
/// let error = Certificate::from_files("/no/such.pem", "/no/such.key").unwrap_err();
/// assert!(matches!(error, Error::Certificate(_)));
/// assert_eq!(error.to_string(), "cannot read certificate /no/such.pem: no such file or directory");
/// ```
#[derive(Clone)]
pub struct Certificate(Arc<rustls::ServerConfig>);

impl Certificate {
    /// Reads two PEM files, which may be the same one: the certificate, followed by the certificates
    /// that sign it, and its key (PKCS #8, PKCS #1 or SEC 1), not encrypted.
    ///
    /// # Errors
    ///
    /// [`Error::Certificate`], which says which file and what is wrong with it.
    pub fn from_files(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, Error> {
        let (certificate, key) = (certificate.as_ref(), key.as_ref());
        let read = |path: &Path, what: &str| {
            fs::read(path).map_err(|error| {
                let (path, words) = (path.display(), describe(&error));
                Error::Certificate(format!("cannot read {what} {path}: {words}"))
            })
        };
        let chain = read(certificate, "certificate")?;
        let secret = read(key, "key")?;
        let (certificate, key) = (certificate.display(), key.display());
        Self::make(&chain, &certificate.to_string(), &secret, &key.to_string())
    }

    /// Reads the certificate and the key from the text of such files.
    ///
    /// # Errors
    ///
    /// [`Error::Certificate`], which says what is wrong.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, Error> {
        Self::make(certificate, "the certificate", key, "the key")
    }

    fn make(chain: &[u8], chain_name: &str, key: &[u8], key_name: &str) -> Result<Self, Error> {
        let wrong = |text: String| Err(Error::Certificate(text));
        let chain = certificates_in(chain, chain_name).map_err(Error::Certificate)?;
        // Looked for first: to the parser an encrypted key is none at all.
        if memchr::memmem::find(key, b"ENCRYPTED").is_some() {
            return wrong(format!(
                "{key_name} is encrypted; it must be stored without a passphrase"
            ));
        }
        let Ok(key) = PrivateKeyDer::from_pem_slice(key) else {
            return wrong(format!("{key_name} holds no private key in PEM"));
        };
        match config(chain, key) {
            Ok(config) => Ok(Self(Arc::new(config))),
            Err(rustls::Error::InconsistentKeys(_)) => wrong(format!(
                "{key_name} is not the key of the certificate in {chain_name}"
            )),
            Err(error) => wrong(format!(
                "{chain_name} and {key_name} cannot be used: {error}"
            )),
        }
    }

    pub(crate) fn begin(&self, hello: Vec<u8>) -> Result<Session, rustls::Error> {
        Session::serve(Arc::clone(&self.0), hello)
    }
}

/// The certificates in a PEM file of this name, at least one; or the error in the file.
fn certificates_in(pem: &[u8], name: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(format!("{name} holds no certificate in PEM")),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("{name} is not PEM: {error}")),
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<rustls::ServerConfig, rustls::Error> {
    // Named rather than installed: a library leaves the choice of the process's default to the process.
    let provider = Arc::new(ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(config)
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate")
    }
}
