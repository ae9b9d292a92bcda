//! A relay with hooks of the host program: it admits or refuses peers, edits messages, and adds a
//! `/roll` command.
//!
//! ```text
//! cargo run --example hooks [ADDRESS]
//! printf 'bob\n/roll 20\nGOOD MORNING EVERYBODY\n' | nc -N 127.0.0.1 4242
//! ```

use std::error::Error;

use parloir::relay::{Answer, Hooks, Verdict};
use parloir::{Endpoint, Peer, Relay, RelayConfig, Server, ServerConfig, Tag};

struct House {
    dice: fastrand::Rng,
}

impl Hooks for House {
    fn admit(&mut self, peer: &Peer) -> Result<(), String> {
        match peer.address.ip() {
            Some(ip) if !ip.is_loopback() => Err("this house is for its neighbours".into()),
            _ => Ok(()),
        }
    }

    fn message(&mut self, from: &str, text: &str) -> Verdict {
        println!("{from}: {text}");
        if text.contains("http://") {
            return Verdict::Refuse("no links in this house, please".into());
        }
        // A message in capital letters is changed to lower case.
        let is_shouting = text.len() > 5 && text == text.to_uppercase();
        if is_shouting && text != text.to_lowercase() {
            return Verdict::Change(text.to_lowercase());
        }
        Verdict::Pass
    }

    fn command(&mut self, from: &str, name: &str, argument: &str) -> Option<Answer> {
        // Returning None means that the command is unknown, and the relay tells the client so.
        if !name.eq_ignore_ascii_case("roll") {
            return None;
        }
        let sides = argument.trim().parse().unwrap_or(6_u32).max(1);
        let rolled = self.dice.u32(1..=sides);
        Some(Answer::Room(format!("{from} rolls {rolled} of {sides}")))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let address: Endpoint = address.as_deref().unwrap_or("127.0.0.1:4242").parse()?;

    let dice = fastrand::Rng::new();
    let relay = Relay::new(RelayConfig::default())?.with_hooks(House { dice });
    let mut server = Server::new(relay, ServerConfig::default())?;
    println!("listening on {}", server.listen(address, Tag::default())?);
    server.run()?;
    Ok(())
}
