//! Capabilities: their offer, their request and their grant, and the effect of each.

use crate::script::check;

#[test]
fn registration_waits_for_the_end_of_negotiation() {
    check(
        "
        connect alice irc
        alice> CAP LS 302
        alice< :parloir.local CAP * LS …
        alice> NICK alice
        alice> USER alice 0 * :Alice
        alice<
        alice> CAP REQ :multi-prefix
        alice< :parloir.local CAP … ACK multi-prefix
        alice> CAP END
        alice< :parloir.local 001 alice …
        skip
        ",
    );
}

#[test]
fn a_request_is_granted_whole_or_not_at_all() {
    check(
        "
        connect alice irc
        alice> CAP REQ :foo qux bar baz qux quux
        alice< :parloir.local CAP * NAK :foo qux bar baz qux quux
        alice> CAP REQ :multi-prefix foo
        alice< :parloir.local CAP * NAK :multi-prefix foo
        alice> CAP LIST
        alice< :parloir.local CAP * LIST :
        alice> CAP REQ :multi-prefix userhost-in-names
        alice< :parloir.local CAP * ACK :multi-prefix userhost-in-names
        alice> CAP LIST
        alice< :parloir.local CAP * LIST :multi-prefix userhost-in-names
        alice> CAP REQ -multi-prefix
        alice< :parloir.local CAP * ACK -multi-prefix
        alice> CAP LIST
        alice< :parloir.local CAP * LIST userhost-in-names
        alice> CAP NONSENSE
        alice< :parloir.local 410 * NONSENSE …
        alice> CAP
        alice< :parloir.local 461 * CAP …
        ",
    );
}

#[test]
fn there_is_no_value_without_302() {
    check(
        "
        irc alice
        alice> CAP LS
        alice< :parloir.local CAP alice LS :account-notify … userhost-in-names
        alice> CAP LS 301
        alice< :parloir.local CAP alice LS :account-notify … userhost-in-names
        alice> CAP END
        alice<
        ",
    );
}

#[test]
fn multi_prefix_shows_all_ranks() {
    check(
        "
        irc alice bob
        alice> JOIN #dev
        skip
        alice> MODE #dev +v alice
        alice< {alice} MODE #dev +v alice
        alice> NAMES #dev
        alice< :parloir.local 353 alice = #dev @alice
        alice< :parloir.local 366 alice #dev …
        caps alice multi-prefix
        alice> NAMES #dev
        alice< :parloir.local 353 alice = #dev @+alice
        alice< :parloir.local 366 alice #dev …
        alice> WHO #dev
        alice< :parloir.local 352 alice #dev ~alice … parloir.local alice H@+ :0 alice
        alice< :parloir.local 315 alice #dev …
        ",
    );
}

#[test]
fn userhost_in_names_shows_where_people_are_from() {
    check(
        "
        irc alice
        caps alice userhost-in-names
        alice> JOIN #dev
        alice< {alice} JOIN #dev
        alice< :parloir.local 353 alice = #dev @alice!~alice@…
        alice< :parloir.local 366 alice #dev …
        ",
    );
}

#[test]
fn extended_join_tells_account_and_real_name() {
    check(
        r#"
        irc alice bob
        caps alice extended-join
        alice> JOIN #dev
        alice< {alice} JOIN #dev * alice
        alice< :parloir.local 353 alice = #dev @alice
        alice< :parloir.local 366 alice #dev …
        connect carol irc
        carol>> "NICK carol\r\nUSER cc 0 * :Carol Danvers\r\n"
        skip
        carol> JOIN #dev
        carol< :carol!~cc@… JOIN #dev
        carol< :parloir.local 353 carol = #dev :@alice carol
        carol< :parloir.local 366 carol #dev …
        alice< :carol!~cc@… JOIN #dev * :Carol Danvers
        "#,
    );
}

#[test]
fn away_notify_tells_who_goes_and_who_comes_being_away() {
    check(
        "
        irc alice bob carol
        caps alice away-notify
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        bob> AWAY :out to lunch
        bob< :parloir.local 306 bob …
        alice< {bob} AWAY :out to lunch
        bob> AWAY
        bob< :parloir.local 305 bob …
        alice< {bob} AWAY
        carol> AWAY :asleep
        carol< :parloir.local 306 carol …
        carol> JOIN #dev
        carol< {carol} JOIN #dev
        carol< :parloir.local 353 carol = #dev :@alice bob carol
        carol< :parloir.local 366 carol #dev …
        alice< {carol} JOIN #dev
        alice< {carol} AWAY asleep
        bob< {carol} JOIN #dev
        ",
    );
}

#[test]
fn setname_is_told_to_those_who_asked_for_it() {
    check(
        "
        irc alice bob carol
        caps alice setname
        caps bob setname
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        bob> SETNAME :Robert Smith
        bob< {bob} SETNAME :Robert Smith
        alice< {bob} SETNAME :Robert Smith
        carol> WHOIS bob
        carol< :parloir.local 311 carol bob ~bob … * :Robert Smith
        skip
        bob> SETNAME
        bob< :parloir.local 461 bob SETNAME …
        ",
    );
}

