//! Keys and values of people and channels: setting them, reading them, and their lifetime.

use crate::script::check;

/// Alice and bob, who follow the key `color`, and carol, who follows another key, in a room with
/// dave on netcat and erin, whose client knows nothing of keys.
const COMPANY: &str = "
        irc alice bob carol erin
        caps alice draft/metadata-3 batch
        caps bob draft/metadata-3 batch
        caps carol draft/metadata-3 batch
        alice> METADATA * SUB color
        skip
        bob> METADATA * SUB color
        skip
        carol> METADATA * SUB status
        skip
        alice> JOIN #lobby
        skip
        bob> JOIN #lobby
        skip
        carol> JOIN #lobby
        skip
        erin> JOIN #lobby
        skip
        here dave
        skip
";

pub(super) fn check_in_company(script: &str) {
    check(&format!("{COMPANY}{script}"));
}

#[test]
fn a_value_is_set_read_changed_and_removed() {
    check(
        "
        irc alice bob
        caps alice draft/metadata-3 batch
        caps bob draft/metadata-3 batch
        alice> METADATA * LIST
        alice< :parloir.local BATCH +… metadata alice
        alice< :parloir.local BATCH -…
        alice> METADATA * SET display-name :Alice the First
        alice< :parloir.local 761 alice alice display-name * :Alice the First
        alice> METADATA Alice set color red
        alice< :parloir.local 761 alice alice color * red
        bob> METADATA ALICE GET status color
        bob< :parloir.local BATCH +… metadata alice
        bob< @batch=… :parloir.local 766 bob alice status :Key not set
        bob< @batch=… :parloir.local 761 bob alice color * red
        bob< :parloir.local BATCH -…
        bob> METADATA alice LIST
        bob< :parloir.local BATCH +… metadata alice
        bob< @batch=… :parloir.local 761 bob alice color * red
        bob< @batch=… :parloir.local 761 bob alice display-name * :Alice the First
        bob< :parloir.local BATCH -…
        alice> METADATA * SET color :blue
        alice< :parloir.local 761 alice alice color * blue
        alice> METADATA * SET color
        alice< :parloir.local 766 alice alice color :Key not set
        alice> METADATA * SET color :
        alice< :parloir.local 766 alice alice color :Key not set
        bob> METADATA alice GET color
        bob< :parloir.local BATCH +… metadata alice
        bob< @batch=… :parloir.local 766 bob alice color :Key not set
        bob< :parloir.local BATCH -…
        ",
    );
}

#[test]
fn one_sets_one_s_own_an_operator_a_channel_s_and_a_server_operator_anyone_s() {
    check(
        "
        set operator=rita sesame
        irc alice bob rita
        caps alice draft/metadata-3 batch
        caps bob draft/metadata-3 batch
        caps rita draft/metadata-3 batch
        bob> METADATA * SUB color
        skip
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        bob> METADATA #dev SET color :red
        bob< :parloir.local FAIL METADATA KEY_NO_PERMISSION #dev color …
        bob> METADATA #dev CLEAR
        bob< :parloir.local FAIL METADATA KEY_NO_PERMISSION #dev * …
        rita> METADATA #dev SET color :red
        rita< :parloir.local FAIL METADATA KEY_NO_PERMISSION #dev color …
        alice> METADATA bob SET color :red
        alice< :parloir.local FAIL METADATA KEY_NO_PERMISSION bob color …
        alice> METADATA bob CLEAR
        alice< :parloir.local FAIL METADATA KEY_NO_PERMISSION bob * …
        alice> MODE #dev +o bob
        skip
        bob> METADATA #dev SET color :red
        bob< :parloir.local 761 bob #dev color * red
        rita> OPER rita sesame
        skip
        rita> METADATA #dev SET color :blue
        rita< :parloir.local 761 rita #dev color * blue
        bob< :parloir.local 761 * #dev color * blue
        rita> METADATA bob SET color :green
        rita< :parloir.local 761 rita bob color * green
        bob< :parloir.local 761 * bob color * green
        rita> METADATA bob CLEAR
        rita< :parloir.local BATCH +… metadata bob
        rita< @batch=… :parloir.local 766 rita bob color :Key not set
        rita< :parloir.local BATCH -…
        bob< :parloir.local 766 * bob color :Key not set
        ",
    );
}

