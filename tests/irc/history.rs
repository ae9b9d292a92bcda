//! What was said before one came.

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
