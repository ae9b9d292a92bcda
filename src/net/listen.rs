//! Opening listeners, and what those who connect by them are encrypted with.

use mio::{Interest, Token};

use super::address::canonical;
use super::listener::{ListenOptions, ListenerSettings, ListenerSocket};
use super::server::{LISTENERS, Server};
#[cfg(feature = "tls")]
use super::tls::Certificate;
use super::transport::{Endpoint, Listener};
use crate::error::Error;
use crate::protocol::{Protocol, Tag};

impl<P: Protocol> Server<P> {
    /// Listens on one more address. Connections that come in by it carry `tag`.
    /// Gives back the address as it really is: with port 0, the one that was free; an IPv4 address,
    /// where it was given as `::ffff:192.0.2.1`.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`], with what the system said.
    pub fn listen(&mut self, endpoint: impl Into<Endpoint>, tag: Tag) -> Result<Endpoint, Error> {
        self.listen_with(endpoint, tag, ListenOptions::new())
    }

    /// The same, with more to say about who comes in and how.
    ///
    /// # Errors
    ///
    /// As for [`Self::listen`]; and [`Error::Certificate`] where TLS is required and there is no
    /// certificate yet.
    pub fn listen_with(
        &mut self,
        endpoint: impl Into<Endpoint>,
        tag: Tag,
        options: ListenOptions,
    ) -> Result<Endpoint, Error> {
        let endpoint = match endpoint.into() {
            Endpoint::Tcp(address) => Endpoint::Tcp(canonical(address)),
            other => other,
        };
        let settings = ListenerSettings { tag, options };
        if !settings.is_plain() && !self.tls.has_certificate() {
            let text = format!("{endpoint} cannot have TLS without a certificate");
            return Err(Error::Certificate(text));
        }
        let failed = |source| Error::Listen {
            address: endpoint.to_string(),
            source,
        };
        let unix_mode = settings.options.unix_mode;
        let mut listener = Listener::open(&endpoint, &self.config, unix_mode)?;
        let token = Token(LISTENERS + self.listeners.len());
        let registry = self.poll.registry();
        registry
            .register(listener.source(), token, Interest::READABLE)
            .map_err(failed)?;
        let bound = listener.endpoint().map_err(failed)?;
        self.listeners.push(ListenerSocket::new(listener, settings));
        Ok(bound)
    }

    /// Speaks TLS with this certificate: with everyone who begins it, on every listener that does not
    /// [say otherwise](crate::ListenOptions::encryption). Called again, for a certificate that was
    /// renewed, it drops nobody: those who are here go on as they came.
    ///
    /// The protocol sees what is inside, and that it is [encrypted](crate::Peer::is_encrypted). Whatever it wants to send
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
    #[cfg(feature = "tls")]
    pub fn set_tls(&mut self, certificate: Certificate) {
        self.tls.set_certificate(certificate);
    }

    /// [`set_tls`](Self::set_tls) from two files, as [`Certificate::from_files`] reads them; and again
    /// whenever SIGHUP comes, by a thread of its own. If they cannot be used then, the log says so, and
    /// the old one stays.
    ///
    /// # Errors
    ///
    /// [`Error::Certificate`] for files that cannot be used now, or without that thread;
    /// [`Error::Poll`] when a handler cannot be installed.
    #[cfg(all(feature = "tls", feature = "signals"))]
    pub fn set_tls_from_files(
        &mut self,
        certificate: impl Into<std::path::PathBuf>,
        key: impl Into<std::path::PathBuf>,
    ) -> Result<(), Error> {
        let (certificate, key) = (certificate.into(), key.into());
        self.set_tls(Certificate::from_files(&certificate, &key)?);
        let handle = self.handle();
        let send = move |new| handle.set_tls(new).map_err(|error| error.to_string());
        self.tls.start_reloader((certificate, key), send)?;
        let registry = self.poll.registry();
        self.signals.watch(
            signal_hook::consts::SIGHUP,
            registry,
            super::server::SIGNALS,
        )
    }
}
