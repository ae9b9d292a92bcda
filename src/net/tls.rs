//! TLS: the server's certificate, and the sessions. Without the feature, `no_tls` stands in for this.
//!
//! TLS is done by rustls with ring, through its buffered interface: the interface without buffers copies
//! each record a second time on its way out, and would save only 4 KiB for a connection that idles.

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
