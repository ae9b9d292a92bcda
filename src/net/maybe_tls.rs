//! The stream of a connection: a socket, and the TLS session on it where there is one.
//!
//! Each method goes to the session if there is one, and to the socket otherwise. A connection notices the
//! difference only by bytes that are [`buffered`](Stream::buffered): the rules of its queue hold for both.
//!
//! Generic over the socket, so that tests can run connections on a scripted one.

use std::io::{self, IoSlice, Read, Write};

use super::stream::Stream;
use super::tls::{Handshake, Session};

#[derive(Debug)]
pub(crate) struct MaybeTls<S> {
    pub(crate) socket: S,
    /// Boxed, because a session takes a kilobyte, and most connections may have none.
    tls: Option<Box<Session>>,
}

impl<S: Stream> MaybeTls<S> {
    pub(crate) fn plain(socket: S) -> Self {
        Self { socket, tls: None }
    }

    /// Encrypts everything from here on.
    pub(crate) fn encrypt(&mut self, session: Session) {
        self.tls = Some(Box::new(session));
    }

    /// Goes on with the handshake of a stream that is encrypted.
    pub(crate) fn shake_hands(&mut self) -> Handshake {
        match &mut self.tls {
            Some(tls) => tls.shake_hands(&mut self.socket),
            None => Handshake::Done,
        }
    }

    /// Gives up a handshake that has failed. The session is kept only if output is still to be written,
    /// because the bytes read in it are of no use any more.
    pub(crate) fn give_up(&mut self) {
        if self.buffered() == 0 {
            self.tls = None;
        }
    }
}

impl<S: Stream> Read for MaybeTls<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.read(&mut self.socket, buffer),
            None => self.socket.read(buffer),
        }
    }
}

impl<S: Stream> Write for MaybeTls<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.write(&mut self.socket, &[IoSlice::new(bytes)]),
            None => self.socket.write(bytes),
        }
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.write(&mut self.socket, slices),
            None => self.socket.write_vectored(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => tls.flush(&mut self.socket),
            None => Ok(()),
        }
    }
}

impl<S: Stream> Stream for MaybeTls<S> {
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.socket.shutdown_write()
    }

    fn close_notify(&mut self) -> io::Result<()> {
        match &mut self.tls {
            Some(tls) => tls.close_notify(&mut self.socket),
            None => Ok(()),
        }
    }

    fn buffered(&self) -> usize {
        self.tls.as_ref().map_or(0, |tls| tls.buffered())
    }

    fn is_ended(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_ended())
    }

    fn probe(&mut self) -> io::Result<()> {
        match self.tls {
            // If something on the way made the probe's byte a part of the stream, it would break the
            // encryption. TCP's own probes must suffice here.
            Some(_) => Ok(()),
            None => self.socket.probe(),
        }
    }

    fn discard(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Nothing of it is wanted, so nothing is decrypted; only the end of the socket counts.
        self.socket.read(buffer)
    }
}

#[cfg(test)]
#[cfg(feature = "tls")]
mod tests;
