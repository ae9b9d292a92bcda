//! Names of any characters: made legal once and for all, and never the same for two people.

#![no_main]

#[path = "../../support/nowhere.rs"]
mod nowhere;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use nowhere::Nowhere;
use parloir::relay::hub::names::{NAME_CHARS_MAX, fold, legalize, legalize_room, room_name};
use parloir::relay::hub::{Action, Addressee, Event, EventLevel, Host, Hub, Nick, Recipient, Sink};
use parloir::{ConnId, RelayConfig, Time};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let names: Vec<&str> = text.split('\n').take(8).collect();
    for name in &names {
        check_form(name);
    }
    check_crowd(&names);
});

/// Checks the properties of each name by itself.
fn check_form(typed: &str) {
    let name = legalize(typed);
    assert_eq!(legalize(&name), name, "legalized twice: {typed:?}");
    assert!(name.chars().count() <= NAME_CHARS_MAX, "{name:?}");
    assert!(!name.starts_with(['-', '.']), "{name:?}");
    let labels = |c: char| c.is_control() || c.is_whitespace() || "<>*~#/()\u{feff}".contains(c);
    assert!(!name.contains(labels), "{name:?}");

    for text in [typed, &name] {
        let folded = fold(text);
        assert_eq!(fold(&folded), folded, "folded twice: {text:?}");
    }
    if let Some(room) = room_name(typed) {
        assert_eq!(legalize_room(&room), room, "legalized twice: {typed:?}");
        // A name that begins with a `#` itself, as in `##chat`, is written with both.
        let written = format!("#{room}");
        assert_eq!(room_name(&written), Some(room), "{typed:?}");
    }
}

/// Checks the properties of people who arrive with these names one after another, twice each.
fn check_crowd(names: &[&str]) {
    let mut hub = Hub::new(RelayConfig::default());
    let now = Time::new(Duration::ZERO, Duration::ZERO);
    let mut called: Vec<(ConnId, String)> = Vec::new();
    for (n, asked) in names.iter().chain(names).enumerate() {
        let id = ConnId::new(n as u32, 1);
        let admit = Action::Admit {
            level: EventLevel::Room,
            host: Host::LOCAL,
            address: None,
            enters_default: true,
        };
        assert!(hub.apply(id, &admit, now, &mut Nowhere).is_ok());
        let (nick, names) = (Nick::Like(asked), None);
        let arrived = hub.apply(id, &Action::Arrive { nick, names }, now, &mut Nowhere);
        assert!(arrived.is_ok(), "{asked:?}: {arrived:?}");
        let name = hub
            .name(id)
            .expect("whoever has arrived has a name")
            .to_owned();
        assert_eq!(legalize(&name), name, "{asked:?} became an illegal name");
        assert!(name.chars().count() <= NAME_CHARS_MAX, "{name:?}");
        for (_, other) in &called {
            assert_ne!(fold(&name), fold(other), "{name:?} and {other:?} at once");
        }
        called.push((id, name));
    }
    for (id, name) in &called {
        assert_eq!(hub.find(name), Some(*id), "{name:?}");
        assert_eq!(hub.find(&fold(name)), Some(*id), "{name:?} folded");
    }
    assert_eq!(hub.named(), called.len());
    for (id, _) in &called {
        let left = hub.apply(*id, &Action::Leave(None), now, &mut Nowhere);
        assert!(left.is_ok());
    }
    assert_eq!(hub.named(), 0);
}
