//! The driver: one `mio::Poll`, one thread, a slab of connections. It knows nothing of chat.
//!
//! Bytes come in at [`Server::turn`], go through a [`Protocol`](crate::Protocol), and leave in one
//! write per connection and turn:
//!
//! | module | its one job |
//! | --- | --- |
//! | `server` | everything the loop owns, and the order of a turn |
//! | `accept` | from a listener to the protocol, or a refusal in good order |
//! | `read` | from a readable socket to the protocol |
//! | `flush` | from the turn's arena to the sockets; frees ended connections |
//! | `listener` | listeners, and the options for the connections of each |
//! | `handshake` | a connection before its protocol: a proxy's header, a TLS hello, a handshake |
//! | `proxy` | the PROXY protocol's headers |
//! | `connections` | all connections: their places, the ready list, the counts for the limits |
//! | `connection` | one connection's state, generic over its stream |
//! | `timers` | the times at which to look at a connection again |
//! | `outbox` | the ranges of the arena that each recipient gets in this turn |
//! | `arena` | the bytes of a turn's output, each message once |
//! | `queue` | the messages that wait for a slow reader, and the count of those left out |
//! | `udp` | UDP sockets |
//! | `stream` | the interface that a connection needs of its stream |
//! | `maybe_tls` | a socket, and the TLS session on it where there is one |
//! | `transport` | TCP and Unix sockets |
//! | `socket_file` | the file of a Unix socket: its mode, and which program made it |
//! | `tls` | certificates, sessions (feature `tls`; without it, `no_tls`) |
//! | `signals` | SIGTERM, SIGINT, SIGHUP and others (feature `signals`; without it, `no_signals`) |
//! | `clock` | both clocks, read once a turn |
//! | `address` | the unit that counts as one address |
//! | `prefix` | networks, as operators write them |

mod accept;
mod address;
mod arena;
mod clock;
mod connection;
mod connections;
mod flush;
mod handshake;
mod listener;
mod maybe_tls;
mod outbox;
mod prefix;
mod proxy;
mod queue;
mod read;
mod server;
#[cfg(feature = "signals")]
mod signals;
#[cfg(not(feature = "signals"))]
#[path = "no_signals.rs"]
mod signals;
#[cfg(unix)]
mod socket_file;
mod stream;
mod timers;
#[cfg(feature = "tls")]
pub(crate) mod tls;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
pub(crate) mod tls;
mod transport;
mod udp;

pub use listener::{Encryption, ListenOptions};
pub use prefix::{AddressPrefix, PrefixError};
pub use server::{Server, Status};
#[cfg(feature = "tls")]
pub use tls::Certificate;
pub use transport::{Endpoint, HostStream};
