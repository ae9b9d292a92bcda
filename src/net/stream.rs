//! What a connection needs of what it runs on: a socket, TLS on one, or a script in tests.

use std::io::{self, Read, Write};

/// Ranges in one system call.
pub(crate) const SLICES_MAX: usize = 64;

/// What a connection runs on. Generic so that tests can run it on a scripted one.
pub(crate) trait Stream: Read + Write {
    /// Sends our end of stream.
    fn shutdown_write(&mut self) -> io::Result<()>;

    /// Says, where the stream has words of its own for that, that nothing more will come. They may
    /// have to wait: see [`Self::buffered`].
    fn close_notify(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Bytes that it has taken and the system has not. `flush` writes them, and says `WouldBlock` while
    /// some are left.
    fn buffered(&self) -> usize {
        0
    }

    /// Whether a read would tell of an end that no event announces.
    fn is_ended(&self) -> bool {
        false
    }

    /// Sends something that a living peer does not notice and a dead one answers with a reset.
    fn probe(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Reads what nobody will look at.
    fn discard(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read(buffer)
    }
}