#[test]
fn who_speaks_no_irc_has_what_a_server_operator_gives_them_and_hears_nothing_of_it() {
    check(
        "
        set operator=rita sesame
        irc alice rita
        caps alice draft/metadata-3 batch
        caps rita draft/metadata-3 batch
        alice> METADATA * SUB color
        skip
        alice> JOIN #lobby
        skip
        here dave
        skip
        rita> OPER rita sesame
        skip
        alice> METADATA dave SET color :red
        alice< :parloir.local FAIL METADATA KEY_NO_PERMISSION dave color …
        rita> METADATA dave SET color :red
        rita< :parloir.local 761 rita dave color * red
        alice< :parloir.local 761 * dave color * red
        alice> METADATA Dave LIST
        alice< :parloir.local BATCH +… metadata dave
        alice< @batch=… :parloir.local 761 alice dave color * red
        alice< :parloir.local BATCH -…
        dave> METADATA * SET color :blue
        alice< {dave} PRIVMSG #lobby :METADATA * SET color :blue
        rita> METADATA #lobby SET color :grey
        rita< :parloir.local 761 rita #lobby color * grey
        alice< :parloir.local 761 * #lobby color * grey
        dave> /nick david
        dave< * You are now david.
        alice< {dave} NICK david
        alice> METADATA david GET color
        alice< :parloir.local BATCH +… metadata david
        alice< @batch=… :parloir.local 761 alice david color * red
        alice< :parloir.local BATCH -…
        ",
    );
}

#[test]
fn nobody_but_a_server_operator_sets_what_the_lobby_has() {
    check_in_company(
        "
        alice> METADATA #lobby SET color :red
        alice< :parloir.local FAIL METADATA KEY_NO_PERMISSION #lobby color …
        alice> METADATA #lobby CLEAR
        alice< :parloir.local FAIL METADATA KEY_NO_PERMISSION #lobby * …
        ",
    );
}

#[test]
fn what_a_closed_channel_has_is_for_those_in_it() {
    for (mode, is_open) in [
        ("+t", true),
        ("+i", false),
        ("+s", false),
        ("+k word", false),
        ("+b bob!*@*", false),
        ("+l 1", true),
    ] {
        let closed = "bob< :parloir.local FAIL METADATA INVALID_TARGET #dev …";
        let answer = |line: &str| match is_open {
            true => format!(
                "bob< :parloir.local BATCH +… metadata #dev
                bob< @batch=… :parloir.local 761 bob #dev color * red
                bob< :parloir.local BATCH -…
                bob> {line}"
            ),
            false => format!("{closed}\nbob> {line}"),
        };
        let (list, sync, set) = (
            answer("METADATA #dev LIST"),
            answer("METADATA #dev SYNC"),
            answer("METADATA #dev SET color :blue"),
        );
        let refused = match is_open {
            true => "bob< :parloir.local FAIL METADATA KEY_NO_PERMISSION #dev color …",
            false => closed,
        };
        check(&format!(
            "
            irc alice bob
            caps alice draft/metadata-3 batch
            caps bob draft/metadata-3 batch
            bob> METADATA * SUB color
            skip
            alice> JOIN #dev
            skip
            alice> METADATA #dev SET color :red
            skip
            alice> MODE #dev {mode}
            skip
            bob> METADATA #dev GET color
            {list}
            {sync}
            {set}
            {refused}
            alice> METADATA #dev GET color
            alice< :parloir.local BATCH +… metadata #dev
            alice< @batch=… :parloir.local 761 alice #dev color * red
            alice< :parloir.local BATCH -…
            "
        ));
    }
}

#[test]
fn clearing_removes_everything_and_tells_each_key_to_those_who_follow_it() {
    check_in_company(
        "
        alice> METADATA * SET color :red
        skip
        alice> METADATA * SET status :busy
        skip
        alice> METADATA * SET avatar :x
        skip
        alice> METADATA * CLEAR
        alice< :parloir.local BATCH +… metadata alice
        alice< @batch=… :parloir.local 766 alice alice avatar :Key not set
        alice< @batch=… :parloir.local 766 alice alice color :Key not set
        alice< @batch=… :parloir.local 766 alice alice status :Key not set
        alice< :parloir.local BATCH -…
        bob< :parloir.local 766 * alice color :Key not set
        carol< :parloir.local 766 * alice status :Key not set
        alice> METADATA * CLEAR
        alice< :parloir.local BATCH +… metadata alice
        alice< :parloir.local BATCH -…
        ",
    );
}

