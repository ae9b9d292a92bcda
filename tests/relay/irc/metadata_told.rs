//! Keys and values of people and channels: the recipients of changes, and the time at which they
//! are told.

use super::metadata::check_in_company;
use crate::script::check;

#[test]
fn a_change_is_told_to_those_who_follow_its_key_and_to_nobody_else() {
    check_in_company(
        "
        alice> METADATA * SET color :red
        alice< :parloir.local 761 alice alice color * red
        bob< :parloir.local 761 * alice color * red
        alice> METADATA * SET color :red
        alice< :parloir.local 761 alice alice color * red
        alice> METADATA * SET status :busy
        alice< :parloir.local 761 alice alice status * busy
        carol< :parloir.local 761 * alice status * busy
        alice> METADATA * SET avatar :x
        alice< :parloir.local 761 alice alice avatar * x
        alice> METADATA * SET color
        alice< :parloir.local 766 alice alice color :Key not set
        bob< :parloir.local 766 * alice color :Key not set
        alice> METADATA * SET color
        alice< :parloir.local 766 alice alice color :Key not set
        bob> METADATA * UNSUB color
        bob< :parloir.local 771 bob color
        alice> METADATA * SET color :green
        alice< :parloir.local 761 alice alice color * green
        ",
    );
}

#[test]
fn a_change_of_a_channel_is_told_to_those_in_it() {
    check_in_company(
        "
        irc frank
        caps frank draft/metadata-3 batch
        frank> METADATA * SUB color
        skip
        alice> JOIN #dev
        skip
        carol> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        dave> /join dev
        skip
        alice> METADATA #DEV SET color :red
        alice< :parloir.local 761 alice #dev color * red
        bob< :parloir.local 761 * #dev color * red
        alice> METADATA #dev SET color
        alice< :parloir.local 766 alice #dev color :Key not set
        bob< :parloir.local 766 * #dev color :Key not set
        ",
    );
}

#[test]
fn who_shares_several_channels_is_told_once_and_who_shares_none_is_not() {
    check_in_company(
        "
        irc frank
        caps frank draft/metadata-3 batch
        frank> METADATA * SUB color
        skip
        alice> JOIN #dev
        skip
        bob> JOIN #dev
        skip
        frank> JOIN #other
        skip
        alice> METADATA * SET color :red
        alice< :parloir.local 761 alice alice color * red
        bob< :parloir.local 761 * alice color * red
        ",
    );
}

#[test]
fn a_change_carries_its_time_for_who_asks_for_that() {
    check_in_company(
        "
        caps bob server-time
        alice> METADATA * SET color :red
        alice< :parloir.local 761 alice alice color * red
        bob< @time=2026-11-20T14:03:07.000Z :parloir.local 761 * alice color * red
        bob> METADATA alice GET color
        bob< @time=… :parloir.local BATCH +… metadata alice
        bob< @batch=…;time=… :parloir.local 761 bob alice color * red
        bob< @time=… :parloir.local BATCH -…
        ",
    );
}

#[test]
fn who_comes_in_is_told_what_is_there_of_the_keys_they_follow() {
    check_in_company(
        "
        alice> JOIN #dev
        skip
        alice> METADATA #dev SET color :red
        skip
        alice> METADATA #dev SET status :open
        skip
        alice> METADATA * SET color :green
        skip
        carol> METADATA * SET color :blue
        skip
        carol> JOIN #dev
        carol< {carol} JOIN #dev
        carol< :parloir.local 353 carol = #dev :@alice carol
        carol< :parloir.local 366 carol #dev …
        carol< :parloir.local BATCH +… metadata #dev
        carol< @batch=… :parloir.local 761 carol #dev status * open
        carol< :parloir.local BATCH -…
        alice< {carol} JOIN #dev
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir.local 353 bob = #dev :@alice carol bob
        bob< :parloir.local 366 bob #dev …
        bob< :parloir.local BATCH +… metadata #dev
        bob< @batch=… :parloir.local 761 bob #dev color * red
        bob< @batch=… :parloir.local 761 bob alice color * green
        bob< @batch=… :parloir.local 761 bob carol color * blue
        bob< :parloir.local BATCH -…
        alice< {bob} JOIN #dev
        carol< {bob} JOIN #dev
        erin> JOIN #dev
        erin< {erin} JOIN #dev
        erin< :parloir.local 353 erin = #dev :@alice carol bob erin
        erin< :parloir.local 366 erin #dev …
        skip
        ",
    );
}

#[test]
fn sync_tells_what_is_followed_of_one_of_a_channel_or_of_all_in_sight() {
    check_in_company(
        "
        irc frank greta
        caps frank draft/metadata-3 batch
        caps greta draft/metadata-3 batch
        alice> JOIN #dev
        skip
        alice> METADATA #dev SET color :red
        skip
        alice> METADATA * SET color :green
        skip
        alice> METADATA * SET status :busy
        skip
        bob> JOIN #dev
        skip
        bob> METADATA * SET color :blue
        skip
        bob> MONITOR + frank,alice,nobody
        skip
        frank> METADATA * SET color :grey
        skip
        greta> METADATA * SET color :gold
        skip
        bob> METADATA alice SYNC
        bob< :parloir.local BATCH +… metadata alice
        bob< @batch=… :parloir.local 761 bob alice color * green
        bob< :parloir.local BATCH -…
        bob> METADATA #DEV SYNC
        bob< :parloir.local BATCH +… metadata #dev
        bob< @batch=… :parloir.local 761 bob #dev color * red
        bob< @batch=… :parloir.local 761 bob alice color * green
        bob< @batch=… :parloir.local 761 bob bob color * blue
        bob< :parloir.local BATCH -…
        bob> METADATA *ALL SYNC
        bob< :parloir.local BATCH +… metadata *ALL
        bob< @batch=… :parloir.local 761 bob #dev color * red
        bob< @batch=… :parloir.local 761 bob bob color * blue
        bob< @batch=… :parloir.local 761 bob alice color * green
        bob< @batch=… :parloir.local 761 bob frank color * grey
        bob< :parloir.local BATCH -…
        bob> METADATA * UNSUB color
        bob< :parloir.local 771 bob color
        bob> METADATA *ALL SYNC
        bob< :parloir.local BATCH +… metadata *ALL
        bob< :parloir.local BATCH -…
        ",
    );
}

