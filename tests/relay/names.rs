//! Nicknames, which are made legal and unique, and lists of people.

use crate::script::check;

/// Checks the name that a client gets that types `typed` first, with no other name in the room.
fn check_name(typed: &str, name: &str) {
    check(&format!(
        r#"
        connect someone
        someone>> "{typed}\n"
        someone< * You are {name}, alone in lobby.
        "#
    ));
}

#[test]
fn a_nickname_is_made_legal() {
    let x31 = "x".repeat(31);
    let e32 = "é".repeat(32);
    for (typed, name) in [
        ("bob", "bob"),
        ("  bob\\t", "bob"),
        ("Jean Paul", "Jean_Paul"),
        ("Jean \\u{3000}\\t Paul", "Jean_Paul"),
        ("Zoe\\u{301}", "Zoé"),
        ("\\u{212b}ngstr\\u{f6}m", "Ångström"),
        ("<bob>", "bob"),
        ("*** bob ***", "_bob_"),
        ("#bob", "bob"),
        ("@bob!", "bob"),
        ("-bob-", "bob-"),
        (".-.bob", "bob"),
        ("b.o-b", "b.o-b"),
        ("7of9", "7of9"),
        ("_-.[]{}\\\\|^`", "_-.[]{}\\|^`"),
        ("山田太郎", "山田太郎"),
        ("٣٤", "٣٤"),
        ("x²½Ⅷ", "x"),
        ("नमस्ते", "नमस्ते"),
        ("\\u{301}bob", "bob"),
        ("1\\u{301}", "1"),
        ("b\\u{200b}o\\u{200d}b\\u{feff}", "bob"),
        ("b\\u{ad}o\\u{34f}b\\u{3164}\\u{115f}\\u{ffa0}", "bob"),
        ("b\\u{fe0f}o\\u{e0041}b\\u{180b}", "bob"),
        ("bob😀", "bob"),
        ("\\e[31mbob\\e[0m", "bob"),
        ("caf\\xe9", "café"),
        ("//bob", "bob"),
        (" /bob", "bob"),
        ("😀", "guest"),
        ("...", "guest"),
        ("-", "guest"),
        ("\\u{200b}", "guest"),
        (&format!("{x31}yz"), &format!("{x31}y")),
        (&format!("{x31} z"), &format!("{x31}_")),
        (&format!("{e32}é"), &e32),
        (&"e\\u{301}".repeat(33), &e32),
    ] {
        check_name(typed, name);
    }
}

#[test]
fn a_nickname_of_32_characters_is_whole() {
    for length in [31, 32] {
        let name = "n".repeat(length);
        check_name(&name, &name);
    }
}

#[test]
fn a_taken_nickname_gets_the_smallest_number() {
    check(
        "
        connect a
        a> bob
        a< * You are bob, alone in lobby.
        connect b
        b> Bob
        b< * You are Bob2, in lobby with bob.
        a< * Bob2 joined
        connect c
        c> bob2
        c< * You are bob22, in lobby with bob and Bob2.
        a< * bob22 joined
        b< * bob22 joined
        connect d
        d> bob
        d< * You are bob3, in lobby with bob, Bob2 and bob22.
        skip
        end b
        b closed
        skip
        connect e
        e> BOB
        e< * You are BOB2, in lobby with bob, bob22 and bob3.
        skip
        connect f
        f> ***
        f< * You are guest, in lobby with bob, bob22, bob3 and BOB2.
        skip
        connect g
        g> ***
        g< * You are guest2, in lobby with bob, bob22, bob3, BOB2 and guest.
        skip
        ",
    );
}

#[test]
fn a_number_is_within_the_32_characters() {
    let (whole, cut) = ("n".repeat(32), "n".repeat(31));
    check(&format!(
        "
        connect a
        a> {whole}
        a< * You are {whole}, alone in lobby.
        connect b
        b> {whole}
        b< * You are {cut}2, in lobby with {whole}.
        a< * {cut}2 joined
        "
    ));
}

#[test]
fn names_are_the_same_in_another_form_or_case() {
    for (first, second, numbered) in [
        ("bob", "BOB", "BOB2"),
        ("Zoé", "zoe\\u{301}", "zoé2"),
        ("straße", "STRASSE", "STRASSE2"),
        ("ＢＯＢ", "bob", "bob2"),
        ("ﬁn", "FIN", "FIN2"),
        ("ς", "Σ", "Σ2"),
    ] {
        check(&format!(
            r#"
            connect a
            a> {first}
            a< * You are {first}, alone in lobby.
            connect b
            b>> "{second}\n"
            b< * You are {numbered}, in lobby with {first}.
            a< * {numbered} joined
            a>> "/msg {second} hm\n"
            a<< "-{first}- hm\n"
            "#
        ));
    }
}

#[test]
fn one_s_own_name_in_another_case_is_free() {
    check(
        "
        here alice bob
        bob> /nick Bob
        bob< * You are now Bob.
        alice< * bob is now Bob
        bob> /nick ＢＯＢ
        bob< * You are now ＢＯＢ.
        alice< * Bob is now ＢＯＢ
        bob> /nick ＡＬＩＣＥ
        bob< * You are now ＡＬＩＣＥ2.
        alice< * ＢＯＢ is now ＡＬＩＣＥ2
        bob> /nick ＢＯＢ
        bob< * You are now ＢＯＢ.
        alice< * ＡＬＩＣＥ2 is now ＢＯＢ
        connect c
        c> bob
        c< * You are bob2, in lobby with alice and ＢＯＢ.
        alice< * bob2 joined
        bob< * bob2 joined
        ",
    );
}

#[test]
fn people_are_listed_in_order_of_arrival() {
    check(
        "
        connect zed
        connect mid
        connect ann
        ann> /who
        ann< * lobby: 1 listener
        mid> /who
        mid< * lobby: 2 listeners
        mid> mid
        mid< * You are mid, in lobby with 1 listener.
        ann< * mid joined
        zed> zed
        zed< * You are zed, in lobby with mid and 1 listener.
        ann< * zed joined
        mid< * zed joined
        ann> ann
        ann< * You are ann, in lobby with mid and zed.
        mid< * ann joined
        zed< * ann joined
        mid> /nick aaron
        mid< * You are now aaron.
        zed< * mid is now aaron
        ann< * mid is now aaron
        mid> /join dev
        mid< * You are aaron, alone in dev.
        zed< * aaron left
        ann< * aaron left
        ann> /who
        ann< * lobby: zed and ann
        mid> /join lobby
        mid< * You are aaron, in lobby with zed and ann.
        zed< * aaron joined
        ann< * aaron joined
        ann> /who
        ann< * lobby: zed, ann and aaron
        ",
    );
}

#[test]
fn at_most_20_are_listed_by_name() {
    let people = |count: usize| (1..=count).map(|n| format!("p{n}")).collect::<Vec<_>>();
    let twenty = people(20).join(", ");
    let nineteen = people(19).join(", ");
    for (count, listeners, all) in [
        (20, 0, format!("{nineteen} and p20")),
        (20, 1, format!("{twenty} and 1 listener")),
        (21, 0, format!("{twenty} and 1 other")),
        (22, 2, format!("{twenty} and 2 others and 2 listeners")),
    ] {
        let here = people(count).join(" ");
        let listening: String = (1..=listeners)
            .map(|n| format!("connect l{n}\nwait 1s\nskip\n"))
            .collect();
        check(&format!(
            "
            here {here}
            {listening}
            p1> /who
            p1< * lobby: {all}
            connect last
            last> last
            last< * You are last, in lobby with {all}.
            skip
            "
        ));
    }
}
