//! TLS: what a server needs for it, and the sessions. Without the feature, `no_tls` stands in for this.
//!
//! rustls, with ring: its buffered interface, because the one without buffers copies each record a
//! second time on its way out, and what it would save is 4 KiB for a connection that idles.

mod acceptor;
mod certificate;
#[cfg(feature = "signals")]
mod reload;
mod session;

pub(crate) use acceptor::Acceptor;
pub use certificate::Certificate;
#[cfg(test)]
pub(crate) use session::HANDSHAKE_BYTES_MAX;
pub(crate) use session::{Handshake, Session};

#[cfg(test)]
mod tests;
