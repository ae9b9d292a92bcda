//! The connections: threads that dial, accept, read and write, and report the results to the loop.
//!
//! ```text
//!  dial ─▶ Connected ─▶ adopt ─┬─ reader: socket ─▶ Received … Ended ──────────────▶ loop
//!                              └─ writer: Write … ─▶ socket ─▶ Sent ───────────────▶ loop
//!                                         End ─▶ end of stream
//!                                         Close ─▶ end of stream, up to 2 s for the reader, then broken off
//! ```
//!
//! The reader alone reports errors: what the writer runs into, the reader sees as well.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use parloir::describe;
use socket2::{SockRef, TcpKeepalive};

use super::conversation::{Failure, LinkId, LoopEvent};
use super::encrypted::Encrypted;
use super::target::Destination;
use super::trust::Trust;

/// Bytes read at once.
const READ_BYTES: usize = 16 << 10;

/// Number of peers that may be connected here at once; a further one is refused. Each has a thread.
const VISITORS_MAX: usize = 64;

/// Time for which a connection that is no longer wanted is kept for the bytes still to be sent.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Time for which the program's end waits for the last bytes of connections that were closed. Without it
/// the end races with the writer: one run in fifty ended a TLS stream without its `close_notify`, which to
/// the peer is an attack.
const FAREWELL_WITHIN: Duration = Duration::from_millis(200);

/// Silence after which TCP probes whether a peer still lives.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// Time for which a peer's machine may leave bytes unacknowledged.
#[cfg(target_os = "linux")]
const UNANSWERED_MAX: Duration = Duration::from_secs(30);

/// Pause before accepting again after an error, as when the system has no descriptor left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// An input that a thread hands to the loop.
pub(super) enum FromThread {
    LoopEvent(LoopEvent),
    /// A connection that was dialed.
    Connected {
        link: LinkId,
        connection: Connected,
    },
    Key(KeyEvent),
    Resized,
}

impl From<LoopEvent> for FromThread {
    fn from(event: LoopEvent) -> Self {
        Self::LoopEvent(event)
    }
}

/// The connections that the loop may write to.
pub(super) struct Sockets {
    loop_: SyncSender<FromThread>,
    /// The certificates accepted on dialed connections; None if those connections are plain.
    trust: Option<Trust>,
    open: BTreeMap<LinkId, SocketWriter>,
    /// Each writer holds a copy until its connection's end is on its way; nothing is ever sent on it. When
    /// the last copy is dropped, the receiver is disconnected: a count of writers that can be waited for.
    concludes: Sender<()>,
    concluded: Receiver<()>,
}

/// A connection that was dialed.
pub(super) struct Connected {
    stream: TcpStream,
    tls: Option<Arc<Encrypted>>,
    /// Time that connecting took, with the TLS handshake, which indicates how far away, or how busy, the
    /// peer is. A relay's greeting is waited for so much longer.
    pub(super) round_trip: Duration,
}

/// The handle of the thread that writes to a connection.
struct SocketWriter {
    /// Not bounded, because the loop must not wait for a peer. The conversation bounds it: it hands over no
    /// more lines while too many bytes are not written.
    tasks: Sender<Task>,
    is_closing: Arc<AtomicBool>,
}

enum Task {
    Write(Vec<u8>),
    /// Ends the output: the peer sees the end of the stream.
    End,
    /// Ends the output too, and soon after the connection itself.
    Close,
}

impl Sockets {
    pub(super) fn new(loop_: SyncSender<FromThread>, trust: Option<Trust>) -> Self {
        let (concludes, concluded) = channel();
        Self {
            loop_,
            trust,
            open: BTreeMap::new(),
            concludes,
            concluded,
        }
    }

    /// Connects to the target's addresses, one after the other; the loop is told of the first that
    /// answers.
    pub(super) fn dial(
        &self,
        link: LinkId,
        target: Destination,
        within: Duration,
    ) -> io::Result<()> {
        let (loop_, trust) = (self.loop_.clone(), self.trust.clone());
        spawn("dial", move || {
            let by = Instant::now() + within;
            let input = match connect(&target, trust.as_ref(), by) {
                Ok(connection) => FromThread::Connected { link, connection },
                Err(failure) => LoopEvent::Failed { link, failure }.into(),
            };
            // An error means that the loop has ended and does not need the connection.
            let _ = loop_.send(input);
        })
    }

