//! A full room: arrivals and departures are announced together, at most once a second. Every case
//! is a script.

use crate::script::check;

fn people(from: usize, to: usize) -> Vec<String> {
    (from..=to).map(|n| format!("p{n}")).collect()
}

#[test]
fn fifty_people_are_told_of_one_by_one() {
    let here = people(1, 48).join(" ");
    let read = |names: &[String], line: &str| -> String {
        names
            .iter()
            .map(|name| format!("{name}< {line}\n"))
            .collect()
    };
    let (all, twenty) = (people(1, 48), people(1, 20).join(", "));
    check(&format!(
        "
        here {here}
        connect p49
        p49> p49
        p49< * You are p49, in lobby with {twenty} and 28 others.
        {}
        connect p50
        p50> p50
        p50< * You are p50, in lobby with {twenty} and 29 others.
        {}
        p49< * p50 joined
        p50> /quit tired
        p50< * Bye.
        p50 closed
        {}
        p49< * p50 left (tired)
        ",
        read(&all, "* p49 joined"),
        read(&all, "* p50 joined"),
        read(&all, "* p50 left (tired)"),
    ));
}

#[test]
fn past_fifty_the_first_is_told_of_at_once_and_others_together() {
    let here = people(1, 50).join(" ");
    let (all, twenty) = (people(1, 50), people(1, 20).join(", "));
    let read =
        |line: &str| -> String { all.iter().map(|name| format!("{name}< {line}\n")).collect() };
    check(&format!(
        "
        here {here}
        wait 10s
        connect p51
        p51> p51
        p51< * You are p51, in lobby with {twenty} and 30 others.
        {}
        wait 400ms
        connect p52
        p52> p52
        p52< * You are p52, in lobby with {twenty} and 31 others.
        wait 400ms
        p51> /quit a reason is not for a list
        p51< * Bye.
        p51 closed
        wait 199ms
        wait 1ms
        {}
        p52< * p52 joined; p51 left
        end p52
        p52 closed
        wait 999ms
        wait 1ms
        {}
        wait 10s
        connect p53
        p53> p53
        p53< * You are p53, in lobby with {twenty} and 30 others.
        {}
        wait 1s
        p53> /quit tired
        p53< * Bye.
        p53 closed
        {}
        ",
        read("* p51 joined"),
        read("* p52 joined; p51 left"),
        read("* p52 left"),
        read("* p53 joined"),
        read("* p53 left (tired)"),
    ));
}

#[test]
fn of_many_twenty_are_named_and_the_rest_counted() {
    for (count, told) in [
        (1, "b1".to_string()),
        (2, "b1 and b2".into()),
        (3, "b1, b2 and b3".into()),
        (21, named(20) + " and 1 other"),
        (57, named(20) + " and 37 others"),
    ] {
        let come: Vec<String> = (1..=count).map(|n| format!("b{n}")).collect();
        check(&format!(
            "
            set gather_above=1
            here alice first
            here {}
            alice> /rooms
            alice< * lobby ({})
            connect quiet listen
            wait 1s
            alice< * {told} joined
            skip
            ",
            come.join(" "),
            count + 2,
        ));
    }
}

fn named(count: usize) -> String {
    (1..=count)
        .map(|n| format!("b{n}"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn everyone_is_counted_each_way_and_nothing_is_cancelled() {
    check(
        "
        set gather_above=1
        here alice bob
        end bob
        bob closed
        connect bob
        bob> bob
        bob< * You are bob, in lobby with alice.
        end bob
        bob closed
        connect carol
        carol> carol
        carol< * You are carol, in lobby with alice.
        carol> /nick caro
        carol< * You are now caro.
        alice< * carol is now caro
        carol> hi
        alice< <caro> hi
        carol> /join dev
        carol< * You are caro, alone in dev.
        wait 1s
        alice< * bob and carol joined; bob, bob and caro left
        ",
    );
}

#[test]
fn what_is_pending_when_the_room_is_no_longer_full_is_told_in_time() {
    check(
        "
        set gather_above=2
        here alice bob carol dave
        end carol
        carol closed
        end dave
        dave closed
        end bob
        bob closed
        wait 1s
        alice< * dave joined; carol, dave and bob left
        connect bob
        bob> bob
        bob< * You are bob, in lobby with alice.
        alice< * bob joined
        ",
    );
}

#[test]
fn a_room_that_empties_has_nobody_to_tell() {
    check(
        "
        set gather_above=0
        here alice bob
        end bob
        bob closed
        end alice
        alice closed
        connect carol
        carol> carol
        carol< * You are carol, alone in lobby.
        wait 10s
        ",
    );
}
