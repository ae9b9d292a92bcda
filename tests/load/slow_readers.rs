//! Readers that are too slow: no other client waits for them, the lines that they miss are counted
//! and their places are marked, and the memory for their queues is limited.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::thread;
use std::time::{Duration, Instant};

use crate::wire::{Client, Program};

/// The number of missing lines in a notice, and whether those are private messages.
fn skipped(line: &str) -> Option<(usize, bool)> {
    let what = line.strip_suffix(" skipped: you were reading too slowly")?;
    let (count, what) = what.strip_prefix("* ")?.split_once(' ')?;
    let is_private = match what.trim_end_matches('s') {
        "line" => false,
        "private message" => true,
        _ => return None,
    };
    Some((count.parse().ok()?, is_private))
}

/// A line of about a thousand bytes.
fn long(n: usize) -> String {
    format!("{n} {}", "x".repeat(990))
}

/// A listener without a nickname, which hears everything.
fn observer(program: &Program) -> Client {
    let mut observer = program.connect();
    observer.expect(crate::wire::GREETING);
    observer
}

/// A client that reads nothing unless told to, with small buffers on the way.
fn slow(program: &Program, name: &str) -> Client {
    Client::connect_narrow(program.address()).named(name)
}

/// Compares a stream with the lines that were sent, in order: every line is the next one, or a
/// notice stands for exactly those that are missing.
struct Follower<'a> {
    sent: &'a [String],
    at: usize,
    skipped: usize,
    /// Numbers of lines and of private messages that are missing at this place, according to the
    /// notices.
    gap: [usize; 2],
}

impl<'a> Follower<'a> {
    fn new(sent: &'a [String]) -> Self {
        Self {
            sent,
            at: 0,
            skipped: 0,
            gap: [0; 2],
        }
    }

    fn take(&mut self, line: &str) {
        if let Some((count, is_private)) = skipped(line) {
            self.gap[usize::from(is_private)] += count;
            return;
        }
        self.close_gap();
        assert_eq!(
            line, self.sent[self.at],
            "line {} is not what was sent",
            self.at
        );
        self.at += 1;
    }

    /// Checks that the missing lines are of the kinds that the notices said.
    fn close_gap(&mut self) {
        let [lines, private] = std::mem::take(&mut self.gap);
        let missing = &self.sent[self.at..self.at + lines + private];
        let is_private = |line: &&String| line.starts_with('-');
        assert_eq!(missing.iter().filter(is_private).count(), private);
        self.at += missing.len();
        self.skipped += missing.len();
    }

    fn is_at_the_end(&self) -> bool {
        self.at + self.gap[0] + self.gap[1] == self.sent.len()
    }

    fn follow_to_the_end(&mut self, client: &mut Client) {
        while !self.is_at_the_end() {
            self.take(&client.line());
        }
        self.close_gap();
    }
}

#[test]
fn received_and_skipped_are_what_was_sent_and_the_notice_stands_in_the_gap() {
    for (queue, lines) in [("1KiB", 300), ("20k", 300), ("300k", 600)] {
        check_gaps(queue, lines, fastrand::u64(..));
    }
}