    /// Reads from a connection, and writes the bytes of the tasks it is given.
    pub(super) fn adopt(&mut self, link: LinkId, connection: Connected) -> io::Result<()> {
        let Connected { stream, tls, .. } = connection;
        let end = |socket| End {
            link,
            loop_: self.loop_.clone(),
            socket,
            tls: tls.clone(),
        };
        let (reading, writing) = (end(stream.try_clone()?), end(stream));
        let (sender, tasks) = channel();
        let (until_ended, ended) = channel::<()>();
        let is_closing = Arc::new(AtomicBool::new(false));
        // A write that blocks checks now and then whether the connection is still wanted.
        writing.socket.set_write_timeout(Some(CLOSE_WITHIN))?;
        spawn("read", move || {
            reading.read_all();
            drop(until_ended);
        })?;
        let (closing, concludes) = (is_closing.clone(), self.concludes.clone());
        spawn("write", move || {
            if writing.write_all(&tasks, &closing) {
                drop(concludes);
                // Input that still comes is read and thrown away: closing before would be a reset.
                let _ = ended.recv_timeout(CLOSE_WITHIN);
                writing.break_off();
            }
        })?;
        let writer = SocketWriter {
            tasks: sender,
            is_closing,
        };
        self.open.insert(link, writer);
        Ok(())
    }

    pub(super) fn send(&self, link: LinkId, bytes: Vec<u8>) {
        self.task(link, Task::Write(bytes));
    }

    pub(super) fn end_output(&self, link: LinkId) {
        self.task(link, Task::End);
    }

    pub(super) fn close(&mut self, link: LinkId) {
        self.task(link, Task::Close);
        if let Some(writer) = self.open.remove(&link) {
            // A write that blocks ends at its next time limit, and a later one is not tried again.
            writer.is_closing.store(true, Ordering::Relaxed);
        }
    }

    /// Tells the peers, before the program and its threads end, that nothing more comes.
    pub(super) fn finish(self) {
        drop((self.open, self.concludes));
        let _ = self.concluded.recv_timeout(FAREWELL_WITHIN);
    }

    fn task(&self, link: LinkId, task: Task) {
        if let Some(writer) = self.open.get(&link) {
            // A writer that has ended has met an error, which the reader reports.
            let _ = writer.tasks.send(task);
        }
    }

    /// Accepts peers for as long as the program runs.
    pub(super) fn listen(&self, listener: TcpListener) -> io::Result<()> {
        let loop_ = self.loop_.clone();
        spawn("accept", move || accept(&listener, &loop_))
    }
}

/// Starts a thread of this name.
pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = thread::Builder::new().name(name.to_owned());
    builder.spawn(work).map(drop)
}

fn connect(target: &Destination, trust: Option<&Trust>, by: Instant) -> Result<Connected, Failure> {
    let (stream, round_trip) = connect_plain(target, by)
        .map_err(|why| Failure::passing(format!("cannot be reached: {why}")))?;
    let begun = Instant::now();
    let agree = |trust| Encrypted::agree(trust, &target.host, &stream, by).map(Arc::new);
    let tls = trust.map(agree).transpose()?;
    let round_trip = match tls {
        Some(_) => round_trip + begun.elapsed(),
        None => round_trip,
    };
    Ok(Connected {
        stream,
        tls,
        round_trip,
    })
}

/// Connects to the first address of the target that answers. The name is looked up by the system, which
/// cannot be given a limit; the time that it takes is missing for the addresses.
fn connect_plain(target: &Destination, by: Instant) -> Result<(TcpStream, Duration), String> {
    let addresses: Vec<SocketAddr> = (target.host.as_str(), target.port)
        .to_socket_addrs()
        .map_err(|_| String::from("no host has that name"))?
        .collect();
    let mut why = String::from("its name has no address");
    for (n, address) in addresses.iter().enumerate() {
        // An address that does not answer leaves the others their share of the time.
        let others = u32::try_from(addresses.len() - n).unwrap_or(u32::MAX);
        let begun = Instant::now();
        let share = by.saturating_duration_since(begun) / others;
        let share = share.max(Duration::from_millis(1));
        match TcpStream::connect_timeout(address, share) {
            // A port on which no program listens may be chosen for this end as well: TCP then connects
            // it to itself.
            Ok(stream) if is_itself(&stream) => why = String::from("connection refused"),
            Ok(stream) => {
                tune(&stream);
                return Ok((stream, begun.elapsed()));
            }
            Err(error) => why = describe(&error),
        }
    }
    Err(why)
}

