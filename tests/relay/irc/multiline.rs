//! Messages of several lines, from clients with draft/multiline to all others.

use parloir::relay::{Hooks, Verdict};
use parloir::{Relay, RelayConfig};

use crate::script::{check, check_with};

/// Alice and bob, whose clients know such messages, and carol, whose client does not, in a room
/// with dave on netcat.
const COMPANY: &str = "
        irc alice bob carol
        caps alice draft/multiline batch message-tags
        caps bob draft/multiline batch message-tags
        caps carol message-tags
        alice> JOIN #lobby
        skip
        bob> JOIN #lobby
        skip
        carol> JOIN #lobby
        skip
        here dave
        skip
";

fn check_in_company(script: &str) {
    check(&format!("{COMPANY}{script}\nskip\n"));
}

#[test]
fn a_message_of_several_lines_is_one_for_who_knows_them_and_lines_for_others() {
    check_in_company(
        r#"
        alice> @+x=1 BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby hello
        alice> @batch=1 PRIVMSG #lobby :
        alice>> "@batch=1 PRIVMSG #LOBBY :how is \r\n"
        alice> @batch=1;draft/multiline-concat PRIVMSG #lobby :everyone?
        alice<
        bob<
        alice> BATCH -1
        alice<
        bob< @+x=1;msgid=… {alice} BATCH +… draft/multiline #lobby
        bob< @batch=… {alice} PRIVMSG #lobby hello
        bob< @batch=… {alice} PRIVMSG #lobby :
        bob< @batch=… {alice} PRIVMSG #lobby :how is…
        bob< @batch=…;draft/multiline-concat {alice} PRIVMSG #lobby everyone?
        bob< {alice} BATCH -…
        carol< @+x=1;msgid=… {alice} PRIVMSG #lobby hello
        carol< @+x=1 {alice} PRIVMSG #lobby :how is…
        carol< @+x=1 {alice} PRIVMSG #lobby everyone?
        dave< <alice> hello
        dave< <alice> how is everyone?
        "#,
    );
}

#[test]
fn no_line_of_a_message_looks_like_the_server_s_or_another_s() {
    check_in_company(
        "
        alice> BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby :* bob left
        alice> @batch=1 PRIVMSG #lobby :<bob> hello
        alice> BATCH -1
        skip
        alice> BATCH +2 draft/multiline dave
        alice> @batch=2 PRIVMSG dave :* bob left
        alice> @batch=2 PRIVMSG dave :-bob- hello
        alice> BATCH -2
        dave< -alice- * bob left
        dave< -alice- -bob- hello
        connect eve
        eve> eve
        eve< * You are eve, in lobby with alice, bob, carol and dave.
        eve< [2026-11-20 14:03:07Z] <alice> * bob left
        eve< [2026-11-20 14:03:07Z] <alice> <bob> hello
        ",
    );
}

#[test]
fn a_long_line_of_plain_text_is_one_message_for_who_knows_them() {
    let line = "x".repeat(500);
    let (first, second) =
        line.split_at(510 - ":dave!~user@00000000.00000000.ip PRIVMSG #lobby :".len());
    check_in_company(&format!(
        "
        dave> {line}
        bob< @msgid=… {{dave}} BATCH +… draft/multiline #lobby
        bob< @batch=… {{dave}} PRIVMSG #lobby {first}
        bob< @batch=…;draft/multiline-concat {{dave}} PRIVMSG #lobby {second}
        bob< {{dave}} BATCH -…
        carol< @msgid=… {{dave}} PRIVMSG #lobby {first}
        carol< {{dave}} PRIVMSG #lobby {second}
        "
    ));
}

