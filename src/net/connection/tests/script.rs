//! A stream that answers as a script says, in place of a socket.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};

use crate::net::stream::Stream;

/// The answers of the system, call by call. After the end of the script, the stream takes everything and
/// has nothing to give.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) writes: VecDeque<Result<usize, ErrorKind>>,
    pub(super) reads: VecDeque<Result<&'static [u8], ErrorKind>>,
    pub(super) taken: Vec<u8>,
    pub(super) write_calls: usize,
    pub(super) probes: usize,
    pub(super) shut: bool,
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self
            .reads
            .pop_front()
            .unwrap_or(Err(ErrorKind::WouldBlock))?;
        buffer[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_calls += 1;
        let all: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let count = self
            .writes
            .pop_front()
            .unwrap_or(Ok(all.len()))?
            .min(all.len());
        self.taken.extend_from_slice(&all[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Script {
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shut = true;
        Ok(())
    }

    fn probe(&mut self) -> io::Result<()> {
        self.probes += 1;
        Ok(())
    }
}