#[test]
fn what_somebody_has_goes_with_them_and_a_channel_keeps_its_own() {
    check(
        "
        irc alice bob
        caps alice draft/metadata-3 batch
        caps bob draft/metadata-3 batch
        alice> METADATA * SET color :red
        skip
        alice> JOIN #dev
        skip
        alice> METADATA #dev SET color :blue
        skip
        alice> NICK ann
        alice< {alice} NICK ann
        bob> METADATA alice LIST
        bob< :parloir.local FAIL METADATA INVALID_TARGET alice …
        bob> METADATA ann GET color
        bob< :parloir.local BATCH +… metadata ann
        bob< @batch=… :parloir.local 761 bob ann color * red
        bob< :parloir.local BATCH -…
        alice> QUIT
        skip
        alice closed
        irc ann
        bob> METADATA ann LIST
        bob< :parloir.local BATCH +… metadata ann
        bob< :parloir.local BATCH -…
        bob> JOIN #dev
        skip
        bob> METADATA #dev LIST
        bob< :parloir.local BATCH +… metadata #dev
        bob< @batch=… :parloir.local 761 bob #dev color * blue
        bob< :parloir.local BATCH -…
        bob> METADATA #dev CLEAR
        bob< :parloir.local FAIL METADATA KEY_NO_PERMISSION #dev * …
        ",
    );
}

#[test]
fn what_is_set_before_registration_is_there_after_it() {
    check(
        r#"
        irc bob
        caps bob draft/metadata-3 batch
        bob> METADATA * SUB color
        skip
        bob> MONITOR + alice
        skip
        connect alice irc
        alice> METADATA * LIST
        alice< :parloir.local 451 * …
        alice> CAP REQ :draft/metadata-3 batch
        alice< :parloir.local CAP * ACK :draft/metadata-3 batch
        alice> METADATA * SET color :red
        alice< :parloir.local 761 * * color * red
        alice> METADATA * SET Color :red
        alice< :parloir.local FAIL METADATA INVALID_KEY Color …
        alice> METADATA * SUB status
        alice< :parloir.local 770 * status
        alice> METADATA bob LIST
        alice< :parloir.local FAIL METADATA INVALID_TARGET bob …
        alice> NICK alice
        skip
        alice> METADATA alice LIST
        alice< :parloir.local FAIL METADATA INVALID_TARGET alice …
        alice>> "USER alice 0 * :Alice\r\nCAP END\r\n"
        alice< :parloir.local 001 alice …
        alice< :parloir.local 002 alice …
        alice< :parloir.local 003 alice …
        alice< :parloir.local 004 alice …
        alice< :parloir.local 005 alice …
        alice< :parloir.local 005 alice …
        alice< :parloir.local 005 alice …
        alice< :parloir.local 251 alice …
        alice< :parloir.local 252 alice …
        alice< :parloir.local 253 alice …
        alice< :parloir.local 254 alice …
        alice< :parloir.local 255 alice …
        alice< :parloir.local 265 alice …
        alice< :parloir.local 266 alice …
        alice< :parloir.local BATCH +… metadata alice
        alice< @batch=… :parloir.local 761 alice alice color * red
        alice< :parloir.local BATCH -…
        alice< :parloir.local 422 alice …
        bob< :parloir.local 730 bob alice!…@…
        bob< :parloir.local BATCH +… metadata alice
        bob< @batch=… :parloir.local 761 bob alice color * red
        bob< :parloir.local BATCH -…
        alice> METADATA * SUBS
        alice< :parloir.local BATCH +… metadata-subs
        alice< @batch=… :parloir.local 772 alice status
        alice< :parloir.local BATCH -…
        "#,
    );
}

#[test]
fn who_sets_something_and_goes_before_registration_was_never_here() {
    check(
        "
        set password=sesame
        connect alice irc
        alice> CAP REQ :draft/metadata-3 batch
        skip
        alice> METADATA * SET color :red
        alice< :parloir.local 451 * …
        alice> PASS sesame
        skip
        alice> METADATA * SET color :red
        alice< :parloir.local 761 * * color * red
        end alice
        skip
        alice closed
        connect bob irc
        bob> PASS sesame
        skip
        bob> NICK bob
        skip
        bob> USER bob 0 * :Bob
        skip
        bob> LUSERS
        bob< :parloir.local 251 bob :There are 1 users …
        bob< :parloir.local 252 bob 0 …
        bob< :parloir.local 253 bob 0 …
        skip
        ",
    );
}
