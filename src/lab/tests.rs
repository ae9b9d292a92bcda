//! Tests the services on a stage: each row of the table, and behaviour that involves several services.

mod chance;
mod messages;
mod stage;

use super::*;
use stage::Stage;

#[test]
fn feed_writes_a_line_at_once_and_one_every_second_for_ever() {
    let config = LabConfig {
        every: Duration::from_millis(250),
        language: Language::French,
        ..LabConfig::default()
    };
    let mut stage = Stage::with(config);
    let reader = stage.connect(Service::Feed);
    stage.hears(reader, texts::line(Language::French, 1));
    stage.wait(249);
    stage.hears(reader, "");
    stage.wait(1);
    stage.hears(reader, texts::line(Language::French, 2));
    // Neither input from the client nor its end changes anything.
    stage.send(reader, "hello?");
    stage.end(reader, CloseReason::Finished);
    stage.hears(reader, "");
    stage.wait(500);
    let two = [3, 4].map(|n| texts::line(Language::French, n));
    stage.hears(reader, two.concat());
    assert!(!stage.is_closed(reader));
}

#[test]
fn feed_keeps_step_with_the_clock_when_the_loop_is_late() {
    let mut stage = Stage::new();
    let reader = stage.connect(Service::Feed);
    let line = |n| texts::line(Language::English, n);
    stage.hears(reader, line(1));
    // How late the loop is, and the output read then. After more than a line's time, lines do not pile
    // up.
    for (ms, heard) in [
        (1300, line(2)),
        (699, String::new()),
        (1, line(3)),
        (5000, line(4)),
        (999, String::new()),
        (1, line(5)),
    ] {
        stage.be_late(ms);
        stage.wait(0);
        stage.hears(reader, heard);
    }
}

#[test]
fn burst_writes_three_to_ten_lines_and_closes() {
    let mut lengths = std::collections::BTreeSet::new();
    for seed in 0..100 {
        let mut stage = Stage::with(LabConfig {
            seed,
            ..LabConfig::default()
        });
        let reader = stage.connect(Service::Burst);
        let text = std::mem::take(&mut stage.people.get_mut(&reader).unwrap().heard);
        lengths.insert(text.iter().filter(|byte| **byte == b'\n').count());
        assert!(stage.is_closed(reader) && text.ends_with(b"\n"));
    }
    assert_eq!(
        lengths.into_iter().collect::<Vec<_>>(),
        [3, 4, 5, 6, 7, 8, 9, 10]
    );
}

#[test]
fn hello_answers_every_datagram_but_its_own_text() {
    let mut stage = Stage::new();
    let from = UdpPeer::new(Service::Hello.tag(), "127.0.0.1:9".parse().unwrap(), 7);
    let now = stage.now();
    for bytes in [&b""[..], b"coucou", b"\xff", b"Hello cher client UDP"] {
        stage.lab.datagram(from, bytes, now, &mut stage.out);
    }
    let answer = (from, b"Hello cher client UDP".to_vec());
    assert_eq!(
        stage.out.datagrams,
        [answer.clone(), answer.clone(), answer]
    );
    stage.sees(&[
        "9 > ",
        "9 > coucou",
        r"9 > \xff",
        "9 > Hello cher client UDP",
    ]);
}

/// The rule of the forgotten newline is that of the relay.
#[test]
fn mailbox_takes_all_up_to_the_end_or_a_while_of_quiet() {
    let mut stage = Stage::new();
    let quiet = stage.connect(Service::Mailbox);
    stage.overlook();
    stage.wait(60_000);
    assert!(!stage.is_closed(quiet), "nothing came yet");
    for piece in ["Cher ", "ami,\n", "ça va ?"] {
        stage.send(quiet, piece);
        stage.wait(199);
        assert!(!stage.is_closed(quiet));
    }
    stage.wait(1);
    assert!(stage.is_closed(quiet));
    stage.hears(quiet, "");
    stage.sees(&[r"1 > Cher ami,\nça va ?"]);
    let hasty = stage.connect(Service::Mailbox);
    stage.send(hasty, "x");
    stage.end(hasty, CloseReason::Finished);
    assert!(stage.is_closed(hasty));
    let empty = stage.connect(Service::Mailbox);
    stage.end(empty, CloseReason::Reset);
    stage.sees(&["2 came", "2 > x", "3 came", "3 left, reset by the peer"]);
}

#[test]
fn mailbox_keeps_the_beginning_of_a_long_message() {
    let mut stage = Stage::new();
    let id = stage.connect(Service::Mailbox);
    stage.overlook();
    for _ in 0..100 {
        stage.send(id, "x".repeat(1000));
    }
    stage.wait(200);
    stage.sees(&[&format!("1 > {}", "x".repeat(4096))]);
}