#[test]
fn invite_notify_tells_those_who_may_invite() {
    check(
        "
        irc alice bob carol dave
        caps carol invite-notify
        caps dave invite-notify
        alice> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        dave> JOIN #dev
        skip
        alice> MODE #dev +o carol
        skip
        alice> INVITE bob #dev
        alice< :parloir.local 341 alice bob #dev
        bob< {alice} INVITE bob #dev
        carol< {alice} INVITE bob #dev
        ",
    );
}

#[test]
fn server_time_is_on_what_happens() {
    check(
        "
        irc alice bob
        caps alice server-time
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir.local 353 bob = #dev :@alice bob
        bob< :parloir.local 366 bob #dev …
        alice< @time=2026-11-20T14:03:07.000Z {bob} JOIN #dev
        bob> PRIVMSG #dev :hello
        alice< @time=2026-11-20T14:03:07.000Z {bob} PRIVMSG #dev hello
        wait 1500ms
        bob> PRIVMSG alice :hello
        alice< @time=2026-11-20T14:03:08.500Z {bob} PRIVMSG alice hello
        ",
    );
}

#[test]
fn echo_message_shows_what_was_said() {
    check(
        "
        irc alice bob
        caps alice echo-message
        alice> JOIN #dev
        skip
        alice> PRIVMSG #dev :hello
        alice< {alice} PRIVMSG #dev hello
        alice> NOTICE bob :hello
        alice< {alice} NOTICE bob hello
        bob< {alice} NOTICE bob hello
        alice> PRIVMSG alice :me
        alice< {alice} PRIVMSG alice me
        alice< {alice} PRIVMSG alice me
        ",
    );
}

#[test]
fn message_tags_carry_client_tags_to_those_who_have_them() {
    check(
        r#"
        irc alice bob carol
        caps alice message-tags
        caps bob message-tags echo-message
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        bob> @+typing=active;server=no;+a=b\:c PRIVMSG #dev :hello
        bob< @+a=b\:c;+typing=active;msgid=… {bob} PRIVMSG #dev hello
        alice< @+a=b\:c;+typing=active;msgid=… {bob} PRIVMSG #dev hello
        carol< {bob} PRIVMSG #dev hello
        bob> @+typing=done TAGMSG #dev
        bob< @+typing=done;msgid=… {bob} TAGMSG #dev
        alice< @+typing=done;msgid=… {bob} TAGMSG #dev
        carol> TAGMSG #dev
        carol< :parloir.local 421 carol TAGMSG …
        "#,
    );
}

#[test]
fn a_label_is_on_the_answer() {
    check(
        "
        irc alice bob
        caps alice labeled-response batch
        alice> @label=one PING token
        alice< @label=one :parloir.local PONG parloir.local token
        alice> @label=two PONG token
        alice< @label=two :parloir.local ACK
        alice> @label=three NONSENSE
        alice< @label=three :parloir.local 421 alice NONSENSE …
        alice> @label=four JOIN #dev
        alice< @label=four :parloir.local BATCH +… labeled-response
        alice< @batch=… {alice} JOIN #dev
        alice< @batch=… :parloir.local 353 alice = #dev @alice
        alice< @batch=… :parloir.local 366 alice #dev …
        alice< :parloir.local BATCH -…
        alice> @label=five PRIVMSG bob :hello
        alice< @label=five :parloir.local ACK
        bob< {alice} PRIVMSG bob hello
        caps alice echo-message
        alice> @label=six PRIVMSG bob :hello
        alice< @label=six {alice} PRIVMSG bob hello
        bob< {alice} PRIVMSG bob hello
        bob> @label=x PING token
        bob< :parloir.local PONG parloir.local token
        ",
    );
}

#[test]
fn names_are_not_told_to_those_who_do_not_want_them() {
    check(
        "
        irc alice
        caps alice draft/no-implicit-names
        alice> JOIN #dev
        alice< {alice} JOIN #dev
        alice> NAMES #dev
        alice< :parloir.local 353 alice = #dev @alice
        alice< :parloir.local 366 alice #dev …
        ",
    );
}

#[test]
fn a_read_marker_only_moves_on() {
    check(
        "
        irc alice
        caps alice draft/read-marker
        alice> MARKREAD #dev
        alice< :parloir.local MARKREAD #dev *
        alice> MARKREAD #dev timestamp=2019-06-01T12:00:00.000Z
        alice< :parloir.local MARKREAD #dev timestamp=2019-06-01T12:00:00.000Z
        alice> MARKREAD #dev timestamp=2019-01-01T00:00:00.000Z
        alice< :parloir.local MARKREAD #dev timestamp=2019-06-01T12:00:00.000Z
        alice> JOIN #dev
        alice< {alice} JOIN #dev
        alice< :parloir.local MARKREAD #dev timestamp=2019-06-01T12:00:00.000Z
        alice< :parloir.local 353 alice = #dev @alice
        alice< :parloir.local 366 alice #dev …
        alice> MARKREAD
        alice< :parloir.local FAIL MARKREAD NEED_MORE_PARAMS …
        alice> MARKREAD #dev timestamp=soon
        alice< :parloir.local FAIL MARKREAD INVALID_PARAMS … …
        alice> MARKREAD #dev *
        alice< :parloir.local FAIL MARKREAD INVALID_PARAMS … …
        ",
    );
}