#[test]
fn who_asked_for_echo_gets_the_message_back_with_one_label() {
    check(
        "
        irc alice
        caps alice draft/multiline batch message-tags echo-message labeled-response server-time
        alice> JOIN #dev
        skip
        alice> @label=7 BATCH +1 draft/multiline #dev
        alice> @batch=1 PRIVMSG #dev hello
        alice> @batch=1 PRIVMSG #dev there
        alice<
        alice> BATCH -1
        alice< @label=7;msgid=…;time=… {alice} BATCH +… draft/multiline #dev
        alice< @batch=… {alice} PRIVMSG #dev hello
        alice< @batch=… {alice} PRIVMSG #dev there
        alice< @time=… {alice} BATCH -…
        alice> @label=8 BATCH +2 draft/multiline nobody
        alice> @batch=2 PRIVMSG nobody hello
        alice> BATCH -2
        alice< @label=8;time=… :parloir.local 401 alice nobody …
        alice> @label=9 BATCH +3 draft/multiline #dev
        alice> @batch=4 PRIVMSG #dev hello
        alice< @label=9;time=… :parloir.local FAIL BATCH MULTILINE_INVALID …
        alice> BATCH -3
        alice<
        ",
    );
}

#[test]
fn tags_of_who_knows_none_went_on_with_a_message_of_several_lines() {
    check(
        "
        irc alice bob
        caps alice draft/multiline batch
        caps bob draft/multiline batch message-tags
        alice> @+x=1 PRIVMSG bob :hello
        bob< @msgid=… {alice} PRIVMSG bob hello
        alice> @+x=1 BATCH +1 draft/multiline bob
        alice> @batch=1 PRIVMSG bob one
        alice> @batch=1 PRIVMSG bob two
        alice> BATCH -1
        bob< @msgid=… {alice} BATCH +… draft/multiline bob
        bob< @batch=… {alice} PRIVMSG bob one
        bob< @batch=… {alice} PRIVMSG bob two
        bob< {alice} BATCH -…
        ",
    );
}

#[test]
fn who_gave_up_labels_in_the_middle_of_a_message_was_sent_one() {
    check(
        "
        irc alice bob
        caps alice draft/multiline batch echo-message labeled-response
        alice> @label=7 BATCH +1 draft/multiline bob
        alice> @batch=1 PRIVMSG bob hello
        alice> CAP REQ :-labeled-response
        alice< :parloir.local CAP alice ACK …
        alice> @batch=1 PRIVMSG bob there
        alice> BATCH -1
        alice< {alice} BATCH +… draft/multiline bob
        alice< @batch=… {alice} PRIVMSG bob hello
        alice< @batch=… {alice} PRIVMSG bob there
        alice< {alice} BATCH -…
        skip
        alice> CAP REQ :labeled-response
        alice< :parloir.local CAP alice ACK …
        alice> @label=8 BATCH +1 draft/multiline bob
        alice> CAP REQ :-labeled-response
        alice< :parloir.local CAP alice ACK …
        alice> @batch=1 JOIN #dev
        alice< :parloir.local FAIL BATCH MULTILINE_INVALID …
        skip
        ",
    );
}

#[test]
fn two_messages_that_look_like_one_of_several_lines_had_one_label_for_both() {
    check(
        r#"
        irc alice bob
        caps alice batch message-tags echo-message labeled-response
        alice>> "@label=7 PRIVMSG bob,BOB :x BATCH +m BATCH -m\r\n"
        alice< @label=7 :parloir.local BATCH +… labeled-response
        alice< @batch=…;msgid=… {alice} PRIVMSG bob :x BATCH +m BATCH -m
        alice< @batch=…;msgid=… {alice} PRIVMSG bob :x BATCH +m BATCH -m
        alice< :parloir.local BATCH -…
        skip
        "#,
    );
}

