//! The same bytes at the same times, cut differently, must have the same outcome.

use std::time::Duration;

use fastrand::Rng;
use parloir::relay::Role;
use parloir::{RelayConfig, Tag};

use crate::support::Stage;
use crate::traffic;

/// The index of the client, its bytes, and the pause after the bytes before.
type Script = Vec<(usize, Vec<u8>, Duration)>;

const CLIENTS: usize = 6;

fn script(random: &mut Rng) -> Script {
    // The first bytes of each client hold a newline: the effect of a missing one depends on when
    // bytes arrive.
    let first = |who| {
        (
            who,
            format!("u{who}\n").into_bytes(),
            Duration::from_millis(5),
        )
    };
    let mut script: Script = (0..CLIENTS).map(first).collect();
    for n in 0..40 {
        let mut bytes = Vec::new();
        let who = random.usize(..CLIENTS);
        for part in 0..random.u8(1..6) {
            bytes.extend(traffic::line(random, &format!("m{n}-{part}"), 64));
        }
        let pause = Duration::from_millis(random.u64(..500));
        script.push((who, bytes, pause));
    }
    script
}

/// Plays a script with its bytes cut by `cut`. Returns the bytes that each client has read.
fn play(
    config: &RelayConfig,
    script: &Script,
    mut cut: impl FnMut(usize) -> usize,
) -> Vec<Vec<u8>> {
    let mut stage = Stage::new(config.clone());
    let silent = [stage.listener(Role::Listen), stage.listener(Role::Broker)];
    let tag = |who: usize| match who {
        4 => silent[1],
        5 => silent[1],
        _ => Tag::default(),
    };
    let mut ids: Vec<_> = (0..CLIENTS).map(|who| stage.connect_to(tag(who))).collect();
    ids.push(stage.connect_to(silent[0]));
    for (who, bytes, pause) in script {
        stage.wait(*pause);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(cut(rest.len()).clamp(1, rest.len()));
            stage.send(ids[*who], piece);
            rest = behind;
        }
    }
    for id in &ids {
        stage.end(*id);
    }
    stage.wait_ms(3_600_000);
    ids.iter().map(|id| stage.hear_bytes(*id)).collect()
}

#[test]
fn how_segments_are_cut_changes_nothing() {
    let configs = [(0, 50), (10, 50), (4, 5)].map(|(rate, burst)| RelayConfig {
        rate,
        burst,
        line_bytes_max: 64,
        ..RelayConfig::default()
    });
    for seed in crate::seeds() {
        let mut random = Rng::with_seed(seed);
        for round in 0..20 {
            let script = script(&mut random);
            for config in &configs {
                let whole = play(config, &script, |length| length);
                assert!(whole.concat().len() > 500);
                let single = play(config, &script, |_| 1);
                let anyhow = play(config, &script, |length| random.usize(1..=length));
                assert!(whole == single, "seed {seed}, round {round}: byte by byte");
                assert!(whole == anyhow, "seed {seed}, round {round}: cut anyhow");
            }
        }
    }
}
