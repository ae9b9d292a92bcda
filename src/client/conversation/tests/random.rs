//! Tests random conversations: after any events, in any order, the client stays within its bounds.

use std::time::Duration;

use parloir::lines::LineReader;

use super::super::{WAITING_BYTES_MAX, WAITING_MAX};
use super::{person, pipe, time};
use crate::client::conversation::{Dialogue, Effect, LinkId, LoopEvent};

/// Lines that have a meaning for the client or for a relay.
const LINES: [&str; 16] = [
    "* Welcome to parloir.",
    "* This server asks for a password.",
    "* wrong password",
    "* server full",
    "* You are bob, alone in lobby.",
    "* You are now rob.",
    "* you were disconnected by host",
    "* Bye.",
    "* no one here is called bob",
    "<alice> \u{1b}[2Jhi",
    "hello",
    "/join a 1",
    "/join dev",
    "/join a 0",
    "/help",
    "/quit",
];

fn random_event(random: &mut fastrand::Rng, dialed: u64) -> LoopEvent {
    let link = match random.u8(..4) {
        0 => LinkId::Visitor(random.u64(..3)),
        1 => LinkId::Dialed(random.u64(..=dialed)),
        _ => LinkId::Dialed(dialed),
    };
    let line = LINES[random.usize(..LINES.len())];
    let words = || String::from("broke off");
    match random.u8(..16) {
        // No editor lets a control character through.
        0..4 => LoopEvent::Typed(line.replace('\u{1b}', "")),
        4 if random.u8(..20) == 0 => LoopEvent::InputEnded,
        4 if random.u8(..20) == 0 => LoopEvent::Interrupted,
        4 => LoopEvent::TypedTooMuch,
        5..8 => LoopEvent::Dialed {
            link,
            round_trip: Duration::from_millis(random.u64(..2000)),
        },
        8 => super::failed(link, words(), random.bool()),
        9 => LoopEvent::Ended {
            link,
            broken: random.bool().then(words),
        },
        10 => LoopEvent::Sent {
            link,
            bytes: random.usize(..100),
        },
        11 => LoopEvent::Visited {
            link: LinkId::Visitor(random.u64(..3)),
            from: String::from("192.0.2.7"),
        },
        _ => {
            let mut bytes = line.as_bytes().to_vec();
            if random.u8(..4) > 0 {
                bytes.push(b'\n');
            }
            LoopEvent::Received { link, bytes }
        }
    }
}

#[test]
fn nothing_that_happens_breaks_a_conversation() {
    let seed = 1;
    let mut random = fastrand::Rng::with_seed(seed);
    let mut finished = 0;
    for story in 0..2000 {
        let settings = match random.bool() {
            true => person(),
            false => pipe("relay"),
        };
        let is_interactive = settings.is_interactive;
        let mut conversation = Dialogue::new(settings);
        let (mut now, mut dialed, mut status) = (0, 0, None);
        let mut actions = conversation.start(time(now));
        for _ in 0..200 {
            for action in actions {
                assert_eq!(status, None, "story {story}: {action:?} after the end");
                match action {
                    Effect::Show(_, text) => assert!(!text.contains('\u{1b}'), "{text:?}"),
                    Effect::Dial { link, .. } => {
                        assert_eq!(link, LinkId::Dialed(dialed + 1));
                        dialed += 1;
                    }
                    Effect::Send { bytes, .. } => {
                        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
                    }
                    Effect::EndOutput(_) | Effect::Close(_) => {}
                    Effect::Finish(number) => status = Some(number),
                }
            }
            assert!(conversation.waiting.len() <= WAITING_MAX + 1);
            assert!(conversation.waiting_bytes <= WAITING_BYTES_MAX + 100);
            actions = match conversation.due() {
                Some(due) if random.bool() => {
                    let wait = due.since(time(now)).as_millis();
                    now += u64::try_from(wait).unwrap().max(1);
                    let actions = conversation.tick(time(now));
                    // Everything that was due is done; otherwise it would stay due for ever.
                    let next = conversation.due().map(|due| due.since(time(now)));
                    assert!(
                        next.is_none_or(|next| !next.is_zero()) || !actions.is_empty(),
                        "story {story}: nothing is done at {now}"
                    );
                    actions
                }
                _ => {
                    now += random.u64(..u64::try_from(LineReader::QUIET.as_millis()).unwrap());
                    conversation.handle(random_event(&mut random, dialed), time(now))
                }
            };
        }
        finished += usize::from(status.is_some());
        assert!(!is_interactive || status.is_none_or(|status| status == 0));
    }
    assert!(finished > 1000, "only {finished} have ended");
}
