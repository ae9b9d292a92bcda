//! Keys and values of people and channels: their maximum number, and invalid ones.

use super::metadata::check_in_company;
use crate::script::check;

/// Script lines that set this many keys, `k1`, `k2` and so on, without a look at the answers.
fn keys_set(target: &str, count: usize) -> String {
    let set = |n| format!("alice> METADATA {target} SET k{n} :v{n}\nskip\n");
    (1..=count).map(set).collect()
}

#[test]
fn a_person_and_a_channel_have_twenty_keys_each() {
    for (target, name) in [("*", "alice"), ("#dev", "#dev")] {
        let (few, keys) = (keys_set(target, 19), keys_set(target, 20));
        check(&format!(
            "
            set rate=0
            irc alice
            caps alice draft/metadata-3 batch
            alice> JOIN #dev
            skip
            {few}
            alice> METADATA {target} SET k20 :v
            alice< :parloir.local 761 alice {name} k20 * v
            alice> METADATA {target} SET k21 :v
            alice< :parloir.local FAIL METADATA LIMIT_REACHED SET {name} 20 …
            alice> METADATA {target} SET k20 :w
            alice< :parloir.local 761 alice {name} k20 * w
            alice> METADATA {target} SET k1
            alice< :parloir.local 766 alice {name} k1 :Key not set
            alice> METADATA {target} SET k21 :v
            alice< :parloir.local 761 alice {name} k21 * v
            alice> METADATA {target} CLEAR
            skip
            {keys}
            alice> METADATA {target} GET k21 k20
            alice< :parloir.local BATCH +… metadata {name}
            alice< @batch=… :parloir.local 766 alice {name} k21 :Key not set
            alice< @batch=… :parloir.local 761 alice {name} k20 * v20
            alice< :parloir.local BATCH -…
            "
        ));
    }
}

#[test]
fn a_value_has_three_hundred_bytes() {
    let (below, fits, long) = ("x".repeat(299), "x".repeat(300), "x".repeat(301));
    let (hearts, more) = ("💜".repeat(75), "💜".repeat(76));
    check_in_company(&format!(
        "
        alice> METADATA * SET color :{below}
        alice< :parloir.local 761 alice alice color * {below}
        bob< :parloir.local 761 * alice color * {below}
        alice> METADATA * SET color :{fits}
        alice< :parloir.local 761 alice alice color * {fits}
        bob< :parloir.local 761 * alice color * {fits}
        alice> METADATA * SET color :{long}
        alice< :parloir.local FAIL METADATA INVALID_VALUE color …
        alice> METADATA * SET color :{hearts}
        alice< :parloir.local 761 alice alice color * {hearts}
        bob< :parloir.local 761 * alice color * {hearts}
        alice> METADATA * SET color :{more}
        alice< :parloir.local FAIL METADATA INVALID_VALUE color …
        "
    ));
}

#[test]
fn a_value_is_clean_and_not_blank() {
    check_in_company(
        r#"
        alice>> "METADATA * SET color :\x1b[31mr\x07ed\xe2\x80\xae \x02bold\x02\r\n"
        alice<< ":parloir.local 761 alice alice color * :red \x02bold\x02\r\n"
        bob<< ":parloir.local 761 * alice color * :red \x02bold\x02\r\n"
        alice>> "METADATA * SET color :\x07\r\n"
        alice< :parloir.local FAIL METADATA INVALID_VALUE color …
        alice>> "METADATA * SET color :  \r\n"
        alice< :parloir.local FAIL METADATA INVALID_VALUE color …
        alice>> "METADATA * SET color :\xc3\r\n"
        alice< :parloir.local 761 alice alice color * Ã
        bob< :parloir.local 761 * alice color * Ã
        alice>> "METADATA * SET color ::)\r\n"
        alice<< ":parloir.local 761 alice alice color * ::)\r\n"
        bob<< ":parloir.local 761 * alice color * ::)\r\n"
        "#,
    );
}

