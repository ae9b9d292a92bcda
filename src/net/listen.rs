//! Opening listeners.

use mio::{Interest, Token};

use super::address::canonical;
use super::listener::{ListenOptions, ListenerSettings, ListenerSocket};
use super::server::{LISTENERS, Server};
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
        #[cfg(feature = "tls")]
        if !settings.is_plain() && self.tls.certificate.is_none() {
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
}
