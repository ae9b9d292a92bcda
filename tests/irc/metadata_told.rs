//! Keys and values of people and channels: who is told of them, and when.

use super::metadata::check_in_company;
use crate::script::check;

#[test]
fn a_change_is_told_to_those_who_follow_its_key_and_to_nobody_else() {
    check_in_company(
        "
        alice> METADATA * SET color :red
        alice< :parloir 761 alice alice color * red
        bob< :parloir 761 * alice color * red
        alice> METADATA * SET color :red
        alice< :parloir 761 alice alice color * red
        alice> METADATA * SET status :busy
        alice< :parloir 761 alice alice status * busy
        carol< :parloir 761 * alice status * busy
        alice> METADATA * SET avatar :x
        alice< :parloir 761 alice alice avatar * x
        alice> METADATA * SET color
        alice< :parloir 766 alice alice color :Key not set
        bob< :parloir 766 * alice color :Key not set
        alice> METADATA * SET color
        alice< :parloir 766 alice alice color :Key not set
        bob> METADATA * UNSUB color
        bob< :parloir 771 bob color
        alice> METADATA * SET color :green
        alice< :parloir 761 alice alice color * green
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
        alice< :parloir 761 alice #dev color * red
        bob< :parloir 761 * #dev color * red
        alice> METADATA #dev SET color
        alice< :parloir 766 alice #dev color :Key not set
        bob< :parloir 766 * #dev color :Key not set
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
        alice< :parloir 761 alice alice color * red
        bob< :parloir 761 * alice color * red
        ",
    );
}