#[test]
fn a_key_has_sixty_four_bytes_of_few_letters() {
    let (below, fits, long) = ("k".repeat(63), "k".repeat(64), "k".repeat(65));
    check(&format!(
        "
        irc alice
        caps alice draft/metadata-3 batch
        alice> METADATA * SET {below} :v
        alice< :parloir.local 761 alice alice {below} * v
        alice> METADATA * SET {fits} :v
        alice< :parloir.local 761 alice alice {fits} * v
        alice> METADATA * SET {long} :v
        alice< :parloir.local FAIL METADATA INVALID_KEY {long} …
        alice> METADATA * SET Color :v
        alice< :parloir.local FAIL METADATA INVALID_KEY Color …
        alice> METADATA * SET :a b
        alice< :parloir.local FAIL METADATA INVALID_KEY * …
        alice> METADATA * GET $url {fits}
        alice< :parloir.local BATCH +… metadata alice
        alice< @batch=… :parloir.local WARN METADATA INVALID_KEY $url …
        alice< @batch=… :parloir.local 761 alice alice {fits} * v
        alice< :parloir.local BATCH -…
        alice> METADATA * SUB {long} {fits}
        alice< :parloir.local 770 alice {fits}
        alice< :parloir.local WARN METADATA INVALID_KEY {long} …
        alice< :parloir.local 774 alice *ALL 0 …
        alice> METADATA * UNSUB $url {fits}
        alice< :parloir.local 771 alice {fits}
        alice< :parloir.local WARN METADATA INVALID_KEY $url …
        "
    ));
}

#[test]
fn fifty_keys_are_followed_and_no_further_one() {
    let keys = |from: usize, to: usize| -> String {
        (from..=to).map(|n| format!(" k{n}")).collect::<String>()
    };
    let (first, second, third, fourth) = (keys(1, 13), keys(14, 26), keys(27, 39), keys(40, 48));
    check(&format!(
        "
        irc alice
        caps alice draft/metadata-3 batch
        alice> METADATA * SUB{first}
        alice< :parloir.local 770 alice{first}
        alice< :parloir.local 774 alice *ALL 0 …
        alice> METADATA * SUB{second}
        skip
        alice> METADATA * SUB{third}
        skip
        alice> METADATA * SUB{fourth}
        skip
        alice> METADATA * SUB k49 k50 k51 k1 k52
        alice< :parloir.local 770 alice k49 k50
        alice< :parloir.local FAIL METADATA LIMIT_REACHED SUB k51 50 …
        alice< :parloir.local 774 alice *ALL 0 …
        alice> METADATA * SUB k1 k50
        alice< :parloir.local 770 alice k1 k50
        alice> METADATA * SUB k51
        alice< :parloir.local FAIL METADATA LIMIT_REACHED SUB k51 50 …
        alice> METADATA * UNSUB k7 k51
        alice< :parloir.local 771 alice k7 k51
        alice> METADATA * SUB k51
        alice< :parloir.local 770 alice k51
        alice< :parloir.local 774 alice *ALL 0 …
        "
    ));
}

#[test]
fn what_is_followed_is_listed_each_key_once_and_in_lines_that_fit() {
    let keys: Vec<String> = (1..=7).map(|n| format!("{n}{}", "k".repeat(63))).collect();
    // Seven of them, with a blank before each, are 455 bytes.
    let (all, first, second) = (keys.join(" "), keys[..3].join(" "), keys[3..].join(" "));
    let long: Vec<String> = ["a", "b"].iter().map(|c| c.repeat(64)).collect();
    check(&format!(
        "
        irc alice
        caps alice draft/metadata-3 batch
        alice> METADATA * SUBS
        alice< :parloir.local BATCH +… metadata-subs
        alice< :parloir.local BATCH -…
        alice> METADATA alice SUB b a b
        alice< :parloir.local 770 alice b a b
        alice< :parloir.local 774 alice *ALL 0 …
        alice> METADATA ALICE SUBS
        alice< :parloir.local BATCH +… metadata-subs
        alice< @batch=… :parloir.local 772 alice a b
        alice< :parloir.local BATCH -…
        alice> METADATA * UNSUB a b
        alice< :parloir.local 771 alice a b
        alice> METADATA * SUB {first}
        skip
        alice> METADATA * SUB {second}
        skip
        alice> METADATA * SUBS
        alice< :parloir.local BATCH +… metadata-subs
        alice< @batch=… :parloir.local 772 alice {all}
        alice< :parloir.local BATCH -…
        alice> METADATA * SUB {}
        skip
        alice> METADATA * SUBS
        alice< :parloir.local BATCH +… metadata-subs
        alice< @batch=… :parloir.local 772 alice {all}
        alice< @batch=… :parloir.local 772 alice {}
        alice< :parloir.local BATCH -…
        ",
        long.join(" "),
        long.join(" "),
    ));
}

