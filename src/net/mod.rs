//! The driver: one `mio::Poll`, one thread, a slab of connections. It has never heard of a room.
//!
//! Bytes come in at [`Server::turn`], go through a [`Protocol`](crate::Protocol), and leave in one
//! write per connection and turn:
//!
//! | module | its one job |
//! | --- | --- |
//! | `server` | owns everything; the order of a turn |
//! | `accept` | from a listener to the protocol, or away in good order |
//! | `read` | from a readable socket to the protocol |
//! | `flush` | from the turn's arena to the sockets; freeing what has ended |
//! | `listener` | listeners, and what each asks of those who connect |
//! | `handshake` | a connection before its protocol: a proxy's header, a TLS hello, a handshake |
//! | `proxy` | the PROXY protocol's headers |
//! | `connections` | all connections: their places, who has something to do, and when |
//! | `connection` | one connection's state, generic over its stream |
//! | `timers` | when to look at which connection again |
//! | `outbox` | who gets which range of what is to be written in this turn |
//! | `arena` | that, each message once |
//! | `queue` | what waits for a slow reader, and the count of what it missed |
//! | `udp` | UDP sockets |
//! | `stream` | what a connection needs of what it runs on |
//! | `maybe_tls` | a socket, and the TLS session on it where there is one |
//! | `transport` | TCP and Unix sockets |
//! | `socket_file` | the file of a Unix socket: its mode, and whose it is |
//! | `tls` | certificates, sessions (feature `tls`; without it, `no_tls`) |
//! | `signals` | SIGTERM, SIGINT, SIGHUP and those that mean nothing (feature `signals`; without it, `no_signals`) |
//! | `clock` | both clocks, read once a turn |
//! | `address` | what counts as one address |
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