#[test]
fn who_is_watched_is_known_with_what_they_have() {
    check(
        "
        irc alice bob carol
        caps alice draft/metadata-3 batch
        caps bob draft/metadata-3 batch
        alice> METADATA * SUB color
        skip
        bob> METADATA * SET color :red
        skip
        bob> METADATA * SET status :busy
        skip
        alice> MONITOR + bob,carol,dave
        alice< :parloir.local 730 alice :bob!…@…,carol!…@…
        alice< :parloir.local 731 alice dave
        alice< :parloir.local BATCH +… metadata bob
        alice< @batch=… :parloir.local 761 alice bob color * red
        alice< :parloir.local BATCH -…
        alice< :parloir.local BATCH +… metadata carol
        alice< :parloir.local BATCH -…
        bob> METADATA * SET color :blue
        bob< :parloir.local 761 bob bob color * blue
        alice< :parloir.local 761 * bob color * blue
        bob> METADATA * SET status :idle
        bob< :parloir.local 761 bob bob status * idle
        bob> NICK dave
        bob< {bob} NICK dave
        alice< :parloir.local 731 alice bob
        alice< :parloir.local 730 alice dave!…@…
        alice< :parloir.local BATCH +… metadata dave
        alice< @batch=… :parloir.local 761 alice dave color * blue
        alice< :parloir.local BATCH -…
        carol> MONITOR + dave
        carol< :parloir.local 730 carol dave!…@…
        bob> JOIN #dev
        bob< {dave} JOIN #dev
        skip
        alice> JOIN #dev
        skip
        bob> METADATA * SET color :grey
        bob< :parloir.local 761 dave dave color * grey
        alice< :parloir.local 761 * dave color * grey
        alice> MONITOR - dave
        skip
        alice> PART #dev
        skip
        bob> METADATA * SET color
        bob< :parloir.local 766 dave dave color :Key not set
        ",
    );
}

#[test]
fn a_label_is_on_one_line_or_around_the_batch() {
    check(
        "
        irc alice
        caps alice draft/metadata-3 batch labeled-response
        alice> @label=1 METADATA * SET color :red
        alice< @label=1 :parloir.local 761 alice alice color * red
        alice> @label=2 METADATA * LIST
        alice< @label=2 :parloir.local BATCH +… labeled-response
        alice< @batch=… :parloir.local BATCH +… metadata alice
        alice< @batch=… :parloir.local 761 alice alice color * red
        alice< @batch=… :parloir.local BATCH -…
        alice< :parloir.local BATCH -…
        alice> @label=3 METADATA * SUB color
        alice< @label=3 :parloir.local BATCH +… labeled-response
        alice< @batch=… :parloir.local 770 alice color
        alice< @batch=… :parloir.local 774 alice *ALL 0 …
        alice< :parloir.local BATCH -…
        alice> @label=4 METADATA * SET color a b
        alice< @label=4 :parloir.local FAIL METADATA INVALID_PARAMS SET …
        ",
    );
}

#[test]
fn the_capability_means_nothing_without_batches_and_what_was_followed_is_forgotten() {
    check(
        "
        irc alice bob
        caps alice draft/metadata-3
        alice> METADATA * LIST
        alice< :parloir.local 421 alice METADATA …
        alice> JOIN #dev
        alice< {alice} JOIN #dev
        alice< :parloir.local 353 alice = #dev @alice
        alice< :parloir.local 366 alice #dev …
        bob> METADATA * LIST
        bob< :parloir.local 421 bob METADATA …
        caps bob draft/metadata-3 batch
        bob> JOIN #dev
        skip
        caps alice batch
        alice> METADATA * SUB color
        skip
        bob> METADATA * SET color :red
        bob< :parloir.local 761 bob bob color * red
        alice< :parloir.local 761 * bob color * red
        caps alice -batch
        bob> METADATA * SET color :blue
        bob< :parloir.local 761 bob bob color * blue
        caps alice batch
        alice> METADATA * SUBS
        alice< :parloir.local BATCH +… metadata-subs
        alice< :parloir.local BATCH -…
        bob> METADATA * SET color :grey
        bob< :parloir.local 761 bob bob color * grey
        ",
    );
}

#[test]
fn whois_tells_what_people_read_to_those_who_know_of_it() {
    check(
        "
        irc alice bob
        caps alice draft/metadata-3 batch
        alice> METADATA * SET display-name :Alice the First
        skip
        alice> METADATA * SET avatar :https://example.org/a.png
        skip
        alice> METADATA * SET pronouns :she/her
        skip
        alice> WHOIS alice
        alice< :parloir.local 311 alice alice …
        alice< :parloir.local 312 alice alice …
        alice< :parloir.local 760 alice alice display-name * :Alice the First
        alice< :parloir.local 760 alice alice pronouns * she/her
        alice< :parloir.local 317 alice alice …
        alice< :parloir.local 318 alice alice …
        bob> WHOIS alice
        bob< :parloir.local 311 bob alice …
        bob< :parloir.local 312 bob alice …
        bob< :parloir.local 317 bob alice …
        bob< :parloir.local 318 bob alice …
        ",
    );
}