/// Four floods, between which the slow client reads a little.
fn check_gaps(queue: &str, lines: usize, seed: u64) {
    println!("--queue {queue}, seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let program = Program::start(&["--rate", "0", "--queue", queue]);
    let mut talker = program.join("talker");
    let mut slow = slow(&program, "slow");
    talker.expect("* slow joined");
    let mut observer = observer(&program);
    let mut sent = Vec::new();
    let mut heard = Vec::new();
    for _ in 0..4 {
        for n in 0..lines {
            let text = long(sent.len());
            if n % 97 == 96 {
                talker.send(format!("/msg slow {n}\n"));
                sent.push(format!("-talker- {n}"));
            }
            talker.send(format!("{text}\n"));
            sent.push(format!("<talker> {text}"));
        }
        observer.wait_for_line(sent.last().expect("it is not empty"));
        for _ in 0..random.usize(..20) {
            heard.push(slow.line());
        }
    }
    let mut follower = Follower::new(&sent);
    heard.iter().for_each(|line| follower.take(line));
    follower.follow_to_the_end(&mut slow);
    assert!(
        follower.skipped > 0,
        "nothing was skipped: the test is too small"
    );
}

#[test]
fn two_hundred_chat_as_if_a_deaf_one_and_a_flood_were_not_there() {
    const PEOPLE: usize = 200;
    const EACH: usize = 3;
    const FLOOD: usize = 400;
    const TOTAL: usize = PEOPLE * EACH + FLOOD;
    let program = Program::start(&["--rate", "0", "--queue", "32KiB"]);
    let mut observer = observer(&program);
    let people: Vec<Client> = (0..PEOPLE)
        .map(|n| program.join(&format!("p{n}")))
        .collect();
    let mut flooder = program.join("flooder");
    let mut slow = slow(&program, "slow");
    // Arrivals in a full room are announced later and together: they must not be among the lines
    // that are counted.
    let mut joined = 0;
    while joined < PEOPLE + 2 {
        let line = observer.line();
        joined += count_joined(&line);
    }

    let flood = thread::spawn(move || {
        for n in 0..FLOOD {
            flooder.send(format!("{}\n", long(n)));
        }
        flooder
    });
    let chatting: Vec<_> = people
        .into_iter()
        .enumerate()
        .map(|(n, client)| thread::spawn(move || chat(client, n, EACH, TOTAL - EACH)))
        .collect();
    let reference: Vec<String> = (0..TOTAL)
        .map(|_| observer.wait_for(|line| line.starts_with('<')))
        .collect();
    let mut present = Vec::new();
    for (n, chatting) in chatting.into_iter().enumerate() {
        let own = format!("<p{n}> ");
        let others = reference.iter().filter(|line| !line.starts_with(&own));
        let expected: Vec<u64> = others.map(|line| digest(line)).collect();
        let (client, heard) = chatting.join().expect("no panic");
        assert!(heard == expected, "p{n} read something else");
        // No client leaves before the end, because that would be one more line.
        present.push(client);
    }
    let _flooder = flood.join().expect("no panic");

    let mut follower = Follower::new(&reference);
    while !follower.is_at_the_end() {
        let line = slow.line();
        if line.starts_with('<') || skipped(&line).is_some() {
            follower.take(&line);
        }
    }
    follower.close_gap();
    assert!(
        follower.skipped > 0,
        "nothing was skipped: the test is too small"
    );
}

/// The number of people who have joined, according to a line.
fn count_joined(line: &str) -> usize {
    let Some(names) = line
        .strip_prefix("* ")
        .and_then(|line| line.strip_suffix(" joined"))
    else {
        return 0;
    };
    let listed = names.replace(" and ", ", ");
    let counts = listed
        .split(", ")
        .map(|part| match part.split_once(" other") {
            Some((count, _)) => count.parse().expect("a number of others"),
            None => 1,
        });
    counts.sum()
}

/// Says a few lines and reads those of the others. Returns digests of them.
fn chat(mut client: Client, n: usize, lines: usize, expected: usize) -> (Client, Vec<u64>) {
    for line in 0..lines {
        client.send(format!("{n}.{line} {}\n", "y".repeat(80)));
    }
    let mut next = || digest(&client.wait_for(|line| line.starts_with('<')));
    let heard = (0..expected).map(|_| next()).collect();
    (client, heard)
}

fn digest(line: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn one_who_takes_nothing_while_lines_wait_is_closed() {
    let program = Program::start(&["--rate", "0", "--stall", "1s"]);
    let mut talker = program.join("talker");
    let _slow = slow(&program, "slow");
    for n in 0..300 {
        talker.send(format!("{}\n", long(n)));
    }
    talker.wait_for_line("* slow left (stopped reading)");
}

#[test]
fn one_for_whom_nothing_waits_is_never_stalled() {
    let program = Program::start(&["--stall", "500ms"]);
    let mut talker = program.join("talker");
    let mut idle = program.join("idle");
    talker.expect("* idle joined");
    assert!(
        talker.is_quiet_for(Duration::from_secs(2)),
        "idle was closed"
    );
    talker.send("hello\n");
    idle.expect("<talker> hello");
}

/// The kernel calls a socket writable only when a third of its buffer is free, which for a slow but
/// steady reader can take longer than the limit.
#[test]
fn a_steady_reader_was_taken_for_stalled() {
    const LINES: usize = 8_000;
    let flags = ["--rate", "0", "--stall", "2s", "--queue", "16MiB"];
    let program = Program::start(&flags);
    let mut talker = program.join("talker");
    let mut steady = program.join("steady");
    for n in 0..LINES {
        talker.send(format!("{}\n", long(n)));
    }
    talker.send("/who\n");
    talker.wait_for_line("* lobby: talker and steady");
    let mut read = 0;
    let begin = Instant::now();
    // The pace is the subject of the test, so it sleeps: 16 KiB every 100 ms.
    while begin.elapsed() < Duration::from_secs(5) {
        for _ in 0..16 {
            let line = steady.line();
            assert!(line.starts_with(&format!("<talker> {read} ")));
            read += 1;
        }
        thread::sleep(Duration::from_millis(100));
    }
    for n in read..LINES {
        let line = steady.line();
        assert!(
            line.starts_with(&format!("<talker> {n} ")),
            "{line} is not {n}"
        );
    }
}

#[test]
fn what_one_has_asked_for_oneself_closes_at_four_times_the_limit() {
    let program = Program::start(&["--rate", "0", "--queue", "4KiB"]);
    let mut talker = program.join("talker");
    for n in 0..200 {
        talker.send(format!("{}\n", long(n)));
    }
    let mut slow = slow(&program, "slow");
    for _ in 0..100 {
        slow.send("/history\n");
    }
    talker.wait_for_line("* slow left (read too slowly)");
}

#[test]
fn private_messages_of_many_have_nobody_closed() {
    let program = Program::start(&["--rate", "0", "--queue", "4KiB"]);
    let mut slow = slow(&program, "slow");
    let mut sent = 0;
    let mut talkers: Vec<Client> = (0..10).map(|n| program.join(&format!("t{n}"))).collect();
    for talker in &mut talkers {
        for n in 0..200 {
            talker.send(format!("/msg slow {}\n", long(n)));
            sent += 1;
        }
        // The answer shows that all lines of this talker have been taken.
        talker.send("/rooms\n");
        talker.wait_for_line("* lobby (11)");
    }
    slow.send("/who\n");
    let (mut heard, mut missed) = (0, 0);
    loop {
        let line = slow.line();
        if let Some((count, true)) = skipped(&line) {
            missed += count;
        } else if line.starts_with("-t") {
            heard += 1;
        } else if line.starts_with("* lobby: slow, t0") {
            break;
        }
    }
    assert_eq!(heard + missed, sent);
    assert!(missed > 0, "it was not slow at all");
}

#[test]
fn all_queues_together_are_bounded() {
    const SLOW: usize = 40;
    const LINES: usize = 1_500;
    let flags = ["--rate", "0", "--queue", "1MiB", "--queue-total", "4MiB"];
    let program = Program::start(&flags);
    let mut talker = program.join("talker");
    let mut slow: Vec<Client> = (0..SLOW)
        .map(|n| slow(&program, &format!("slow{n}")))
        .collect();
    let mut observer = observer(&program);
    let before = program.resident_kib();
    let sent: Vec<String> = (0..LINES)
        .map(|n| format!("<talker> {}", long(n)))
        .collect();
    for n in 0..LINES {
        talker.send(format!("{}\n", long(n)));
    }
    for line in &sent {
        observer.wait_for_line(line);
    }
    // The bound is the limit; as much again twice, because a growing queue doubles its memory and
    // moves there; and a turn's output and the room's history. Without a common limit it would be
    // 40 MiB.
    let grown = program.resident_kib().saturating_sub(before);
    assert!(grown < 16 << 10, "grown by {grown} KiB");
    for client in &mut slow {
        let mut follower = Follower::new(&sent);
        while !follower.is_at_the_end() {
            let line = client.line();
            if !line.ends_with(" joined") {
                follower.take(&line);
            }
        }
        follower.close_gap();
        assert!(
            follower.skipped > 0,
            "nothing was skipped: the test is too small"
        );
    }
}

#[test]
fn whoever_holds_most_is_skipped_first() {
    let flags = ["--rate", "0", "--queue", "2MiB", "--queue-total", "2MiB"];
    let program = Program::start(&flags);
    let mut talker = program.join("talker");
    let mut first = slow(&program, "first");
    let sent: Vec<String> = (0..2_200)
        .map(|n| format!("<talker> {}", long(n)))
        .collect();
    let mut observer = observer(&program);
    let mut say = |lines: std::ops::Range<usize>| {
        for n in lines.clone() {
            talker.send(format!("{}\n", long(n)));
        }
        lines.for_each(|n| observer.wait_for_line(&sent[n]));
    };
    say(0..1_500);
    let mut second = slow(&program, "second");
    say(1_500..2_200);

    let mut follower = Follower::new(&sent[1_500..]);
    for _ in 0..20 {
        // A line of the history, which the client was shown on arrival.
        assert!(second.line().starts_with('['));
    }
    follower.follow_to_the_end(&mut second);
    assert_eq!(follower.skipped, 0, "the second held less");
    let mut received = 0;
    while skipped(&first.line()).is_none() {
        received += 1;
    }
    assert!(received < 1_500, "the first kept all it held");
}

#[test]
fn a_slow_reader_is_served_again_as_soon_as_it_reads() {
    let program = Program::start(&["--rate", "0", "--queue", "20k", "--replay", "0"]);
    let mut talker = program.join("talker");
    for round in 0..10 {
        let mut slow = slow(&program, "slow");
        for n in 0..400 {
            talker.send(format!("{}\n", long(n)));
        }
        talker.send("/who\n");
        talker.wait_for_line("* lobby: talker and slow");
        // The client's own input is paused while its queue is too long, and goes on afterwards.
        slow.send(format!("round {round}\n"));
        slow.wait_for(|line| skipped(line).is_some());
        talker.wait_for_line(&format!("<slow> round {round}"));
        drop(slow);
        talker.wait_for_line("* slow left");
    }
}

/// An IRC client that knows messages of several lines.
fn irc(mut client: Client, name: &str) -> Client {
    client.send(format!(
        "CAP REQ :batch draft/multiline\r\nNICK {name}\r\nUSER u 0 * :r\r\nCAP END\r\nJOIN #lobby\r\n"
    ));
    client.wait_for(|line| line.contains(" 366 "));
    client
}

#[test]
fn a_message_of_several_lines_is_missed_line_by_line_or_as_a_whole() {
    const MESSAGES: usize = 300;
    const LINES: usize = 5;
    let program = Program::start(&["--rate", "0", "--queue", "20k"]);
    let mut talker = irc(program.connect(), "talker");
    let mut plain = slow(&program, "plain");
    let mut whole = irc(Client::connect_narrow(program.address()), "whole");
    let mut observer = observer(&program);
    let mut sent = Vec::new();
    for n in 0..MESSAGES {
        talker.send("BATCH +x draft/multiline #lobby\r\n");
        for line in 0..LINES {
            let text = format!("{n} {line} {}", "x".repeat(400));
            talker.send(format!("@batch=x PRIVMSG #lobby :{text}\r\n"));
            sent.push(format!("<talker> {text}"));
        }
        talker.send("BATCH -x\r\n");
    }
    observer.wait_for_line(sent.last().expect("it is not empty"));

    plain.expect("* whole joined");
    let mut follower = Follower::new(&sent);
    follower.follow_to_the_end(&mut plain);
    assert!(follower.skipped > 0, "the test is too small");

    let (mut read, mut missed) = (0, 0);
    while read + missed < MESSAGES {
        let line = whole.line();
        if let Some(notice) = line.strip_prefix("NOTICE * :") {
            let (count, what) = notice.split_once(' ').expect("how many are missing");
            assert!(what.starts_with("message"), "{what}");
            missed += count.parse::<usize>().expect("a number");
            continue;
        }
        assert!(line.contains(" BATCH +"), "{line}");
        for _ in 0..LINES {
            assert!(
                whole.line().starts_with("@batch="),
                "a message is cut in two"
            );
        }
        assert!(whole.line().contains(" BATCH -"), "a message is cut in two");
        read += 1;
    }
    assert!(missed > 0, "the test is too small");
}
