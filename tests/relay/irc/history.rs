//! Messages from before a client joined.

use crate::script::check;

#[test]
fn without_the_capability_the_last_lines_come_with_their_times() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        alice> PRIVMSG #dev :one
        alice> PRIVMSG #dev :two
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir.local 353 bob = #dev :@alice bob
        bob< :parloir.local 366 bob #dev …
        bob< {alice} PRIVMSG #dev :…14:03:07…one
        bob< {alice} PRIVMSG #dev :…14:03:07…two
        alice< {bob} JOIN #dev
        ",
    );
}

#[test]
fn with_it_history_is_asked_for() {
    check(
        "
        irc alice bob
        caps bob draft/chathistory batch server-time message-tags
        alice> JOIN #dev
        skip
        alice> PRIVMSG #dev :one
        wait 10ms
        alice> PRIVMSG #dev :two
        wait 10ms
        alice> NOTICE #dev :three
        bob> JOIN #dev
        bob< @time=… {bob} JOIN #dev
        bob< @time=… :parloir.local 353 bob = #dev :@alice bob
        bob< @time=… :parloir.local 366 bob #dev …
        alice< {bob} JOIN #dev
        bob> CHATHISTORY LATEST #dev * 2
        bob< @time=… :parloir.local BATCH +… chathistory #dev
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.010Z {alice} PRIVMSG #dev two
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.020Z {alice} NOTICE #dev three
        bob< @time=… :parloir.local BATCH -…
        bob> CHATHISTORY BEFORE #dev timestamp=2026-11-20T14:03:07.020Z 1
        bob< @time=… :parloir.local BATCH +… chathistory #dev
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.010Z {alice} PRIVMSG #dev two
        bob< @time=… :parloir.local BATCH -…
        bob> CHATHISTORY AFTER #dev timestamp=2026-11-20T14:03:07.000Z 1
        bob< @time=… :parloir.local BATCH +… chathistory #dev
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.010Z {alice} PRIVMSG #dev two
        bob< @time=… :parloir.local BATCH -…
        bob> CHATHISTORY BETWEEN #dev timestamp=2026-11-20T14:03:07.000Z timestamp=2026-11-20T14:03:07.020Z 10
        bob< @time=… :parloir.local BATCH +… chathistory #dev
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.010Z {alice} PRIVMSG #dev two
        bob< @time=… :parloir.local BATCH -…
        bob> CHATHISTORY AROUND #dev timestamp=2026-11-20T14:03:07.010Z 3
        bob< @time=… :parloir.local BATCH +… chathistory #dev
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.000Z {alice} PRIVMSG #dev one
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.010Z {alice} PRIVMSG #dev two
        bob< @batch=…;msgid=…;time=2026-11-20T14:03:07.020Z {alice} NOTICE #dev three
        bob< @time=… :parloir.local BATCH -…
        bob> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 10
        bob< @time=… :parloir.local BATCH +… draft/chathistory-targets
        bob< @batch=…;time=… :parloir.local CHATHISTORY TARGETS #dev 2026-11-20T14:03:07.020Z
        bob< @time=… :parloir.local BATCH -…
        bob> CHATHISTORY LATEST #nowhere * 2
        bob< @time=… :parloir.local FAIL CHATHISTORY INVALID_TARGET LATEST #nowhere …
        bob> CHATHISTORY LATEST #dev *
        bob< @time=… :parloir.local FAIL CHATHISTORY NEED_MORE_PARAMS LATEST …
        bob> CHATHISTORY BETWEEN #dev timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z
        bob< @time=… :parloir.local FAIL CHATHISTORY NEED_MORE_PARAMS BETWEEN …
        bob> CHATHISTORY LATEST #dev
        bob< @time=… :parloir.local FAIL CHATHISTORY NEED_MORE_PARAMS LATEST …
        bob> CHATHISTORY NONSENSE #dev * 2
        bob< @time=… :parloir.local FAIL CHATHISTORY INVALID_PARAMS NONSENSE …
        ",
    );
}

#[test]
fn what_two_said_in_private_is_history_to_both_while_both_are_here() {
    check(
        "
        irc alice bob carol
        caps alice draft/chathistory batch
        caps bob draft/chathistory batch server-time
        caps carol draft/chathistory batch
        alice> PRIVMSG bob :one
        skip
        wait 10ms
        bob> PRIVMSG alice :two
        skip
        alice> CHATHISTORY LATEST bob * 10
        alice< :parloir.local BATCH +… chathistory bob
        alice< @batch=… {alice} PRIVMSG bob one
        alice< @batch=… {bob} PRIVMSG alice two
        alice< :parloir.local BATCH -…
        bob> CHATHISTORY LATEST ALICE timestamp=2026-11-20T14:03:07.000Z 10
        bob< @time=… :parloir.local BATCH +… chathistory ALICE
        bob< @batch=…;time=2026-11-20T14:03:07.010Z {bob} PRIVMSG alice two
        bob< @time=… :parloir.local BATCH -…
        bob> CHATHISTORY TARGETS timestamp=2026-01-01T00:00:00.000Z timestamp=2027-01-01T00:00:00.000Z 10
        bob< @time=… :parloir.local BATCH +… draft/chathistory-targets
        bob< @batch=…;time=… :parloir.local CHATHISTORY TARGETS alice 2026-11-20T14:03:07.010Z
        bob< @time=… :parloir.local BATCH -…
        carol> CHATHISTORY LATEST alice * 10
        carol< :parloir.local BATCH +… chathistory alice
        carol< :parloir.local BATCH -…
        alice> QUIT
        alice< ERROR :Closing Link: quit
        alice closed
        carol> NICK alice
        skip
        carol> CHATHISTORY LATEST bob * 10
        carol< :parloir.local BATCH +… chathistory bob
        carol< :parloir.local BATCH -…
        bob> CHATHISTORY LATEST alice * 10
        bob< @time=… :parloir.local BATCH +… chathistory alice
        bob< @time=… :parloir.local BATCH -…
        bob> CHATHISTORY LATEST nobody * 10
        bob< @time=… :parloir.local FAIL CHATHISTORY INVALID_TARGET LATEST nobody …
        ",
    );
}