#[test]
fn history_keeps_a_message_whole() {
    check(
        "
        irc alice
        caps alice draft/multiline batch message-tags echo-message draft/message-redaction
        alice> JOIN #dev
        skip
        alice> BATCH +1 draft/multiline #dev
        alice> @batch=1 PRIVMSG #dev one
        alice> @batch=1 PRIVMSG #dev two
        alice> BATCH -1
        skip
        irc bob carol
        caps bob draft/multiline batch draft/chathistory message-tags
        bob> JOIN #dev
        skip
        bob> CHATHISTORY LATEST #dev * 10
        bob< :parloir.local BATCH +… chathistory #dev
        bob< @batch=…;msgid=… {alice} BATCH +… draft/multiline #dev
        bob< @batch=… {alice} PRIVMSG #dev one
        bob< @batch=… {alice} PRIVMSG #dev two
        bob< {alice} BATCH -…
        bob< :parloir.local BATCH -…
        skip
        carol> JOIN #dev
        carol< {carol} JOIN #dev
        carol< :parloir.local 353 carol = #dev :@alice bob carol
        carol< :parloir.local 366 carol #dev …
        carol< {alice} PRIVMSG #dev :[…] one
        carol< {alice} PRIVMSG #dev :[…] two
        skip
        ",
    );
}

#[test]
fn without_the_capability_there_are_no_such_messages() {
    check(
        "
        irc alice bob
        caps alice message-tags draft/multiline
        caps bob message-tags
        alice> BATCH +1 draft/multiline bob
        alice< :parloir.local 421 alice BATCH …
        alice> @batch=1 PRIVMSG bob hello
        bob< @msgid=… {alice} PRIVMSG bob hello
        ",
    );
}

#[test]
fn what_is_no_such_message_is_refused_once_and_not_said() {
    let refused = |begin: &str, lines: &[&str], why: &str| {
        let mut script = format!("alice> {begin}\n");
        for line in lines {
            script.push_str(&format!("alice> {line}\n"));
        }
        // All further lines of the batch are refused without an answer, and later lines work as
        // always.
        check_in_company(&format!(
            "
            {script}
            alice< :parloir.local FAIL BATCH {why} …
            alice> @batch=1 PRIVMSG #lobby :not this either
            alice> BATCH -1
            alice<
            alice> PRIVMSG #lobby :but this
            dave< <alice> but this
            "
        ));
    };
    let begin = "BATCH +1 draft/multiline #lobby";
    let invalid = "MULTILINE_INVALID";
    refused("BATCH +1 netsplit #lobby", &[], invalid);
    refused("BATCH +1 draft/multiline", &[], invalid);
    refused(begin, &["@batch=2 PRIVMSG #lobby x"], invalid);
    refused(begin, &["@batch=1 TAGMSG #lobby"], invalid);
    refused(begin, &["@batch=1 JOIN #other"], invalid);
    refused(begin, &["BATCH +2 draft/multiline #lobby"], invalid);
    refused(
        begin,
        &["@batch=1 PRIVMSG #lobby :\u{1}ACTION waves\u{1}"],
        invalid,
    );
    refused(
        begin,
        &["@batch=1 PRIVMSG #lobby x", "@batch=1 NOTICE #lobby x"],
        invalid,
    );
    refused(
        begin,
        &[
            "@batch=1 PRIVMSG #lobby x",
            "@batch=1;draft/multiline-concat PRIVMSG #lobby :",
        ],
        invalid,
    );
    refused(
        begin,
        &["@batch=1 PRIVMSG #other x"],
        "MULTILINE_INVALID_TARGET #lobby #other",
    );
    check_in_company(
        "
        alice> BATCH -1
        alice< :parloir.local FAIL BATCH MULTILINE_INVALID …
        alice> BATCH 1
        alice< :parloir.local FAIL BATCH MULTILINE_INVALID …
        alice> BATCH
        alice< :parloir.local 461 alice BATCH …
        alice> @batch=1 PRIVMSG #lobby x
        alice< :parloir.local FAIL BATCH MULTILINE_INVALID …
        alice> BATCH +1 draft/multiline #lobby
        alice> @batch=1 PRIVMSG #lobby :
        alice> @batch=1 PRIVMSG #lobby :  
        alice> BATCH -1
        alice< :parloir.local FAIL BATCH MULTILINE_INVALID …
        ",
    );
}

