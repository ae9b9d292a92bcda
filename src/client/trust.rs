//! The certificates that encrypted connections accept, and the messages about those that they do not.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use parloir::describe;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};

/// The advice to a user who may have asked for TLS where there is none.
pub(super) const PLAIN: &str = "if it does not speak TLS, try without --tls";

/// The certificates that are accepted.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    config: Arc<ClientConfig>,
    /// The certificates are those of `--ca`, not the system's.
    is_named: bool,
}

impl Trust {
    /// Accepts the certificates that the system trusts, and those signed by them. One that cannot be read is
    /// left out, since the user did not choose it; in a file that the user names it is an error.
    pub(crate) fn of_system() -> Result<Self, String> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            log::debug!("certificates of the system: {:?}", found.errors);
            return Err(String::from(
                "this system has no certificates to trust (try --ca FILE)",
            ));
        }
        Self::new(roots, None)
    }

    /// Accepts the certificates in a file, and those signed by them; no others.
    pub(crate) fn of_file(path: &Path) -> Result<Self, String> {
        let name = path.display();
        let pem = std::fs::read(path)
            .map_err(|error| format!("cannot read {name}: {} (see --ca)", describe(&error)))?;
        let named: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let named = named.map_err(|error| format!("{name} is not PEM: {error} (see --ca)"))?;
        if named.is_empty() {
            return Err(format!("{name} holds no certificate in PEM (see --ca)"));
        }
        let mut roots = RootCertStore::empty();
        for certificate in &named {
            roots.add(certificate.clone()).map_err(|error| {
                format!("{name} holds a certificate that cannot be used: {error} (see --ca)")
            })?;
        }
        Self::new(roots, Some(named))
    }

    fn new(
        roots: RootCertStore,
        named: Option<Vec<CertificateDer<'static>>>,
    ) -> Result<Self, String> {
        let failed = |error: &dyn std::fmt::Display| format!("cannot speak TLS: {error}");
        let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
        let is_named = named.is_some();
        let rules =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(|error| failed(&error))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?;
        let config = match named {
            None => config.with_webpki_verifier(rules),
            Some(named) => config
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Verifier { rules, named })),
        };
        Ok(Self {
            config: Arc::new(config.with_no_client_auth()),
            is_named,
        })
    }

    /// Begins a session with a host, by name or address, as the user named it: the certificate must be for
    /// what was typed, and not for what a name server makes of it.
    pub(super) fn begin(&self, host: &str) -> Result<ClientConnection, String> {
        // A certificate does not contain the link that an address is on.
        let host = host.split('%').next().unwrap_or_default();
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| String::from("is no name that a certificate can be for"))?;
        let mut session = ClientConnection::new(Arc::clone(&self.config), name)
            .map_err(|error| format!("cannot be spoken TLS to: {error}"))?;
        // Bytes written to the session are taken out at once, so there is no need for a limit.
        session.set_buffer_limit(None);
        Ok(session)
    }

    /// The error of the other side, in words that follow its name, with what to do about it where
    /// something can be done.
    pub(super) fn explain(&self, error: &Error) -> String {
        match error {
            Error::InvalidCertificate(error) => self.explain_certificate(error),
            Error::InvalidMessage(_) => String::from("does not speak TLS; try without --tls"),
            Error::AlertReceived(alert) => format!("refuses TLS ({alert:?}); {PLAIN}"),
            Error::PeerIncompatible(_) => {
                format!("speaks no TLS that this program does, which is 1.2 and 1.3: {error}")
            }
            _ => format!("cannot be agreed with on TLS: {error}; {PLAIN}"),
        }
    }

    /// The words for a certificate. One that is its own authority is told of as one that is not trusted: to
    /// name it in the file of `--ca` is what helps.
    fn explain_certificate(&self, error: &CertificateError) -> String {
        match error {
            CertificateError::ExpiredContext { not_after, .. } => {
                format!("has a certificate that expired at {}", shown(*not_after))
            }
            CertificateError::NotValidYetContext { not_before, .. } => format!(
                "has a certificate that begins only at {} (is the clock of this machine right?)",
                shown(*not_before)
            ),
            CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
                String::from("has a certificate that names no host (it must have a subjectAltName)")
            }
            CertificateError::NotValidForNameContext { presented, .. } => {
                let names: Vec<&str> = presented.iter().map(|name| bare(name)).collect();
                format!(
                    "has a certificate for {} instead (call it by that name, or look who is there)",
                    names.join(", ")
                )
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => self.untrusted(),
            other if is_authority(other) => self.untrusted(),
            other => format!("has a certificate that cannot be trusted: {other}"),
        }
    }

    /// The words for a certificate that nobody who is trusted has signed, with what can be done about it.
    fn untrusted(&self) -> String {
        String::from(match self.is_named {
            true => "has a certificate that is not in the file of --ca, nor signed by one in it",
            false => {
                "has a certificate that is not trusted here; try --ca FILE, with that certificate \
                 in it, or the one that signed it"
            }
        })
    }
}

/// The time in UTC, to the second.
fn shown(time: UnixTime) -> String {
    let time = UNIX_EPOCH + Duration::from_secs(time.as_secs());
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Extracts `localhost` from `DnsName("localhost")`.
fn bare(name: &str) -> &str {
    let inner = name
        .split_once('(')
        .and_then(|(_, name)| name.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"')
}

/// Returns whether the error is that a server shows a certificate meant for signing others (RFC 5280,
/// 4.2.1.9).
fn is_authority(error: &CertificateError) -> bool {
    let CertificateError::Other(error) = error else {
        return false;
    };
    error.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}

/// Applies webpki's rules, with one exception. A certificate that `openssl req -x509` makes is its own
/// authority, and webpki accepts no authority as a server. But a certificate that was named in a file,
/// byte by byte, needs no other signature: webpki has checked that it has not expired before it reports
/// this fault, the name is checked here, and the handshake proves that the server has the key.
#[derive(Debug)]
struct Verifier {
    rules: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let rules = &self.rules;
        match rules.verify_server_cert(certificate, others, name, ocsp, now) {
            Err(Error::InvalidCertificate(fault))
                if is_authority(&fault) && self.named.contains(certificate) =>
            {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rules
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rules
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.rules.supported_verify_schemes()
    }
}