#[test]
fn a_change_carries_its_time_for_who_asks_for_that() {
    check_in_company(
        "
        caps bob server-time
        alice> METADATA * SET color :red
        alice< :parloir 761 alice alice color * red
        bob< @time=2026-11-20T14:03:07.000Z :parloir 761 * alice color * red
        bob> METADATA alice GET color
        bob< @time=… :parloir BATCH +… metadata alice
        bob< @batch=…;time=… :parloir 761 bob alice color * red
        bob< @time=… :parloir BATCH -…
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
        carol< :parloir 353 carol = #dev :@alice carol
        carol< :parloir 366 carol #dev …
        carol< :parloir BATCH +… metadata #dev
        carol< @batch=… :parloir 761 carol #dev status * open
        carol< :parloir BATCH -…
        alice< {carol} JOIN #dev
        bob> JOIN #dev
        bob< {bob} JOIN #dev
        bob< :parloir 353 bob = #dev :@alice carol bob
        bob< :parloir 366 bob #dev …
        bob< :parloir BATCH +… metadata #dev
        bob< @batch=… :parloir 761 bob #dev color * red
        bob< @batch=… :parloir 761 bob alice color * green
        bob< @batch=… :parloir 761 bob carol color * blue
        bob< :parloir BATCH -…
        alice< {bob} JOIN #dev
        carol< {bob} JOIN #dev
        erin> JOIN #dev
        erin< {erin} JOIN #dev
        erin< :parloir 353 erin = #dev :@alice carol bob erin
        erin< :parloir 366 erin #dev …
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
        bob< :parloir BATCH +… metadata alice
        bob< @batch=… :parloir 761 bob alice color * green
        bob< :parloir BATCH -…
        bob> METADATA #DEV SYNC
        bob< :parloir BATCH +… metadata #dev
        bob< @batch=… :parloir 761 bob #dev color * red
        bob< @batch=… :parloir 761 bob alice color * green
        bob< @batch=… :parloir 761 bob bob color * blue
        bob< :parloir BATCH -…
        bob> METADATA *ALL SYNC
        bob< :parloir BATCH +… metadata *ALL
        bob< @batch=… :parloir 761 bob #dev color * red
        bob< @batch=… :parloir 761 bob bob color * blue
        bob< @batch=… :parloir 761 bob alice color * green
        bob< @batch=… :parloir 761 bob frank color * grey
        bob< :parloir BATCH -…
        bob> METADATA * UNSUB color
        bob< :parloir 771 bob color
        bob> METADATA *ALL SYNC
        bob< :parloir BATCH +… metadata *ALL
        bob< :parloir BATCH -…
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
        alice< :parloir 730 alice :bob!…@…,carol!…@…
        alice< :parloir 731 alice dave
        alice< :parloir BATCH +… metadata bob
        alice< @batch=… :parloir 761 alice bob color * red
        alice< :parloir BATCH -…
        alice< :parloir BATCH +… metadata carol
        alice< :parloir BATCH -…
        bob> METADATA * SET color :blue
        bob< :parloir 761 bob bob color * blue
        alice< :parloir 761 * bob color * blue
        bob> METADATA * SET status :idle
        bob< :parloir 761 bob bob status * idle
        bob> NICK dave
        bob< {bob} NICK dave
        alice< :parloir 731 alice bob
        alice< :parloir 730 alice dave!…@…
        alice< :parloir BATCH +… metadata dave
        alice< @batch=… :parloir 761 alice dave color * blue
        alice< :parloir BATCH -…
        carol> MONITOR + dave
        carol< :parloir 730 carol dave!…@…
        bob> JOIN #dev
        bob< {dave} JOIN #dev
        skip
        alice> JOIN #dev
        skip
        bob> METADATA * SET color :grey
        bob< :parloir 761 dave dave color * grey
        alice< :parloir 761 * dave color * grey
        alice> MONITOR - dave
        skip
        alice> PART #dev
        skip
        bob> METADATA * SET color
        bob< :parloir 766 dave dave color :Key not set
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
        alice< @label=1 :parloir 761 alice alice color * red
        alice> @label=2 METADATA * LIST
        alice< @label=2 :parloir BATCH +… labeled-response
        alice< @batch=… :parloir BATCH +… metadata alice
        alice< @batch=… :parloir 761 alice alice color * red
        alice< @batch=… :parloir BATCH -…
        alice< :parloir BATCH -…
        alice> @label=3 METADATA * SUB color
        alice< @label=3 :parloir BATCH +… labeled-response
        alice< @batch=… :parloir 770 alice color
        alice< @batch=… :parloir 774 alice *ALL 0 …
        alice< :parloir BATCH -…
        alice> @label=4 METADATA * SET color a b
        alice< @label=4 :parloir FAIL METADATA INVALID_PARAMS SET …
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
        alice< :parloir 421 alice METADATA …
        alice> JOIN #dev
        alice< {alice} JOIN #dev
        alice< :parloir 353 alice = #dev @alice
        alice< :parloir 366 alice #dev …
        bob> METADATA * LIST
        bob< :parloir 421 bob METADATA …
        caps bob draft/metadata-3 batch
        bob> JOIN #dev
        skip
        caps alice batch
        alice> METADATA * SUB color
        skip
        bob> METADATA * SET color :red
        bob< :parloir 761 bob bob color * red
        alice< :parloir 761 * bob color * red
        caps alice -batch
        bob> METADATA * SET color :blue
        bob< :parloir 761 bob bob color * blue
        caps alice batch
        alice> METADATA * SUBS
        alice< :parloir BATCH +… metadata-subs
        alice< :parloir BATCH -…
        bob> METADATA * SET color :grey
        bob< :parloir 761 bob bob color * grey
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
        alice< :parloir 311 alice alice …
        alice< :parloir 312 alice alice …
        alice< :parloir 760 alice alice display-name * :Alice the First
        alice< :parloir 760 alice alice pronouns * she/her
        alice< :parloir 317 alice alice …
        alice< :parloir 318 alice alice …
        bob> WHOIS alice
        bob< :parloir 311 bob alice …
        bob< :parloir 312 bob alice …
        bob< :parloir 317 bob alice …
        bob< :parloir 318 bob alice …
        ",
    );
}