#[test]
fn other_commands_go_on_while_a_message_is_not_whole() {
    check_in_company(
        "
        alice> BATCH +1 draft/multiline #lobby
        alice> @batch=1 NOTICE #lobby one
        alice> PING x
        alice< :parloir.local PONG parloir.local x
        alice> PRIVMSG #lobby :meanwhile
        dave< <alice> meanwhile
        skip
        alice> @batch=1 NOTICE #lobby two
        alice> BATCH -1
        dave< <alice> one
        dave< <alice> two
        ",
    );
}

#[test]
fn a_message_has_a_limit_of_lines_and_one_of_bytes() {
    let message = |lines: &[String], answer: &str| {
        let lines = lines.iter();
        let lines = lines.map(|line| format!("alice> @batch=1 PRIVMSG #lobby :{line}\n"));
        let lines: String = lines.collect();
        let begin = "alice> BATCH +1 draft/multiline #lobby";
        format!("{begin}\n{lines}alice<{answer}\nalice> BATCH -1\nalice<\n")
    };
    let heard = |lines: &[String]| {
        let lines = lines.iter().map(|line| format!("dave< <alice> {line}\n"));
        lines.collect::<String>()
    };
    let set = "set burst=10\nset rate=0\nset line_bytes_max=1000\n";
    let numbered = |count: usize| -> Vec<String> { (0..count).map(|n| n.to_string()).collect() };
    // Three lines, with an LF between them.
    let long = |bytes: usize| -> Vec<String> {
        [300, 300, bytes - 602]
            .map(|length| "x".repeat(length))
            .into()
    };
    for fits in [numbered(9), numbered(10), long(999), long(1000)] {
        let (message, heard) = (message(&fits, ""), heard(&fits));
        check(&format!("{set}{COMPANY}{message}{heard}skip\n"));
    }
    for (long, why) in [
        (numbered(11), "MULTILINE_MAX_LINES 10"),
        (long(1001), "MULTILINE_MAX_BYTES 1000"),
    ] {
        let message = message(&long, &format!(" :parloir.local FAIL BATCH {why} …"));
        check(&format!("{set}{COMPANY}{message}dave<\nskip\n"));
    }
    check(
        "
        set burst=10
        set line_bytes_max=1000
        connect alice irc
        alice> CAP LS 302
        alice< :parloir.local CAP * LS :…draft/multiline=max-bytes=1000,max-lines=10 …
        connect bob irc
        bob> CAP LS
        bob< :parloir.local CAP * LS :…draft/multiline draft/no-implicit-names…
        ",
    );
}

/// Hooks that change, refuse or pass a line, depending on its text.
struct Censor;

impl Hooks for Censor {
    fn message(&mut self, from: &str, text: &str) -> Verdict {
        assert!(
            !text.contains('\n'),
            "{from} says more than a line: {text:?}"
        );
        match text {
            "change" => Verdict::Change(String::from("changed\nQUIT")),
            "refuse" => Verdict::Refuse(String::from("not so")),
            _ => Verdict::Pass,
        }
    }
}

#[test]
fn hooks_are_asked_line_by_line() {
    check_with(
        &format!(
            "{COMPANY}
            alice> BATCH +1 draft/multiline #lobby
            alice> @batch=1 PRIVMSG #lobby one
            alice> @batch=1 PRIVMSG #lobby change
            alice> BATCH -1
            dave< <alice> one
            dave< <alice> changedQUIT
            skip
            alice> BATCH +1 draft/multiline #lobby
            alice> @batch=1 PRIVMSG #lobby one
            alice> @batch=1 PRIVMSG #lobby refuse
            alice> BATCH -1
            alice< :parloir.local 404 alice #lobby :not so
            dave<
            "
        ),
        |config: RelayConfig| {
            let relay = Relay::new(config).expect("a valid configuration");
            relay.with_hooks(Censor)
        },
    );
}
