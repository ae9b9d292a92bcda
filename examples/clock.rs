//! A relay with a clock that speaks in its lobby: a `Handle` lets another thread call the server.
//!
//! ```text
//! cargo run --example clock [ADDRESS [SECONDS]]
//! nc 127.0.0.1 4242
//! ```

use std::error::Error;
use std::thread;
use std::time::{Duration, SystemTime};

use humantime::format_rfc3339_seconds;
use parloir::relay::Call;
use parloir::{CallError, Endpoint, Handle, Relay, RelayConfig, Server, ServerConfig, Tag};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next();
    let address: Endpoint = address.as_deref().unwrap_or("127.0.0.1:4242").parse()?;
    let seconds = arguments.next();
    let every = Duration::try_from_secs_f64(seconds.as_deref().unwrap_or("5").parse()?)?;

    let relay = Relay::new(RelayConfig::default())?;
    let mut server = Server::new(relay, ServerConfig::default())?;
    println!("listening on {}", server.listen(address, Tag::default())?);

    let handle = server.handle();
    let clock = thread::spawn(move || strike(&handle, every));
    server.run()?;
    // The server has stopped. The clock's thread ends when its next call fails with `Stopped`.
    clock.join().expect("the clock does not panic");
    Ok(())
}

fn strike(handle: &Handle<Call>, every: Duration) {
    loop {
        thread::sleep(every);
        let time = format_rfc3339_seconds(SystemTime::now());
        let here = handle.stats().connections;
        // If too many calls are waiting, the call fails with `Busy`, and if the lobby is empty, nobody
        // hears it. Either way this stroke is lost, and the clock goes on.
        let said = handle.say("clock", "lobby", &format!("{time}, {here} connected"));
        if said == Err(CallError::Stopped) {
            return;
        }
    }
}
