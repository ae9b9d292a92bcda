//! The seeded simulator: many clients of all kinds, and the relay held to a model of the protocol.
//!
//! Each step a client writes, bytes arrive cut anyhow, somebody leaves, the host program calls or
//! time passes. Every call that reaches the relay is then repeated on a [model](model::Model),
//! written a second time from the protocol alone and with no regard for speed, and whatever the relay
//! sent and closed must be the same, for every connection, to the byte. From that follows what the
//! protocol promises: one order for all in a room, nothing lost, doubled or forged, no echo, every
//! coming and going told once. What can be said without a model is checked [besides](plain), and so is
//! [what rooms keep to themselves](secrets).
//!
//! A third of the clients speak IRC, in the same rooms. Of what those are sent, the model writes the
//! part that is about rooms and people, so that all that holds of line clients holds of them and
//! across the dialects; the rest is [read as a client reads it](irc). Some know messages of several
//! lines, send them well and badly, and hear them whole; the others hear them line by line.
//!
//! Some of either kind come by WebSocket. Their frames are taken apart a second time, and what they
//! say and hear then is what it is for the others: a line is a message, and there are control frames
//! besides.
//!
//! Some 250,000 steps, the same ones every time: whoever changes something else is not stopped by a
//! seed that nobody has seen. To look for new ones, `PARLOIR_SIM_STEPS=60000 cargo test --test
//! simulator` takes that many steps with seeds that never were before, and prints how to see the one again that fails.
#![cfg(feature = "web")]
#![allow(
    clippy::unwrap_used,
    reason = "tests may unwrap: a panic there is the report"
)]

#[path = "../support/mod.rs"]
mod support;

mod chat;
mod found;
mod frames;
mod hammer;
mod house;
mod interleaved;
mod irc;
mod model;
mod naive;
mod plain;
mod secrets;
mod splits;
mod traffic;
mod world;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parloir::RelayConfig;

use world::{Setting, World};

/// Of each run; there are three seeds for each setting.
const STEPS: u64 = 12_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn seeds() -> Vec<u64> {
    if let Some(seed) = number("PARLOIR_SIM_SEED") {
        return vec![seed];
    }
    if number("PARLOIR_SIM_STEPS").is_none() {
        return vec![1, 2, 3];
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let fresh = now.map_or(0, |now| now.as_nanos() as u64);
    vec![fresh, fresh + 1, fresh + 2]
}

fn simulate(setting: &Setting) {
    let steps = number("PARLOIR_SIM_STEPS").unwrap_or(STEPS);
    for seed in seeds() {
        let mut world = World::new(seed, setting.clone());
        world.run(steps);
        assert!(world.is_lively(), "seed {seed}");
    }
}

fn setting(config: RelayConfig) -> Setting {
    Setting {
        // What an unfinished first line comes to is not modelled, and hours pass here.
        config: RelayConfig {
            first_line_within: Duration::ZERO,
            // Times are whole microseconds, and the model's levels are exact: with others, a line's
            // time for all together would be cut off.
            allowances_per_address: match config.allowances_per_address {
                16 => 25,
                shares => shares,
            },
            ..config
        },
        has_hooks: false,
        clients_max: 24,
        chatters: 75,
        irc: 35,
        web: 25,
        hostile: 0,
        outcomes_after: None,
        has_twin: false,
    }
}

/// Allowances that do not hold anybody up for long.
fn generous() -> RelayConfig {
    RelayConfig {
        rate: 0,
        line_bytes_max: 256,
        ..RelayConfig::default()
    }
}

#[test]
fn as_it_comes() {
    simulate(&setting(RelayConfig::default()));
}

#[test]
fn without_an_allowance_and_with_hooks() {
    simulate(&Setting {
        has_hooks: true,
        ..setting(generous())
    });
}

#[test]
fn with_a_small_allowance() {
    simulate(&setting(RelayConfig {
        rate: 2,
        burst: 3,
        allowances_per_address: 1,
        line_bytes_max: 64,
        lines_per_turn: 2,
        ..RelayConfig::default()
    }));
}

#[test]
fn with_a_password() {
    simulate(&Setting {
        has_hooks: true,
        chatters: 60,
        ..setting(RelayConfig {
            password: Some(String::from("sésame ouvre-toi")),
            motd: vec![String::from("Be kind."), String::new()],
            ..generous()
        })
    });
}

#[test]
fn with_few_rooms_and_little_history() {
    simulate(&setting(RelayConfig {
        rooms_max: 6,
        empty_rooms_max: 2,
        empty_room_kept: Duration::from_secs(60),
        history: 5,
        history_total_bytes_max: 2000,
        replay: 3,
        ..generous()
    }));
}

#[test]
fn with_no_history_and_no_room_kept() {
    simulate(&setting(RelayConfig {
        rooms_max: 3,
        empty_rooms_max: 0,
        history: 0,
        default_room: String::from("hall"),
        ..generous()
    }));
}

#[test]
fn with_comings_and_goings_gathered() {
    simulate(&Setting {
        clients_max: 60,
        chatters: 90,
        ..setting(RelayConfig {
            gather_above: 3,
            gather_every: Duration::from_secs(900),
            ..generous()
        })
    });
}

/// Above all, rooms that have secrets, with those who want to know them.
#[test]
fn with_hostile_guests() {
    simulate(&Setting {
        chatters: 85,
        hostile: 40,
        ..setting(RelayConfig {
            lines_per_turn: 1,
            ..RelayConfig::default()
        })
    });
}

/// The chat depends on what was done and when, and on no connection's id: what a restart, an upgrade and
/// several machines rest on. (That tables of hashes may have other seeds is a test of the hub's own.)
#[test]
fn a_twin_whose_connections_have_other_ids_says_and_knows_the_same() {
    // All that is known is looked at each time: much of that would be what was said long ago.
    let setting = Setting {
        has_hooks: true,
        has_twin: true,
        ..setting(RelayConfig {
            history: 20,
            ..RelayConfig::default()
        })
    };
    for seed in seeds() {
        World::new(seed, setting.clone()).run(2_000);
    }
}

/// The same bytes to the same connections, whenever what a line asks for takes effect.
#[test]
fn outcomes_that_come_late_change_nothing() {
    let setting = Setting {
        has_hooks: true,
        ..setting(RelayConfig::default())
    };
    for seed in seeds() {
        let tell = |turns| {
            let outcomes_after = Some(turns);
            let setting = Setting {
                outcomes_after,
                ..setting.clone()
            };
            let mut world = World::new(seed, setting);
            (world.run(3_000), world.waits())
        };
        let (at_once, _) = tell(0);
        for turns in [1, 2, 5] {
            let (late, waits) = tell(turns);
            assert_eq!(late, at_once, "seed {seed}, {turns} turns later");
            assert!(waits > 500, "only {waits} turns were waited");
        }
    }
}

#[test]
fn a_seed_tells_its_story_once_and_for_all() {
    let setting = Setting {
        has_hooks: true,
        ..setting(RelayConfig::default())
    };
    for seed in seeds() {
        let tell = || World::new(seed, setting.clone()).run(3_000);
        assert_eq!(tell(), tell(), "seed {seed}");
    }
}
