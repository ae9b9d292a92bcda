//! The driver: one `mio::Poll`, one thread, a slab of connections. It knows nothing of chat.
//!
//! Bytes come in at [`Server::turn`], go through a [`Protocol`](crate::Protocol), and leave in one
//! write per connection and turn. A turn waits for events, at its beginning, and for nothing else: not for
//! a socket, a file or another thread, because everybody else would wait as well. What has to wait (a
//! certificate that is read again) has a thread of its own and comes back through a [`Handle`].
//!
//! [`Handle`]: crate::Handle
//!
//! | module | its one job |
//! | --- | --- |
//! | `server` | everything the loop owns, and the order of a turn |
//! | `accept` | from a listener to the protocol, or a refusal in good order |
//! | `read` | from a readable socket to the protocol |
//! | `requests` | calls of other threads, wakes, certificates, signals |
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
//!
//! # Examples
//!
//! The loop on one's own thread, and a connection that comes by no listener:
//!
//! ```
//! # #[cfg(unix)]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::io::{Read, Write};
//! use std::os::unix::net::UnixStream;
//!
//! use parloir::{Relay, RelayConfig, Server, ServerConfig, Status, Tag};
//!
//! let mut server = Server::new(Relay::new(RelayConfig::default())?, ServerConfig::default())?;
//! let (mut ours, theirs) = UnixStream::pair()?;
//! server.adopt(theirs, Tag::default())?;
//! ours.set_nonblocking(true)?;
//! ours.write_all(b"bob\n")?;
//!
//! let mut line = [0; 64];
//! let count = loop {
//!     assert_eq!(server.turn(None)?, Status::Running);
//!     if let Ok(count) = ours.read(&mut line) {
//!         break count;
//!     }
//! };
//! assert_eq!(&line[..count], b"* You are bob, alone in lobby.\n");
//! # Ok(())
//! # }
//! # #[cfg(not(unix))]
//! # fn main() {}
//! ```
//!
//! A protocol of one's own, which answers datagrams and wants no connections:
//!
//! ```
//! use std::net::UdpSocket;
//!
//! use parloir::{
//!     CloseReason, ConnId, Consumed, Demand, Input, Output, Peer, Protocol, Server, ServerConfig, Tag,
//!     Time, UdpPeer,
//! };
//!
//! struct Back;
//!
//! impl Protocol for Back {
//!     type Call = ();
//!     fn opened(&mut self, id: ConnId, _: &Peer, _: Time, out: &mut impl Output) -> Demand {
//!         out.close(id);
//!         Demand::More
//!     }
//!     fn received(&mut self, _: ConnId, input: Input<'_>, _: Time, _: &mut impl Output) -> Consumed {
//!         Consumed { bytes: input.bytes.len(), demand: Demand::More }
//!     }
//!     fn closed(&mut self, _: ConnId, _: CloseReason, _: Time, _: &mut impl Output) {}
//!     fn datagram(&mut self, from: UdpPeer, bytes: &[u8], _: Time, out: &mut impl Output) {
//!         out.send_datagram(from, bytes);
//!     }
//! }
//!
//! let mut server = Server::new(Back, ServerConfig::default())?;
//! let address = server.bind_datagram("127.0.0.1:0".parse()?, Tag::default())?;
//! let handle = server.handle();
//! let thread = std::thread::spawn(move || server.run());
//!
//! let client = UdpSocket::bind("127.0.0.1:0")?;
//! client.send_to(b"hello", address)?;
//! let mut answer = [0; 64];
//! assert_eq!(client.recv_from(&mut answer)?, (5, address));
//!
//! handle.stop()?;
//! thread.join().expect("the loop does not panic")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
mod requests;
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