#[test]
fn a_message_taken_back_is_no_longer_in_the_history() {
    check(
        "
        irc alice bob carol
        caps alice draft/message-redaction
        caps bob draft/message-redaction
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        bob> REDACT #dev nonsense
        bob< :parloir.local FAIL REDACT UNKNOWN_MSGID #dev nonsense …
        bob> REDACT #nowhere nonsense
        bob< :parloir.local FAIL REDACT INVALID_TARGET #nowhere …
        bob> REDACT #dev
        bob< :parloir.local 461 bob REDACT …
        ",
    );
}

#[test]
fn what_was_said_before_is_history_to_who_knows_that() {
    check(
        r#"
        irc alice
        alice> JOIN #dev
        skip
        alice>> "PRIVMSG #dev :one\r\nPRIVMSG #dev :two\r\n"
        connect bob irc
        bob> CAP REQ :batch server-time message-tags
        skip
        bob>> "NICK bob\r\nUSER bob 0 * :Bob\r\nCAP END\r\n"
        skip
        bob> JOIN #dev
        bob< @time=… {bob} JOIN #dev
        bob< @time=… :parloir.local 353 bob = #dev …
        bob< @time=… :parloir.local 366 bob #dev …
        bob< @time=… :parloir.local BATCH +… chathistory #dev
        bob< @batch=…;time=…03:07.000Z;msgid=… {alice} PRIVMSG #dev one
        bob< @batch=…;time=…03:07.001Z;msgid=… {alice} PRIVMSG #dev two
        bob< @time=… :parloir.local BATCH -…
        skip
        connect carol irc
        carol> CAP REQ server-time
        skip
        carol>> "NICK carol\r\nUSER carol 0 * :Carol\r\nCAP END\r\n"
        skip
        carol> JOIN #dev
        carol< @time=… {carol} JOIN #dev
        carol< @time=… :parloir.local 353 carol = #dev …
        carol< @time=… :parloir.local 366 carol #dev …
        carol< @time=…03:07.000Z {alice} PRIVMSG #dev one
        carol< @time=…03:07.001Z {alice} PRIVMSG #dev two
        skip
        irc dave
        dave> JOIN #dev
        dave< {dave} JOIN #dev
        dave< :parloir.local 353 dave = #dev …
        dave< :parloir.local 366 dave #dev …
        dave< {alice} PRIVMSG #dev :[2026-11-20 14:03:07Z] one
        dave< {alice} PRIVMSG #dev :[2026-11-20 14:03:07Z] two
        skip
        irc eve
        eve> MODE eve +B
        skip
        eve> JOIN #dev
        eve< {eve} JOIN #dev
        eve< :parloir.local 353 eve = #dev …
        eve< :parloir.local 366 eve #dev …
        skip
        "#,
    );
}

#[test]
fn nobody_is_shown_again_what_they_have_had() {
    check(
        r#"
        irc alice bob
        alice> JOIN #dev
        skip
        alice> PRIVMSG #dev :zero
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir.local 353 bob = #dev …
        bob< :parloir.local 366 bob #dev …
        bob< {alice} PRIVMSG #dev :[2026-11-20 14:03:07Z] zero
        skip
        alice> PRIVMSG #dev :one
        bob< {alice} PRIVMSG #dev one
        bob> QUIT
        skip
        bob closed
        alice> PRIVMSG #dev :two
        skip
        irc bob
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir.local 353 bob = #dev …
        bob< :parloir.local 366 bob #dev …
        bob< {alice} PRIVMSG #dev :[2026-11-20 14:03:07Z] two
        skip
        "#,
    );
}

#[test]
fn thirty_lines_of_one_write_are_all_on_pages_by_time() {
    let lines: String = (0..30)
        .map(|n| format!("PRIVMSG #dev :{n}\\r\\n"))
        .collect();
    let page = |from: usize| -> String {
        let one = |n: usize| {
            format!(
                "        alice< @batch=…;time=2026-11-20T14:03:07.{n:03}Z {{alice}} PRIVMSG #dev {n}\n"
            )
        };
        (from..from + 10).map(one).collect()
    };
    let (last, middle) = (page(20), page(10));
    check(&format!(
        r#"
        irc alice
        caps alice batch server-time draft/chathistory
        alice> JOIN #dev
        skip
        alice>> "{lines}"
        alice> CHATHISTORY LATEST #dev * 10
        alice< @time=… :parloir.local BATCH +… chathistory #dev
{last}        alice< @time=… :parloir.local BATCH -…
        alice> CHATHISTORY BEFORE #dev timestamp=2026-11-20T14:03:07.020Z 10
        alice< @time=… :parloir.local BATCH +… chathistory #dev
{middle}        alice< @time=… :parloir.local BATCH -…
        "#,
    ));
}
