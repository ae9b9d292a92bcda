//! A relay inside a loop of your own: `Server::turn` runs between two ticks of a clock, on one
//! thread.
//!
//! ```text
//! cargo run --example own_loop [ADDRESS]
//! nc 127.0.0.1 4242
//! ```

#[cfg(unix)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::os::fd::AsRawFd;
    use std::time::{Duration, Instant};

    use mio::unix::SourceFd;
    use mio::{Events, Interest, Poll, Token};
    use parloir::{Endpoint, Relay, RelayConfig, Server, ServerConfig, Status, Tag};

    const TICK: Duration = Duration::from_secs(1);
    const RELAY: Token = Token(0);

    let address = std::env::args().nth(1);
    let address: Endpoint = address.as_deref().unwrap_or("127.0.0.1:4242").parse()?;
    let relay = Relay::new(RelayConfig::default())?;
    let mut server = Server::new(relay, ServerConfig::default())?;
    println!("listening on {}", server.listen(address, Tag::default())?);

    // The existing loop has one descriptor for each thing that it serves. The whole relay, with any
    // number of connections, adds a single descriptor to it.
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(16);
    let queue = server.as_raw_fd();
    poll.registry()
        .register(&mut SourceFd(&queue), RELAY, Interest::READABLE)?;

    let mut next_tick = Instant::now() + TICK;
    loop {
        let until_tick = next_tick.saturating_duration_since(Instant::now());
        let needed = server.next_timeout().unwrap_or(until_tick);
        poll.poll(&mut events, Some(until_tick.min(needed)))?;

        // A turn is cheap when there is nothing to do, so the loop does not check first whether
        // there is.
        if server.turn(Some(Duration::ZERO))? == Status::Stopped {
            return Ok(());
        }
        if Instant::now() >= next_tick {
            next_tick += TICK;
            println!("tick: {} with a nickname", server.protocol().hub().named());
        }
    }
}

#[cfg(not(unix))]
fn main() {
    println!("there are no descriptors to wait on here");
}
