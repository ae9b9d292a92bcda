//! TLS on a socket that one thread reads and another writes: a session in memory between the two.
//!
//! It is the server's [session](crate::net::Session), on a stream that never blocks: what has come from the socket, and
//! what is to go to it. So nobody holds the lock while waiting for the socket, and a reader waits for
//! it only when nothing that was decrypted is left. All that leaves, in the order in which it was
//! encrypted, the writer writes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::trust::{PLAIN, Trust};
use crate::error::describe;
use crate::net::{Handshake, MaybeTls, Stream};

/// Bytes read at once, and at most decrypted at once.
const READ_BYTES: usize = 16 << 10;

/// The other end of the session's own stream.
#[derive(Debug, Default)]
struct Memory {
    come: Vec<u8>,
    /// How much of that is read.
    read: usize,
    /// Nothing more will come.
    is_ended: bool,
    /// What is to be written.
    going: Vec<u8>,
}

impl Memory {
    /// What the socket gave.
    fn add(&mut self, bytes: &[u8]) {
        self.come.extend_from_slice(bytes);
        self.is_ended |= bytes.is_empty();
    }
}

impl Read for Memory {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut rest = &self.come[self.read..];
        if rest.is_empty() && !self.is_ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = rest.read(buffer)?;
        self.read += count;
        if self.read == self.come.len() {
            self.come.clear();
            self.read = 0;
        }
        Ok(count)
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.going.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.going.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Memory {
    fn shutdown_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A session, its handshake done.
#[derive(Debug)]
pub(super) struct Encrypted(Mutex<MaybeTls<Memory>>);

/// Why there is none.
pub(super) struct Failure {
    /// What the other side did, in words that follow its name.
    pub(super) why: String,
    /// Another attempt would come to the same.
    pub(super) is_final: bool,
}

impl Failure {
    pub(super) fn passing(why: String) -> Self {
        let is_final = false;
        Self { why, is_final }
    }

    pub(super) fn lasting(why: String) -> Self {
        let is_final = true;
        Self { why, is_final }
    }
}

impl Encrypted {
    /// Agrees on TLS with a host, on a socket that nobody else uses yet.
    pub(super) fn agree(
        trust: &Trust,
        host: &str,
        socket: &TcpStream,
        by: Instant,
    ) -> Result<Self, Failure> {
        let session = trust.begin(host).map_err(Failure::lasting)?;
        let mut channel = MaybeTls::plain(Memory::default());
        channel.encrypt(session);
        let begun = Instant::now();
        match shake_hands(&mut channel, socket, by) {
            Ok(Handshake::Done) => {
                let _ = socket.set_read_timeout(None);
                Ok(Self(Mutex::new(channel)))
            }
            Ok(_) => Err(match channel.tls_error() {
                Some(error) => Failure::lasting(trust.explain(error)),
                None => Failure::passing(format!(
                    "has closed the connection instead of agreeing on TLS; {PLAIN}"
                )),
            }),
            Err(error) if is_timeout(&error) => {
                let waited = begun.elapsed().as_secs_f32();
                Err(Failure::passing(format!(
                    "has not agreed on TLS within {waited:.1} s; {PLAIN}"
                )))
            }
            Err(error) => Err(Failure::passing(format!(
                "broke off while agreeing on TLS ({}); {PLAIN}",
                describe(&error)
            ))),
        }
    }

    fn channel(&self) -> MutexGuard<'_, MaybeTls<Memory>> {
        // No thread panics while it holds it; and if one did, a session checks itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next bytes inside, as from a socket: none are the end.
    pub(super) fn read(&self, mut socket: &TcpStream, plain: &mut [u8]) -> io::Result<usize> {
        let mut buffer = [0; READ_BYTES];
        loop {
            // First what is decrypted already: for that the socket may stay silent for ever.
            match self.channel().read(plain) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                other => return other,
            }
            let count = socket.read(&mut buffer)?;
            self.channel().socket.add(&buffer[..count]);
        }
    }

    /// What goes to the socket for these bytes.
    pub(super) fn encrypt(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let mut channel = self.channel();
        channel.write_all(plain)?;
        Ok(std::mem::take(&mut channel.socket.going))
    }

    /// What goes to the socket last.
    pub(super) fn conclude(&self) -> Vec<u8> {
        let mut channel = self.channel();
        // Memory takes everything.
        let _ = channel.close_notify();
        std::mem::take(&mut channel.socket.going)
    }
}

fn shake_hands(
    channel: &mut MaybeTls<Memory>,
    mut socket: &TcpStream,
    by: Instant,
) -> io::Result<Handshake> {
    let mut buffer = [0; READ_BYTES];
    loop {
        let state = channel.shake_hands();
        let going = std::mem::take(&mut channel.socket.going);
        socket.set_write_timeout(Some(time_until(by)?))?;
        let written = socket.write_all(&going);
        if state != Handshake::Waits {
            // What is wrong with the other side matters more than whether it hears of that.
            return Ok(state);
        }
        written?;
        socket.set_read_timeout(Some(time_until(by)?))?;
        match socket.read(&mut buffer) {
            Ok(count) => channel.socket.add(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn time_until(by: Instant) -> io::Result<Duration> {
    let left = by.saturating_duration_since(Instant::now());
    match left.is_zero() {
        true => Err(ErrorKind::TimedOut.into()),
        false => Ok(left),
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