#[test]
fn pseudo_shows_chunks_and_counts_lines_that_ended() {
    let mut stage = Stage::new();
    let id = stage.connect(Service::Pseudo);
    stage.send(id, "Zo");
    stage.wait(60_000);
    stage.send(id, "é\r\n");
    stage.send(id, "salut");
    stage.wait(60_000);
    stage.send(id, " !\nun\ndeux\ntrois");
    stage.end(id, CloseReason::Finished);
    stage.hears(id, "");
    assert!(stage.is_closed(id));
    stage.sees(&[
        "1 came",
        "1 > Zo",
        r"1 > é\r\n",
        "1 is Zoé",
        "1 > salut",
        r"1 >  !\nun\ndeux\ntrois",
        "1 3 lines",
    ]);
}

#[test]
fn a_long_pseudonym_is_kept_in_part_and_ends_at_its_newline() {
    for (length, kept) in [(255, 255), (256, 256), (257, 256), (100_000, 256)] {
        let mut stage = Stage::new();
        let id = stage.connect(Service::Pseudo);
        for piece in vec![b'x'; length].chunks(1000) {
            stage.send(id, piece);
        }
        stage.overlook();
        stage.send(id, "\none\n");
        let name = "x".repeat(kept);
        stage.sees(&[r"1 > \none\n", &format!("1 is {name}"), "1 1 lines"]);
    }
}

#[test]
fn talk_listen_and_chat_are_one_room_and_broker_is_none_of_it() {
    let mut stage = Stage::new();
    let ears = stage.connect(Service::Listen);
    let mouth = stage.connect(Service::Talk);
    let chat = stage.connect(Service::Chat);
    stage.send(chat, "Ana\n");
    stage.hears(chat, "* You are Ana, in lobby with 1 listener.\n");
    stage.send(mouth, "Bob\nsalut\n");
    stage.hears(ears, "<Bob> salut\n");
    stage.hears(chat, "* Bob joined\n<Bob> salut\n");
    stage.send(chat, "/who\n");
    stage.hears(
        chat,
        "* lobby: Ana (127.0.0.1:3), Bob (127.0.0.1:2) and 1 listener\n",
    );
    stage.send(mouth, "/quit");
    stage.wait(60_000);
    stage.hears(chat, "");
    stage.send(mouth, "\n");
    stage.hears(ears, "<Bob> /quit\n");
    stage.hears(mouth, "");
    let late = stage.connect(Service::Chat);
    stage.send(late, "Cleo\n/history\n");
    stage.hears(
        late,
        "* You are Cleo, in lobby with Ana, Bob and 1 listener.\n* nothing has been said in lobby yet\n",
    );
    let [one, two] = [(); 2].map(|()| stage.connect(Service::Broker));
    stage.send(one, "hello");
    stage.wait(200);
    stage.hears(two, "hello\n");
    stage.hears(one, "");
    stage.hears(ears, "");
}

/// A line that the relay did not take yet, since more of it was to come, was shown twice.
#[test]
fn what_the_relay_does_not_take_yet_is_shown_once() {
    let mut stage = Stage::new();
    let id = stage.connect(Service::Chat);
    stage.overlook();
    stage.send(id, "GET");
    stage.send(id, "ry");
    stage.wait(1000);
    stage.sees(&["1 > GET", "1 > ry"]);
}

#[test]
fn a_connection_by_an_unknown_tag_is_closed() {
    let mut stage = Stage::new();
    let id = ConnId::new(0, 0);
    let now = stage.now();
    stage.out.open.insert(id, true);
    let peer = Peer::new(Tag(12), Address::Unix, now);
    stage.lab.opened(id, &peer, now, &mut stage.out);
    assert_eq!(stage.out.closing, [id]);
}

#[test]
fn a_feed_faster_than_the_loop_can_wait_is_refused() {
    for (micros, works) in [(0, false), (999, false), (1000, true)] {
        let config = LabConfig {
            every: Duration::from_micros(micros),
            ..LabConfig::default()
        };
        assert_eq!(
            Lab::new(config, Watcher::default()).is_ok(),
            works,
            "{micros}"
        );
    }
}

/// Clients find each other by this line, so it is a list to be split at the commas.
#[test]
fn who_lists_pseudonyms_and_addresses() {
    let mut stage = Stage::new();
    let [ana, bob] = [(); 2].map(|()| stage.connect(Service::Chat));
    stage.send(ana, "Ana\n/who\n");
    stage.hears(
        ana,
        "* You are Ana, alone in lobby.\n* lobby: Ana (127.0.0.1:1)\n",
    );
    stage.send(bob, "Bob\n/who\n");
    stage.hears(
        bob,
        "* You are Bob, in lobby with Ana.\n* lobby: Ana (127.0.0.1:1), Bob (127.0.0.1:2)\n",
    );
}
