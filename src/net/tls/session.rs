//! One TLS session: decrypts and encrypts the bytes of a socket, and keeps those that have to wait.
//!
//! Output stays plain, in the turn's arena or the connection's queue, until the socket is about to take
//! it: there messages can still be skipped and counted, and the arena is shared by all recipients. So
//! little is encrypted ahead of the socket, and kept here when it does not fit: one record for a socket
//! that was full; three, which then leave in one write, for a socket that has taken everything so far.
//!
//! ```text
//!  arena, queue ─▶ encrypt ─▶ rustls ─▶ held ─▶ socket        `held` is empty unless the socket is full
//!  buffer ◀─ decrypt ◀─ rustls ◀─ early, then the socket      `early`: bytes read before TLS was seen
//! ```

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

use crate::net::stream::{SLICES_MAX, Stream};

/// Plain bytes in one record, at most (RFC 8446, 5.1): the amount that is encrypted ahead of a slow
/// socket.
const RECORD_BYTES_MAX: usize = 1 << 14;

/// Plain bytes encrypted ahead of a socket that has never been full since the last flush: three records.
/// A fourth would not fit into rustls's own limit of 64 KiB. With one record ahead, a burst of 40 KB takes
/// three writes where one will do.
const AHEAD_BYTES_MAX: usize = 3 * RECORD_BYTES_MAX;

/// Bytes of a handshake that a server reads from one client, about: a long hello has 4,000. rustls alone
/// would keep 64 KiB of a hello that does not end: 73 KiB in all for a connection, which are 19 with this
/// limit.
pub(crate) const HANDSHAKE_BYTES_MAX: usize = 8 << 10;

/// One side of one session.
#[derive(Debug)]
pub(crate) struct Session {
    tls: rustls::Connection,
    /// Number of bytes that the peer's part of the handshake may still have.
    handshake_room: usize,
    /// Bytes that were read from the socket before it was known to be TLS.
    early: Vec<u8>,
    /// Encrypted bytes that the system has not taken; those before `held_from` are written already.
    held: Vec<u8>,
    held_from: usize,
    /// The socket did not take everything, the last time.
    was_full: bool,
    /// The reason for which nothing more will be decrypted: the end of the stream, or an error.
    end: Option<TlsEnd>,
    /// This side's own end of the session is on its way.
    is_closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TlsEnd {
    Finished,
    Failed(ErrorKind),
}

/// The result of reading once from the socket.
enum Intake {
    Some,
    /// The socket has no more bytes at the moment.
    Drained,
    /// The socket had no bytes.
    Blocked,
}

/// The progress of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    Waits,
    Done,
    Failed,
}

impl Session {
    /// The server's side of a session whose first bytes have been read.
    pub(crate) fn serve(
        config: Arc<rustls::ServerConfig>,
        early: Vec<u8>,
    ) -> Result<Self, rustls::Error> {
        let tls = rustls::ServerConnection::new(config)?;
        Ok(Self::on(tls.into(), early, HANDSHAKE_BYTES_MAX))
    }

    fn on(tls: rustls::Connection, early: Vec<u8>, handshake_room: usize) -> Self {
        Self {
            tls,
            handshake_room,
            early,
            held: Vec::new(),
            held_from: 0,
            was_full: false,
            end: None,
            is_closed: false,
        }
    }

    /// Goes on with the handshake, as far as the socket allows. A handshake that is done counts as done,
    /// whatever came behind its last message in the same read: data, the end of the stream, or invalid
    /// bytes. (`gnutls-cli` sends its last message, its data and its end in one write when its input is a
    /// pipe, and all of it would be lost.)
    pub(crate) fn shake_hands<S: Stream>(&mut self, socket: &mut S) -> Handshake {
        loop {
            // Output that does not fit waits, like all output, for the socket.
            let flushed = self.flush(socket);
            if !self.tls.is_handshaking() {
                return Handshake::Done;
            }
            let is_broken = flushed.is_err_and(|error| error.kind() != ErrorKind::WouldBlock);
            if is_broken || self.end.is_some() {
                return Handshake::Failed;
            }
            if let Intake::Blocked = self.take_in(socket) {
                return Handshake::Waits;
            }
        }
    }

    /// Decrypts into `buffer`. Fewer bytes than it holds mean, as from a socket, that everything that
    /// has come is read, here and in the socket.
    pub(crate) fn read<S: Stream>(
        &mut self,
        socket: &mut S,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let mut filled = 0;
        let mut intake = Intake::Some;
        loop {
            // An error means that there are no bytes at the moment, or none any more; `end` tells the
            // latter.
            filled += self.tls.reader().read(&mut buffer[filled..]).unwrap_or(0);
            if filled == buffer.len() {
                return Ok(filled);
            }
            match (self.end, &intake) {
                (Some(_), _) | (None, Intake::Drained | Intake::Blocked) if filled > 0 => {
                    return Ok(filled);
                }
                (Some(TlsEnd::Finished), _) => return Ok(0),
                (Some(TlsEnd::Failed(kind)), _) => return Err(kind.into()),
                (None, Intake::Blocked) => return Err(ErrorKind::WouldBlock.into()),
                (None, Intake::Some | Intake::Drained) => {}
            }
            intake = self.take_in(socket);
        }
    }

