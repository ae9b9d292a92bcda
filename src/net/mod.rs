//! The driver: one `mio::Poll`, one thread, a slab of connections. It has never heard of a room.
//!
//! Bytes come in at [`Server::turn`], go through a [`Protocol`](crate::Protocol), and leave in one
//! write per connection and turn:
//!
//! | module | its one job |
//! | --- | --- |
//! | `server` | owns everything; the order of a turn |
//! | `accept` | from a listener to the slab, or away in good order |
//! | `datagram` | UDP sockets: in within a budget, out or dropped |
//! | `serve` | from a readable socket to the protocol |
//! | `flush` | from the turn's arena to the sockets; freeing what has ended |
//! | `connection` | one connection's state, generic over its stream |
//! | `queue` | what waits for a slow reader, and the count of what it missed |
//! | `outbox` | the arena and who gets which range of it |
//! | `address` | what counts as one address |
//! | `timers` | when to look at which connection again |
//! | `transport` | TCP and Unix sockets |

mod accept;
mod address;
mod connection;
mod datagram;
mod flush;
mod outbox;
mod queue;
mod serve;
mod server;
mod timers;
mod transport;

pub use server::{Server, Status};
pub use transport::{Endpoint, HostStream};
