//! The server that a reader of the teaching texts writes first: a thread per client, one lock, a
//! write per message.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::announce;
use crate::rig::Outcome;

/// Stack size in bytes. A thread only reads lines and writes them to the others.
const STACK: usize = 64 << 10;

type Clients = Arc<Mutex<Vec<(usize, TcpStream)>>>;

/// Serves until the process is killed.
pub(crate) fn serve() -> Outcome<()> {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    announce(listener.local_addr()?)?;
    let clients = Clients::default();
    for (id, stream) in listener.incoming().enumerate() {
        let mut stream = stream?;
        stream.set_nodelay(true)?;
        let reader = stream.try_clone()?;
        {
            let mut all = clients.lock().unwrap_or_else(PoisonError::into_inner);
            stream.write_all(b"+\n")?;
            all.push((id, stream));
        }
        let clients = Arc::clone(&clients);
        let thread = thread::Builder::new().stack_size(STACK);
        thread.spawn(move || relay(id, reader, &clients))?;
    }
    Ok(())
}

fn relay(id: usize, reader: TcpStream, clients: &Clients) {
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        let mut all = clients.lock().unwrap_or_else(PoisonError::into_inner);
        for (other, stream) in all.iter_mut() {
            if *other != id {
                // The thread of a client that is gone notices that by itself.
                let _ = stream.write_all(&line);
            }
        }
        line.clear();
    }
    let mut all = clients.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|(other, _)| *other != id);
}