    /// Reads from the socket once, and decrypts the records that are complete.
    fn take_in<S: Stream>(&mut self, socket: &mut S) -> Intake {
        let mut source = EarlyThenSocket {
            early: &mut self.early,
            socket,
            is_drained: false,
        };
        let mut count = 0;
        let intake = match self.tls.read_tls(&mut source) {
            Ok(0) => {
                self.end = Some(TlsEnd::Finished);
                Intake::Some
            }
            Ok(read) => {
                count = read;
                match source.is_drained {
                    true => Intake::Drained,
                    false => Intake::Some,
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Intake::Blocked,
            Err(error) => {
                self.end = Some(TlsEnd::Failed(error.kind()));
                return Intake::Some;
            }
        };
        match self.tls.process_new_packets() {
            Ok(state) if state.peer_has_closed() => self.end = Some(TlsEnd::Finished),
            Ok(_) if !self.tls.is_handshaking() => {}
            Ok(_) => {
                self.handshake_room = self.handshake_room.saturating_sub(count);
                if self.handshake_room == 0 {
                    log::debug!("TLS: a handshake of more than {HANDSHAKE_BYTES_MAX} bytes");
                    self.end = Some(TlsEnd::Failed(ErrorKind::InvalidData));
                }
            }
            Err(error) => {
                log::debug!("TLS: {error}");
                self.end = Some(TlsEnd::Failed(ErrorKind::InvalidData));
                self.is_closed = true;
                // This writes the alert that says why. Nothing can be done for an alert that does not
                // fit.
                let _ = self.flush(socket);
            }
        }
        intake
    }

    /// Encrypts and writes as much as the socket takes, and at most a little more, which waits here.
    /// Returns the number of plain bytes taken.
    pub(crate) fn write<S: Stream>(
        &mut self,
        socket: &mut S,
        slices: &[IoSlice<'_>],
    ) -> io::Result<usize> {
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut taken = 0;
        let ahead = match self.was_full {
            true => RECORD_BYTES_MAX,
            false => AHEAD_BYTES_MAX,
        };
        self.was_full = false;
        loop {
            match self.flush(socket) {
                Err(error) if error.kind() == ErrorKind::WouldBlock && taken > 0 => {
                    return Ok(taken);
                }
                Err(error) => return Err(error),
                Ok(()) if taken == total => return Ok(taken),
                Ok(()) => taken += self.encrypt(slices, taken, ahead)?,
            }
        }
    }

    /// Encrypts at most `room` bytes after the first `skip` bytes. Returns the number of bytes
    /// encrypted.
    fn encrypt(
        &mut self,
        slices: &[IoSlice<'_>],
        mut skip: usize,
        mut room: usize,
    ) -> io::Result<usize> {
        let mut chosen = [IoSlice::new(&[]); SLICES_MAX];
        let mut parts = 0;
        for slice in slices {
            let part = slice.get(skip..).unwrap_or_default();
            skip = skip.saturating_sub(slice.len());
            if part.is_empty() {
                continue;
            }
            let part = &part[..part.len().min(room)];
            chosen[parts] = IoSlice::new(part);
            parts += 1;
            room -= part.len();
            if room == 0 || parts == chosen.len() {
                break;
            }
        }
        match &chosen[..parts] {
            [part] => self.tls.writer().write(part),
            parts => self.tls.writer().write_vectored(parts),
        }
    }

    /// Writes the encrypted bytes. Returns `WouldBlock` while some of them are left.
    pub(crate) fn flush<S: Stream>(&mut self, socket: &mut S) -> io::Result<()> {
        let mut sink = FullNoting {
            socket,
            is_full: false,
        };
        while let Some(rest) = self.held.get(self.held_from..).filter(|r| !r.is_empty()) {
            self.held_from += sink.write(rest)?;
            if sink.is_full {
                self.was_full = true;
                return Err(ErrorKind::WouldBlock.into());
            }
        }
        self.held = Vec::new();
        self.held_from = 0;
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut sink) {
                Ok(_) if !sink.is_full => {}
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
                Ok(_) | Err(_) => return self.hold(),
            }
        }
        Ok(())
    }

    /// Moves the bytes that the socket did not take out of rustls, so that they are counted.
    fn hold(&mut self) -> io::Result<()> {
        self.was_full = true;
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.held)?;
        }
        Err(ErrorKind::WouldBlock.into())
    }

    /// Number of encrypted bytes that wait for the socket. Output that rustls has produced by itself and
    /// that has not been tried to be written yet counts as one byte.
    pub(crate) fn buffered(&self) -> usize {
        self.held.len() - self.held_from + usize::from(self.tls.wants_write())
    }

    /// Returns whether a read would report an end that no event announces.
    pub(crate) fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Tells the peer, once, that nothing more will come from here (RFC 8446, 6.1).
    pub(crate) fn close_notify<S: Stream>(&mut self, socket: &mut S) -> io::Result<()> {
        if !self.is_closed {
            self.is_closed = true;
            self.tls.send_close_notify();
        }
        self.flush(socket)
    }
}

/// A reader of the bytes that were read already, then of the socket.
struct EarlyThenSocket<'a, S> {
    early: &'a mut Vec<u8>,
    socket: &'a mut S,
    /// The socket gave less than was asked for.
    is_drained: bool,
}

impl<S: Read> Read for EarlyThenSocket<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.early.is_empty() {
            let count = self.early.len().min(buffer.len());
            buffer[..count].copy_from_slice(&self.early[..count]);
            self.early.drain(..count);
            if self.early.is_empty() {
                *self.early = Vec::new();
            }
            return Ok(count);
        }
        loop {
            match self.socket.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.is_drained = count < buffer.len();
                    return Ok(count);
                }
            }
        }
    }
}

/// A writer to the socket. A socket that takes less than all is full, and another attempt would only
/// report that.
struct FullNoting<'a, S> {
    socket: &'a mut S,
    is_full: bool,
}

impl<S: Write> Write for FullNoting<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let asked = slices.iter().map(|slice| slice.len()).sum();
        loop {
            let written = match slices {
                [slice] => self.socket.write(slice),
                slices => self.socket.write_vectored(slices),
            };
            match written {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(0) if asked > 0 => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.is_full = count < asked;
                    return Ok(count);
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