/// Returns whether a connection leads back to its own end, as TCP allows (RFC 9293, 3.5: both ends open at
/// the same time). All that is typed would come back as said by the peer.
fn is_itself(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(here), Ok(there)) if here == there)
}

/// Sets options of the socket. None of them is worth failing for.
fn tune(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEPALIVE));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(UNANSWERED_MAX));
}

/// One of the two handles that a connection has here: that of its reader, or that of its writer.
struct End {
    link: LinkId,
    loop_: SyncSender<FromThread>,
    socket: TcpStream,
    tls: Option<Arc<Encrypted>>,
}

impl End {
    /// Reports an event to the loop. Returns whether there still is a loop.
    fn tell(&self, event: LoopEvent) -> bool {
        self.loop_.send(event.into()).is_ok()
    }

    fn read_all(&self) {
        let link = self.link;
        let mut buffer = vec![0; READ_BYTES];
        let broken = loop {
            match self.read(&mut buffer) {
                Ok(0) => break None,
                Ok(count) => {
                    let bytes = buffer[..count].to_vec();
                    if !self.tell(LoopEvent::Received { link, bytes }) {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => break Some(format!("broke off ({})", describe(&error))),
            }
        };
        self.tell(LoopEvent::Ended { link, broken });
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.tls {
            Some(tls) => tls.read(&self.socket, buffer),
            None => (&self.socket).read(buffer),
        }
    }

    /// Carries out tasks. Returns true once the connection is to be closed, false if it ends otherwise.
    fn write_all(&self, tasks: &Receiver<Task>, is_closing: &AtomicBool) -> bool {
        let link = self.link;
        for task in tasks {
            match task {
                Task::Write(bytes) => {
                    if self.write(&bytes, is_closing).is_err() {
                        // The reader reports the error, if the loop still exists.
                        self.break_off();
                        return false;
                    }
                    let bytes = bytes.len();
                    if !self.tell(LoopEvent::Sent { link, bytes }) {
                        return false;
                    }
                }
                Task::End => self.end_output(is_closing),
                Task::Close => {
                    self.end_output(is_closing);
                    return true;
                }
            }
        }
        false
    }

    fn write(&self, bytes: &[u8], is_closing: &AtomicBool) -> io::Result<()> {
        match &self.tls {
            Some(tls) => write_all(&self.socket, &tls.encrypt(bytes)?, is_closing),
            None => write_all(&self.socket, bytes, is_closing),
        }
    }

    /// Ends the output: the peer sees the end of the stream.
    fn end_output(&self, is_closing: &AtomicBool) {
        if let Some(tls) = &self.tls {
            let _ = write_all(&self.socket, &tls.conclude(), is_closing);
        }
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    fn break_off(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

fn write_all(mut stream: &TcpStream, bytes: &[u8], is_closing: &AtomicBool) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match stream.write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
                    && !is_closing.load(Ordering::Relaxed) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn accept(listener: &TcpListener, loop_: &SyncSender<FromThread>) {
    let visitors = Arc::new(AtomicUsize::new(0));
    for number in 0.. {
        let Ok((stream, from)) = listener.accept() else {
            thread::park_timeout(ACCEPT_AGAIN);
            continue;
        };
        // One that is refused is dropped here, and so closed.
        if visitors.fetch_add(1, Ordering::Relaxed) >= VISITORS_MAX {
            visitors.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        tune(&stream);
        let link = LinkId::Visitor(number);
        let from = from.ip().to_canonical().to_string();
        if loop_
            .send(LoopEvent::Visited { link, from }.into())
            .is_err()
        {
            return;
        }
        let (loop_, left) = (loop_.clone(), visitors.clone());
        let reading = spawn("visitor", move || {
            let end = End {
                link,
                loop_,
                socket: stream,
                tls: None,
            };
            end.read_all();
            left.fetch_sub(1, Ordering::Relaxed);
        });
        if reading.is_err() {
            visitors.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use socket2::{Domain, Socket, Type};

    use super::*;

    /// Without this check, a line for a peer that is gone would come back as if the peer had sent it.
    #[test]
    fn a_connection_to_itself_is_none() {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        socket.bind(&any.into()).unwrap();
        let itself = socket.local_addr().unwrap();
        socket.connect(&itself).unwrap();
        assert!(is_itself(&socket.into()));
        let listener = TcpListener::bind(any).unwrap();
        let other = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert!(!is_itself(&other));
    }
}
