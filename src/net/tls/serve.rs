//! What a server can be told about TLS: a certificate, and where to look for a new one.

#[cfg(feature = "signals")]
use std::path::PathBuf;

use super::Certificate;
#[cfg(feature = "signals")]
use super::reload::Reloader;
#[cfg(feature = "signals")]
use crate::error::Error;
use crate::net::server::Server;
use crate::protocol::Protocol;

impl<P: Protocol> Server<P> {
    /// Speaks TLS with this certificate: with everyone who begins it, on every listener that does not
    /// [say otherwise](crate::ListenOptions::encryption). Called again, for a certificate that was
    /// renewed, it drops nobody: those who are here go on as they came.
    ///
    /// The protocol sees what is inside, and never that it was encrypted. Whatever it wants to send
    /// stays plain, and shared between its recipients, until their sockets are about to take it. A
    /// connection that idles holds some 8 KiB.
    ///
    /// ```no_run
    /// use parloir::{Certificate, Relay, RelayConfig, Server, ServerConfig};
    ///
    /// let relay = Relay::new(RelayConfig::default())?;
    /// let mut server = Server::new(relay, ServerConfig::default())?;
    /// server.set_tls(Certificate::from_files("cert.pem", "key.pem")?);
    /// # Ok::<(), parloir::Error>(())
    /// ```
    pub fn set_tls(&mut self, certificate: Certificate) {
        self.tls.certificate = Some(certificate);
    }

    /// [`set_tls`](Self::set_tls) from two files, as [`Certificate::from_files`] reads them; and again
    /// whenever SIGHUP comes, by a thread of its own. If they cannot be used then, the log says so, and
    /// the old one stays.
    ///
    /// # Errors
    ///
    /// [`Error::Certificate`] for files that cannot be used now, or without that thread;
    /// [`Error::Poll`] when a handler cannot be installed.
    #[cfg(feature = "signals")]
    pub fn set_tls_from_files(
        &mut self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<(), Error> {
        let (certificate, key) = (certificate.into(), key.into());
        self.set_tls(Certificate::from_files(&certificate, &key)?);
        let to = self.handle().certificates();
        self.tls.reloader = Some(Reloader::start((certificate, key), to)?);
        self.watch_signal(signal_hook::consts::SIGHUP)
    }
}