#[test]
fn nonsense_is_refused_and_says_what_there_is() {
    check(
        "
        irc alice bob
        caps alice draft/metadata-3 batch
        alice> METADATA
        alice< :parloir.local FAIL METADATA INVALID_PARAMS * …
        alice> METADATA *
        alice< :parloir.local FAIL METADATA INVALID_PARAMS * …
        alice> METADATA * DESTR0Y
        alice< :parloir.local FAIL METADATA INVALID_PARAMS DESTR0Y …
        alice> METADATA * :: hi
        alice< :parloir.local FAIL METADATA INVALID_PARAMS * …
        alice> METADATA * GET
        alice< :parloir.local FAIL METADATA INVALID_PARAMS GET …
        alice> METADATA * LIST x
        alice< :parloir.local FAIL METADATA INVALID_PARAMS LIST …
        alice> METADATA * SET
        alice< :parloir.local FAIL METADATA INVALID_PARAMS SET …
        alice> METADATA * SET key a b
        alice< :parloir.local FAIL METADATA INVALID_PARAMS SET …
        alice> METADATA * CLEAR key
        alice< :parloir.local FAIL METADATA INVALID_PARAMS CLEAR …
        alice> METADATA * SUB
        alice< :parloir.local FAIL METADATA INVALID_PARAMS SUB …
        alice> METADATA * UNSUB
        alice< :parloir.local FAIL METADATA INVALID_PARAMS UNSUB …
        alice> METADATA bob SUBS x
        alice< :parloir.local FAIL METADATA INVALID_PARAMS SUBS …
        alice> METADATA * SYNC x
        alice< :parloir.local FAIL METADATA INVALID_PARAMS SYNC …
        ",
    );
}

#[test]
fn a_target_is_somebody_here_or_a_channel() {
    let each = |target: &str, shown: &str| -> String {
        let commands = ["GET a", "LIST", "SET a :v", "SET a", "CLEAR", "SYNC"];
        let answer = format!("alice< :parloir.local FAIL METADATA INVALID_TARGET {shown} …\n");
        let lines = commands.map(|it| format!("alice> METADATA {target} {it}\n{answer}"));
        lines.concat()
    };
    let lines = [
        each("nobody", "nobody"),
        each("#nowhere", "#nowhere"),
        each("#", "#"),
        each("$a:user", "$a:user"),
    ];
    check(&format!(
        "
        set burst=100
        irc alice bob
        caps alice draft/metadata-3 batch
        {}
        alice> METADATA bob SUB color
        alice< :parloir.local FAIL METADATA INVALID_TARGET bob …
        alice> METADATA bob UNSUB color
        alice< :parloir.local FAIL METADATA INVALID_TARGET bob …
        alice> METADATA bob SUBS
        alice< :parloir.local FAIL METADATA INVALID_TARGET bob …
        alice> METADATA *ALL LIST
        alice< :parloir.local FAIL METADATA INVALID_TARGET *ALL …
        ",
        lines.concat()
    ));
}

#[test]
fn the_limits_are_announced_in_one_line_to_who_knows_values() {
    check(
        "
        set name=My.Little.Server
        connect alice irc
        alice> CAP LS
        alice< :My.Little.Server CAP * LS :account-notify … draft/metadata-3 draft/multiline … userhost-in-names
        alice> CAP LS 302
        alice< :My.Little.Server CAP * LS :account-notify … draft/metadata-3=before-connect,max-subs=50,max-keys=20,max-key-bytes=64,max-value-bytes=300 draft/multiline=… userhost-in-names
        ",
    );
}
