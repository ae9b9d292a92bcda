//! The interface that a connection needs of its stream: a socket, TLS on one, or a script in tests.

use std::io::{self, Read, Write};

/// Number of ranges in one system call, at most. They are gathered on the stack; more of them take another
/// call.
pub(crate) const SLICES_MAX: usize = 64;

/// The stream of a connection. A trait, so that tests can run connections on a scripted stream.
pub(crate) trait Stream: Read + Write {
    /// Sends the server's end of stream.
    fn shutdown_write(&mut self) -> io::Result<()>;

    /// Tells the peer, where the stream has a message of its own for that, that nothing more will come.
    /// The message may have to wait: see [`Self::buffered`].
    fn close_notify(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Number of bytes that the stream has taken and the system has not. `flush` writes them, and
    /// returns `WouldBlock` while some are left.
    fn buffered(&self) -> usize {
        0
    }

    /// Returns whether a read would report an end that no event announces.
    fn is_ended(&self) -> bool {
        false
    }

    /// Sends something that a living peer does not notice and a dead one answers with a reset. A stream that
    /// has no such thing does nothing.
    fn probe(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Reads bytes that are thrown away. They need not be those that [`Read::read`] would give: under TLS
    /// they are read as they come, without being decrypted.
    fn discard(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(buffer)
    }
}
