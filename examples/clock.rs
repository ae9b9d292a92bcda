//! A relay with a clock in its lobby: a `Handle` that speaks from another thread.
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
    // The server has stopped, and the clock finds out when it next speaks.
    clock.join().expect("the clock does not panic");
    Ok(())
}

fn strike(handle: &Handle<Call>, every: Duration) {
    loop {
        thread::sleep(every);
        let time = format_rfc3339_seconds(SystemTime::now());
        let here = handle.stats().connections;
        // Nobody is there yet, or the loop is busy: then this hour passes in silence.
        let said = handle.say("clock", "lobby", &format!("{time}, {here} connected"));
        if said == Err(CallError::Stopped) {
            return;
        }
    }
}
