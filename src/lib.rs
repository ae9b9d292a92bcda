//! A chat relay that anything can connect to: `nc`, telnet, a ten-line script, a browser.
//!
//! One thread, one port. One `mio::Poll` owns the listeners and a slab of connections; lines come in,
//! are parsed, and go out to everyone in the room, encoded once, in one write per recipient and turn.
//!
//! ```text
//!               net (mio, sockets)        │ protocol │       relay (pure: no I/O, no clock)
//!                                         │ the seam │
//! bytes in ─▶ listener ─▶ connection ─────┼─▶ received ─▶ framing ─▶ dialect ─▶ Action ─▶ Hub
//!                                         │                                              │
//! bytes out ◀─ socket ◀─ one write a turn ┼◀─ ranges ◀─ encoded once per format ◀ Event ◀┘
//! ```
//!
//! # A relay in your program
//!
//! ```
//! use std::io::{BufRead, BufReader, Write};
//! use std::net::{SocketAddr, TcpStream};
//!
//! use parloir::{Endpoint, Relay, RelayConfig, Server, ServerConfig, Tag};
//!
//! let relay = Relay::new(RelayConfig::default())?;
//! let mut server = Server::new(relay, ServerConfig::default())?;
//! let address: SocketAddr = "127.0.0.1:0".parse()?;
//! let Endpoint::Tcp(address) = server.listen(address, Tag::default())? else { unreachable!() };
//! let handle = server.handle();
//! let thread = std::thread::spawn(move || server.run());
//!
//! let mut bob = TcpStream::connect(address)?;
//! bob.write_all(b"bob\n")?;
//! let mut line = String::new();
//! BufReader::new(&bob).read_line(&mut line)?;
//! assert_eq!(line, "* You are bob, alone in lobby.\n");
//!
//! handle.stop()?;
//! thread.join().expect("the loop does not panic")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Four ways in, smallest first
//!
//! 1. [`relay::hub::Hub`]: the chat alone, with your own I/O. `examples/hub_alone.rs`
//! 2. [`Protocol`]: a line protocol of your own on this loop, which brings the slab, the buffers,
//!    the limits, the timers and the orderly stop. `examples/echo.rs`
//! 3. [`Server::turn`]: the loop inside your own loop, with `AsRawFd` and
//!    [`next_timeout`](Server::next_timeout). `examples/own_loop.rs`
//! 4. [`Server::run`]: as above. [`relay::Hooks`] admit peers, pass or change or refuse messages and
//!    add commands (`examples/hooks.rs`); a [`Handle`] speaks, kicks, counts and stops from any
//!    other thread (`examples/clock.rs`).
//!
//! A client of your own reads what a relay sends by [`lines`].
//!
//! The library starts no thread, keeps no global state, installs no signal handler unless asked to
//! and never ends the process.
//!
//! The [`guide`] tells how the code hangs together, and how to add to it.
//!
//! # What it does not do
//!
//! It keeps nothing on disk: rooms, nicknames and history live as long as the process. It has no
//! accounts. It uses one core. It does not talk to other servers.
//!
//! # Features
//!
//! | feature | default | brings |
//! | --- | --- | --- |
//! | `cli` | yes | the command `parloir`: clap, env_logger, rlimit, rustix, if-addrs, crossterm, unicode-segmentation, unicode-width, rustls-native-certs, rustls-webpki, `json`, `lab`, `signals`, `store`, `tls` and `web` |
//! | `json` | with `cli` | the JSON dialect: serde_json |
//! | `lab` | with `cli` | the module `lab`: the server that exercises on sockets need |
//! | `signals` | with `cli` | [`Server::stop_on_signals`]: signal-hook-mio |
//! | `store` | with `cli` | [`store::SqliteStore`], the chat in a file: rusqlite with SQLite, which needs a C compiler, and rustix |
//! | `tls` | with `cli` | [`Server::set_tls`]: rustls with ring, which needs a C compiler |
//! | `web` | with `cli` | the page, and WebSocket: httparse, sha1, sha2, data-encoding, httpdate, flate2 |
//!
//! With `default-features = false` it builds mio, slab, log, memchr, socket2, compact_str, humantime and
//! Unicode tables.

// In what is shipped, a panic needs a proof on the spot: `expect("why it holds")`.
#![warn(clippy::unwrap_used)]

mod config;
mod error;
pub mod guide;
mod handle;
#[cfg(feature = "lab")]
pub mod lab;
pub mod lines;
pub mod net;
mod peer;
pub mod protocol;
pub mod relay;
pub mod store;
mod table;
mod time;
mod waker;

pub use config::WebConfig;
pub use config::{OperatorConfig, RelayConfig, ServerConfig};
pub use error::{Error, describe};
pub use handle::{CallError, Handle, Stats};
#[cfg(feature = "tls")]
pub use net::Certificate;
pub use net::{AddressPrefix, Encryption, Endpoint, HostStream, ListenOptions, Server, Status};
pub use protocol::{
    Address, CloseReason, ConnId, Consumed, Delivery, Demand, Input, Monotonic, Output,
    OutputRange, Peer, Protocol, RejectReason, Skipped, Tag, Time, UdpPeer, Waker,
};
pub use relay::Relay;

/// Keeps the README's program compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
