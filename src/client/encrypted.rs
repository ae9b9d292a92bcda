//! TLS on a socket that one thread reads and another writes: a session in memory that both share.
//!
//! No thread holds the lock while it waits for the socket, and the reader waits for the socket only when
//! no decrypted bytes are left. The writer writes all output, in the order in which it was encrypted.
//!
//! (The server's own session, made usable from outside, was tried here: it took a stream in memory, and more
//! code than rustls itself.)

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use parloir::describe;
use rustls::ClientConnection;

use super::conversation::Failure;
use super::trust::{PLAIN, Trust};

/// Bytes read at once.
const READ_BYTES: usize = 16 << 10;

/// A session whose handshake is done.
#[derive(Debug)]
pub(super) struct Encrypted(Mutex<TlsState>);

#[derive(Debug)]
struct TlsState {
    tls: ClientConnection,
    /// Bytes from the socket that rustls has not taken yet, because it takes little at once.
    received: VecDeque<u8>,
}

impl Encrypted {
    /// Agrees on TLS with a host, on a socket that no other thread uses yet.
    pub(super) fn agree(
        trust: &Trust,
        host: &str,
        socket: &TcpStream,
        by: Instant,
    ) -> Result<Self, Failure> {
        let mut tls = trust.begin(host).map_err(Failure::lasting)?;
        let begun = Instant::now();
        let end = tls.complete_io(&mut Timed { socket, by });
        if !tls.is_handshaking() {
            // A handshake that is done counts as done, whatever came behind its last message.
            let _ = socket.set_read_timeout(None);
            let received = VecDeque::new();
            return Ok(Self(Mutex::new(TlsState { tls, received })));
        }
        let end = end.err().unwrap_or(ErrorKind::UnexpectedEof.into());
        if let Some(error) = end.get_ref().and_then(|error| error.downcast_ref()) {
            return Err(Failure::lasting(trust.explain(error)));
        }
        Err(Failure::passing(match end.kind() {
            ErrorKind::UnexpectedEof => {
                format!("has closed the connection instead of agreeing on TLS; {PLAIN}")
            }
            ErrorKind::TimedOut => {
                let waited = begun.elapsed().as_secs_f32();
                format!("has not agreed on TLS within {waited:.1} s; {PLAIN}")
            }
            _ => format!(
                "broke off while agreeing on TLS ({}); {PLAIN}",
                describe(&end)
            ),
        }))
    }

    fn state(&self) -> MutexGuard<'_, TlsState> {
        // No thread panics while it holds the lock; and if one did, a session checks itself.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the next decrypted bytes, as from a socket: 0 bytes are the end.
    pub(super) fn read(&self, mut socket: &TcpStream, plain: &mut [u8]) -> io::Result<usize> {
        let mut buffer = [0; READ_BYTES];
        loop {
            // Bytes that have come already are read first: the socket may stay silent for ever after
            // them.
            match self.state().decrypt(plain) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                other => return other,
            }
            match socket.read(&mut buffer)? {
                0 => return Ok(0),
                count => self.state().received.extend(&buffer[..count]),
            }
        }
    }

    /// The bytes to write to the socket for these plain bytes.
    pub(super) fn encrypt(&self, plain: &[u8]) -> io::Result<Vec<u8>> {
        let mut state = self.state();
        state.tls.writer().write_all(plain)?;
        Ok(state.take_sent())
    }

    /// The last bytes to write to the socket, which announce the end.
    pub(super) fn conclude(&self) -> Vec<u8> {
        let mut state = self.state();
        state.tls.send_close_notify();
        state.take_sent()
    }
}

impl TlsState {
    /// Reads the next decrypted bytes; `WouldBlock` if none of the received bytes are left.
    fn decrypt(&mut self, plain: &mut [u8]) -> io::Result<usize> {
        loop {
            let processed = self.tls.process_new_packets();
            // Bytes that were valid before an error are read all the same.
            match self.tls.reader().read(plain) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                other => return other,
            }
            processed.map_err(|error| {
                log::debug!("TLS: {error}");
                io::Error::from(ErrorKind::InvalidData)
            })?;
            if self.received.is_empty() {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.tls.read_tls(&mut self.received)?;
        }
    }

    fn take_sent(&mut self) -> Vec<u8> {
        let mut sent = Vec::new();
        // A vector takes everything.
        while let Ok(1..) = self.tls.write_tls(&mut sent) {}
        sent
    }
}

/// A socket that is waited for until a certain time.
struct Timed<'a> {
    socket: &'a TcpStream,
    by: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.by.saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => Err(ErrorKind::TimedOut.into()),
            false => Ok(Some(left)),
        }
    }
}

/// Maps the errors by which systems report a timeout to one kind.
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
        _ => error,
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer).map_err(timed_out)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(bytes).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
