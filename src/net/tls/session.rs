//! One TLS session: from a socket's bytes to plain ones and back, and what waits on the way.
//!
//! Output stays plain, in the turn's arena or the connection's queue, until the socket is about to
//! take it: there messages can still be skipped and told of, and the arena is shared by all who get
//! them. So little is encrypted ahead of the socket, and kept here when it does not fit: one record
//! for a socket that was full, three, which then leave in one write, for one that has taken all so far.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

use crate::net::stream::{SLICES_MAX, Stream};

/// Plain bytes in one record, at most (RFC 8446, 5.1): what is encrypted ahead of a slow socket.
const RECORD_BYTES_MAX: usize = 1 << 14;

/// Plain bytes encrypted ahead of a socket that has never been full since the last flush. Three
/// records; a fourth would not fit into rustls's own limit of 64 KiB.
const AHEAD_BYTES_MAX: usize = 3 * RECORD_BYTES_MAX;

/// Bytes of a handshake that a server reads of one client, about: a long hello has 4,000. rustls alone
/// would keep 64 KiB of one that does not end.
pub(crate) const HANDSHAKE_BYTES_MAX: usize = 8 << 10;

/// One side of one session.
#[derive(Debug)]
pub(crate) struct Session {
    tls: rustls::Connection,
    /// How many bytes the other side's part of the handshake may still have.
    handshake_room: usize,
    /// What was read from the socket before it was known to be TLS.
    early: Vec<u8>,
    /// Encrypted, and not taken by the system; from `held_from` on.
    held: Vec<u8>,
    held_from: usize,
    /// The socket did not take everything, the last time.
    was_full: bool,
    /// Nothing more will be decrypted, and why: the end of the stream, or what went wrong.
    end: Option<End>,
    /// Our own end is on its way.
    is_closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Finished,
    Failed(ErrorKind),
}

/// What reading once from the socket came to.
enum Intake {
    Some,
    /// There is no more at the moment.
    Drained,
    /// There was nothing.
    Blocked,
}

/// How far a handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    Waits,
    Done,
    Failed,
}

impl Session {
    /// The server's side of one whose first bytes have been read.
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

    /// Goes on with the handshake, as far as the socket allows. One that is done is done, whatever
    /// came behind its last message in the same read: data, the end of the stream, or nonsense.
    pub(crate) fn shake_hands<S: Stream>(&mut self, socket: &mut S) -> Handshake {
        loop {
            // What does not fit waits, like all output, for the socket.
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

    /// Decrypts into `buffer`. Fewer bytes than it holds mean, as from a socket, that all that has
    /// come is read, here and in the socket.
    pub(crate) fn read<S: Stream>(
        &mut self,
        socket: &mut S,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let mut filled = 0;
        let mut intake = Intake::Some;
        loop {
            // An error: there is nothing, or nothing more, which `end` tells.
            filled += self.tls.reader().read(&mut buffer[filled..]).unwrap_or(0);
            if filled == buffer.len() {
                return Ok(filled);
            }
            match (self.end, &intake) {
                (Some(_), _) | (None, Intake::Drained | Intake::Blocked) if filled > 0 => {
                    return Ok(filled);
                }
                (Some(End::Finished), _) => return Ok(0),
                (Some(End::Failed(kind)), _) => return Err(kind.into()),
                (None, Intake::Blocked) => return Err(ErrorKind::WouldBlock.into()),
                (None, Intake::Some | Intake::Drained) => {}
            }
            intake = self.take_in(socket);
        }
    }

    /// Reads from the socket once, and decrypts what is whole.
    fn take_in<S: Stream>(&mut self, socket: &mut S) -> Intake {
        let mut source = Source {
            early: &mut self.early,
            socket,
            is_drained: false,
        };
        let mut count = 0;
        let intake = match self.tls.read_tls(&mut source) {
            Ok(0) => {
                self.end = Some(End::Finished);
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
                self.end = Some(End::Failed(error.kind()));
                return Intake::Some;
            }
        };
        match self.tls.process_new_packets() {
            Ok(state) if state.peer_has_closed() => self.end = Some(End::Finished),
            Ok(_) if !self.tls.is_handshaking() => {}
            Ok(_) => {
                self.handshake_room = self.handshake_room.saturating_sub(count);
                if self.handshake_room == 0 {
                    log::debug!("TLS: a handshake of more than {HANDSHAKE_BYTES_MAX} bytes");
                    self.end = Some(End::Failed(ErrorKind::InvalidData));
                }
            }
            Err(error) => {
                log::debug!("TLS: {error}");
                self.end = Some(End::Failed(ErrorKind::InvalidData));
                self.is_closed = true;
                // The alert that says why. There is nothing to be done for one that does not fit.
                let _ = self.flush(socket);
            }
        }
        intake
    }

    /// Encrypts and writes as much as the socket takes, and at most a little more, which waits here.
    /// Says how many plain bytes that were.
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

    /// Encrypts what follows the first `skip` bytes, at most `room`; says how many bytes that were.
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

    /// Writes what is encrypted. `WouldBlock` while some of it is left.
    pub(crate) fn flush<S: Stream>(&mut self, socket: &mut S) -> io::Result<()> {
        let mut sink = Sink {
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

    /// Takes out of rustls what the socket did not take: so that it is counted.
    fn hold(&mut self) -> io::Result<()> {
        self.was_full = true;
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.held)?;
        }
        Err(ErrorKind::WouldBlock.into())
    }

    /// Encrypted bytes that wait for the socket. What rustls has said by itself and nobody has tried
    /// to write yet counts as one.
    pub(crate) fn buffered(&self) -> usize {
        self.held.len() - self.held_from + usize::from(self.tls.wants_write())
    }

    /// Whether a read would tell of an end that no event announces.
    pub(crate) fn is_ended(&self) -> bool {
        self.end.is_some()
    }

    /// Says, once, that nothing more will come from here (RFC 8446, 6.1).
    pub(crate) fn close_notify<S: Stream>(&mut self, socket: &mut S) -> io::Result<()> {
        if !self.is_closed {
            self.is_closed = true;
            self.tls.send_close_notify();
        }
        self.flush(socket)
    }
}

/// What was read already, then the socket.
struct Source<'a, S> {
    early: &'a mut Vec<u8>,
    socket: &'a mut S,
    /// It gave less than was asked for.
    is_drained: bool,
}

impl<S: Read> Read for Source<'_, S> {
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

/// The socket, which may take less than all: then it is full, and trying again would only say so.
struct Sink<'a, S> {
    socket: &'a mut S,
    is_full: bool,
}

impl<S: Write> Write for Sink<'_, S> {
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
