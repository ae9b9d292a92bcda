//! A client with few calls, on TCP or a Unix socket: it fails where it would wait for ever.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

use super::PATIENCE;

/// The line that a client has read once it was greeted.
pub const GREETING: &str =
    "* Welcome to parloir. Type a nickname and press Enter; /help lists the commands.";

pub struct Client {
    socket: Socket,
    /// Bytes that were read and not looked at.
    unread: Vec<u8>,
}

/// The way in which a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The stream ended in good order.
    Fin,
    Reset,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let socket = Self::socket(address);
        socket
            .connect_timeout(&address.into(), PATIENCE)
            .unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
        Self::on(socket)
    }

    /// A client with hardly any room for bytes that it does not read, on either side: small
    /// segments keep the server's send buffer small as well, which would otherwise take megabytes.
    pub fn connect_narrow(address: SocketAddr) -> Self {
        let socket = Self::socket(address);
        socket.set_recv_buffer_size(4096).expect("a receive buffer");
        socket.set_tcp_mss(536).expect("a segment size");
        socket
            .connect_timeout(&address.into(), PATIENCE)
            .unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
        Self::on(socket)
    }

    pub fn connect_unix(path: &Path) -> Self {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        let address = SockAddr::unix(path).expect("a path short enough");
        socket
            .connect(&address)
            .unwrap_or_else(|error| panic!("cannot connect to {}: {error}", path.display()));
        Self::on(socket)
    }

    /// Connects, takes a nickname, and reads up to the answer.
    pub fn join(address: SocketAddr, name: &str) -> Self {
        Self::connect(address).named(name)
    }

    /// Takes a nickname, and reads up to the answer.
    pub fn named(mut self, name: &str) -> Self {
        self.send(format!("{name}\n"));
        self.wait_for(|line| line.starts_with(&format!("* You are {name}")));
        self
    }

    fn socket(address: SocketAddr) -> Socket {
        let socket =
            Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        socket.set_tcp_nodelay(true).expect("an option");
        socket
    }

    pub fn on(socket: impl Into<Socket>) -> Self {
        let socket = socket.into();
        socket
            .set_read_timeout(Some(PATIENCE))
            .expect("a read deadline");
        socket
            .set_write_timeout(Some(PATIENCE))
            .expect("a write deadline");
        Self {
            socket,
            unread: Vec::new(),
        }
    }

    pub fn local_address(&self) -> SocketAddr {
        let address = self.socket.local_addr().expect("an address");
        address.as_socket().expect("a TCP address")
    }

    /// A second handle on the same connection, without the bytes that the first has read ahead.
    pub fn twin(&self) -> Self {
        Self::on(self.socket.try_clone().expect("a descriptor"))
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).expect("a write");
    }

    /// Sends as many of the bytes as are taken before the server ends the connection.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.socket.write_all(bytes.as_ref())
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> String {
        self.next_line()
            .unwrap_or_else(|end| panic!("{end:?} in place of a line"))
    }

    /// The next line, or the way in which the stream ended. The rest of an unfinished line then
    /// stays unread.
    pub fn next_line(&mut self) -> Result<String, End> {
        let mut looked_at = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.unread[looked_at..]) {
                let line: Vec<u8> = self.unread.drain(..=looked_at + at).collect();
                let line = String::from_utf8(line).expect("whole characters");
                return Ok(line.trim_end_matches('\n').to_owned());
            }
            looked_at = self.unread.len();
            self.fill()?;
        }
    }

    /// Reads once.
    fn fill(&mut self) -> Result<(), End> {
        let mut buffer = [0; 16 << 10];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => return Err(End::Fin),
                Ok(count) => {
                    self.unread.extend_from_slice(&buffer[..count]);
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    return Err(End::Reset);
                }
                Err(error) => panic!(
                    "nothing to read for {PATIENCE:?} ({error}); unread: {:?}",
                    String::from_utf8_lossy(&self.unread)
                ),
            }
        }
    }

    /// Reads at most this many bytes, as they come.
    pub fn read_bytes(&mut self, max: usize) -> Vec<u8> {
        if self.unread.is_empty() {
            self.fill().expect("some bytes");
        }
        let count = self.unread.len().min(max);
        self.unread.drain(..count).collect()
    }

    /// Reads up to a line for which `is_it` is true. Returns the line.
    pub fn wait_for(&mut self, is_it: impl Fn(&str) -> bool) -> String {
        let mut passed = Vec::new();
        loop {
            match self.next_line() {
                Ok(line) if is_it(&line) => return line,
                Ok(line) => passed.push(line),
                Err(end) => panic!("{end:?}, and before that only {passed:#?}"),
            }
        }
    }

    /// Reads up to this line.
    pub fn wait_for_line(&mut self, line: &str) {
        self.wait_for(|other| other == line);
    }

    /// Checks that the next line is this one.
    #[track_caller]
    pub fn expect(&mut self, line: &str) {
        assert_eq!(self.line(), line);
    }

    /// Reads all that still comes. Returns it, and the way in which the stream ends.
    pub fn rest(&mut self) -> (String, End) {
        let end = loop {
            if let Err(end) = self.fill() {
                break end;
            }
        };
        let rest = String::from_utf8(std::mem::take(&mut self.unread)).expect("whole characters");
        (rest, end)
    }

    /// Returns whether nothing comes for a while. Tests use this for events that must not happen.
    pub fn is_quiet_for(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        self.socket
            .set_read_timeout(Some(time))
            .expect("a deadline");
        let mut byte = [0];
        let quiet = self.unread.is_empty()
            && match self.socket.read(&mut byte) {
                Ok(count) => {
                    self.unread.extend_from_slice(&byte[..count]);
                    false
                }
                Err(_) => Instant::now() + Duration::from_millis(20) >= until,
            };
        self.socket
            .set_read_timeout(Some(PATIENCE))
            .expect("a deadline");
        quiet
    }

    pub fn end_output(&mut self) {
        self.socket.shutdown(Shutdown::Write).expect("a shutdown");
    }

    /// Ends the connection with a reset. Bytes from the server that are unread are lost.
    pub fn reset(self) {
        self.socket
            .set_linger(Some(Duration::ZERO))
            .expect("an option");
    }
}
