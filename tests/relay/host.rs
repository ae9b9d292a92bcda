//! The host of the server, and the part of the host program: hooks and calls. Every case is a
//! script.

use parloir::relay::{Answer, Hooks, Verdict};
use parloir::{Peer, Relay, RelayConfig, Tag};

use crate::script::{check, check_with};

#[test]
fn the_host_is_there_from_the_start_and_without_limits() {
    check(
        r#"
        set password=secret
        set burst=1
        connect host host
        host< * You are host, alone in lobby.
        wait 60s
        connect bob
        bob> secret
        wait 100ms
        bob> bob
        host< * bob joined
        bob< * You are bob, in lobby with host.
        host>> "1\n2\n3\n/who\n"
        host< * lobby: host and bob
        bob< <host> 1
        bob< <host> 2
        bob< <host> 3
        host> /kick
        host< * usage: /kick NAME [REASON]
        host> /kick carol
        host< * no one here is called carol
        host> /KICK Bob be nice 
        bob< * you were disconnected by host (be nice)
        bob closed
        host< * bob left (removed by host: be nice)
        host> /quit
        host stops
        stop
        host< * the server is stopping
        "#,
    );
}

#[test]
fn the_host_s_name_is_nobody_else_s() {
    check(
        "
        connect bob
        bob> host
        bob< * You are host2, alone in lobby.
        connect host host
        host< * You are host, in lobby with host2.
        bob< * host joined
        bob> /kick host
        bob< * you are not an operator of lobby
        ",
    );
}

/// The host's connection was closed but went on: its next line was answered to a closed connection.
#[test]
fn the_host_does_not_remove_itself() {
    check(
        r#"
        here alice
        connect host host
        host< * You are host, in lobby with alice.
        alice< * host joined
        host>> "/kick host\n/who\n"
        host< * that is you; /quit stops the server
        host< * lobby: alice and host
        "#,
    );
}

#[test]
fn other_threads_may_kick() {
    check(
        "
        here alice bob carol
        bob> /join dev
        bob< * You are bob, alone in dev.
        alice< * bob left
        carol< * bob left
        kick BOB
        bob< * you were disconnected by host
        bob closed
        kick carol too loud
        carol< * you were disconnected by host (too loud)
        carol closed
        alice< * carol left (removed by host: too loud)
        kick nobody
        connect deaf listen
        connect mute talk
        mute> mute
        alice< * mute joined
        kick mute
        alice< * mute left (removed by host)
        mute closed
        ",
    );
}

#[test]
fn other_threads_may_say() {
    check(
        r#"
        here alice bob
        connect deaf listen
        say clock lobby noon
        alice< <clock> noon
        bob< <clock> noon
        deaf< <clock> noon
        say alice #LOBBY it is me
        alice< <alice> it is me
        bob< <alice> it is me
        deaf< <alice> it is me
        say clock nowhere noon
        say *** lobby hm
        alice< <guest> hm
        bob< <guest> hm
        deaf< <guest> hm
        alice> /history 1
        alice< [2026-11-20 14:03:07Z] <guest> hm
        "#,
    );
}

/// Hooks that use every possible answer.
struct Censor;

impl Hooks for Censor {
    fn admit(&mut self, peer: &Peer) -> Result<(), String> {
        // The script's second listener has the role of the first one.
        match peer.tag {
            Tag(1) => Ok(()),
            _ => Err("closed\ntoday".into()),
        }
    }

    fn message(&mut self, from: &str, text: &str) -> Verdict {
        match text {
            "pass" => Verdict::Pass,
            "blank" => Verdict::Change(" \u{1b}[m".into()),
            "refuse" => Verdict::Refuse(format!("not so,\n{from}")),
            other => Verdict::Change(format!("{other}!\r\n\u{202e}x")),
        }
    }

    fn command(&mut self, from: &str, name: &str, argument: &str) -> Option<Answer> {
        let rolled = format!("{from} rolls {argument}\n* <x> 6\u{7}");
        match name {
            "roll" => Some(Answer::Sender(rolled)),
            "show" => Some(Answer::Room(rolled)),
            _ => None,
        }
    }
}

#[test]
fn hooks_admit_change_refuse_and_add_commands() {
    let make = |config: RelayConfig| {
        let relay = Relay::new(config).expect("a valid configuration");
        relay.with_hooks(Censor)
    };
    check_with(
        "
        here alice bob
        bob> pass
        alice< <bob> pass
        bob> hello
        alice< <bob> hello!x
        bob> blank
        bob> refuse
        bob< * not so,bob
        bob> /me refuse
        bob< * not so,bob
        bob> /msg alice refuse
        bob< * not so,bob
        bob> /msg alice hi
        alice< -bob- hi!x
        bob> /roll 2 d6
        bob< * bob rolls 2 d6
        bob< * * <x> 6
        bob> /show 2 d6
        bob< * bob rolls 2 d6
        bob< * * <x> 6
        alice< * bob rolls 2 d6
        alice< * * <x> 6
        bob> /rall
        bob< * unknown command /rall; /help lists the commands
        connect carol line
        carol< * closedtoday
        carol closed
        connect deaf listen
        deaf closed
        ",
        make,
    );
}

#[test]
fn a_host_that_removed_itself_came_back_as_a_ghost() {
    check(
        r#"
        connect host host
        host< * You are host, alone in lobby.
        host>> "/kick HOST\n/who\n"
        host< * that is you; /quit stops the server
        host< * lobby: host
        "#,
    );
}
