//! The chat without the server: a `Hub` with I/O of your own, here the lines of a play on standard
//! input.
//!
//! ```text
//! printf 'alice: hello\nbob: hi, alice\nbob: /join dev\n' | cargo run --example hub_alone
//! ```

use std::io::{self, BufRead};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use parloir::relay::hub::{
    Action, Addressee, Done, Event, EventLevel, Host, Hub, Nick, Rank, Recipient, RoomView, Sink,
    Utterance,
};
use parloir::{ConnId, RelayConfig, Time};

/// Receives the events of the hub and prints them for each recipient.
struct Stage {
    /// The names of the players; the index is that of the connection's id.
    players: Vec<String>,
}

impl Stage {
    fn print(&self, to: ConnId, event: &Event<'_>) {
        let player = &self.players[to.index()];
        // An event is data about what has happened. The program chooses the words for it.
        match event {
            Event::Spoken(said) => {
                println!("{player} hears {} say: {}", said.from.name, said.text);
            }
            Event::Joined(person) => println!("{player} sees {} come in", person.name),
            Event::Left { person, .. } => println!("{player} sees {} go", person.name),
            other => println!("{player} is told: {other:?}"),
        }
    }
}

impl Sink for Stage {
    fn to_room<'e>(
        &mut self,
        _: &str,
        audience: impl Iterator<Item = Recipient>,
        events: impl Iterator<Item = Event<'e>> + Clone,
    ) {
        for player in audience {
            events
                .clone()
                .for_each(|event| self.print(player.id, &event));
        }
    }

    fn to_peers(&mut self, audience: impl Iterator<Item = Recipient>, event: &Event<'_>) {
        audience.for_each(|player| self.print(player.id, event));
    }

    fn to_one(&mut self, player: Addressee<'_>, event: &Event<'_>) {
        self.print(player.id, event);
    }

    fn dismissed(&mut self, player: ConnId) {
        println!("{} is shown the door", self.players[player.index()]);
    }
}

fn main() -> io::Result<()> {
    let start = Instant::now();
    let mut hub = Hub::new(RelayConfig::default());
    let mut stage = Stage {
        players: Vec::new(),
    };
    for line in io::stdin().lock().lines() {
        let line = line?;
        let Some((player, text)) = line.split_once(": ") else {
            println!("(a line is NAME: TEXT)");
            continue;
        };
        // The hub reads no clock. Each call passes the time: first a monotonic time, which the hub
        // compares, and then the time of day.
        let today = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = Time::new(start.elapsed(), today.unwrap_or_default());

        let id = match stage.players.iter().position(|known| known == player) {
            Some(index) => ConnId::new(index as u32, 0),
            None => {
                let id = ConnId::new(stage.players.len() as u32, 0);
                stage.players.push(player.to_owned());
                let admit = Action::Admit {
                    level: EventLevel::Room,
                    host: Host::LOCAL,
                    address: None,
                    enters_default: true,
                };
                let admitted = hub.apply(id, &admit, now, &mut stage);
                admitted.expect("a guest is always let in");
                let (nick, names) = (Nick::Like(player), None);
                let arrived = hub.apply(id, &Action::Arrive { nick, names }, now, &mut stage);
                arrived.expect("there is always a nickname like it");
                show_room(player, hub.rooms_of(id).next());
                id
            }
        };
        // An action is plain data too. A program with its own dialect makes the actions from its
        // input.
        let action = match (text.strip_prefix("/join "), hub.first_room(id)) {
            (Some(room), _) => Action::Join {
                room,
                key: None,
                leaves_others: true,
            },
            (None, Some(room)) => Action::Say {
                room: room.into(),
                at_least: Rank::Member,
                what: Utterance::message(text),
            },
            (None, None) => continue,
        };
        let done = hub.apply(id, &action, now, &mut stage);
        match done {
            Ok(Done::Joined(room)) => show_room(player, hub.room_at(room)),
            Ok(_) => {}
            Err(why) => println!("{player} may not: {why:?}"),
        }
    }
    Ok(())
}

/// Prints what a player sees on entering a room. The program asks the hub for it and chooses the
/// words.
fn show_room(player: &str, room: Option<RoomView<'_>>) {
    if let Some(room) = room {
        println!("{player} is in {} now", room.name());
        match room.history().len() {
            0 => {}
            missed => println!("{player} has missed {missed} lines"),
        }
    }
}
