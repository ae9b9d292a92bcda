//! Commands have the same meaning on the page as at netcat, and answers are shown in words.

use serde_json::json;

use crate::driver::{Browser, DESKTOP, Looks};
use crate::page::{ALT, BACKSPACE, UP};
use crate::wire::{Client, Program};

/// The page in a room that it has made, with bob and carol at netcat.
fn in_a_room_of_one_s_own(browser: &Browser, program: &Program) -> [Client; 2] {
    browser.enter(program.address(), "", "ana");
    browser.say("/join dev");
    browser.wait_for_text("#title", "#dev");
    ["bob", "carol"].map(|name| {
        let mut client = program.join(name);
        client.send("/join dev\n");
        client.wait_for(|line| line.starts_with(&format!("* You are {name}, in dev with ")));
        client
    })
}

/// `/mode +limit 5` made the room invite-only.
#[test]
fn modes_are_typed_as_at_netcat() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    let [mut bob, _carol] = in_a_room_of_one_s_own(&browser, &program);
    for (typed, told) in [
        ("+limit 5", "at most 5 may be in the room now"),
        ("+key sesame", "the room needs a key now: sesame"),
        ("moderated", "only those with a voice may speak now"),
        ("-Moderated", "everyone may speak now"),
        ("+i", "only those invited may come in now"),
        ("-invite-only", "everyone may come in now"),
        ("secret", "the room is secret now"),
        ("+topic-locked", "only operators may set the topic now"),
        ("-no-external", "those outside may speak in the room now"),
        ("-key whatever", "the room needs no key any more"),
        ("+v bob", "bob has a voice now"),
    ] {
        browser.say(&format!("/mode {typed}"));
        bob.wait_for_line(&format!("* {told} (by ana)"));
        browser.wait_for_line(&format!("|{told} (by ana)"));
    }
    browser.say("/mode");
    browser.wait_for_line("|#dev: secret, topic-locked, limit 5");
    for wrong in [
        "nonsense",
        "limit",
        "limit 0",
        "limit many",
        "+m now",
        "+limi",
        "key",
        "+",
    ] {
        browser.say(&format!("/mode {wrong}"));
        browser.wait("[...document.querySelectorAll('#lines .error')].at(-1)?.textContent.includes('Usage: /mode')");
        browser.run("[...document.querySelectorAll('#lines .error')].at(-1).remove()");
    }
    bob.send("/mode\n");
    bob.wait_for_line("* dev: secret, topic-locked, limit 5");
    browser.say("/mode secret");
    browser.wait_for_line("|That is so already.");
}

#[test]
fn operators_have_the_same_words_as_at_netcat() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    let [mut bob, mut carol] = in_a_room_of_one_s_own(&browser, &program);
    // The server decides which person and which host a mask matches, and reports the same here as
    // at netcat.
    let mut told_alike = |typed: &str, told: &str| {
        browser.say(typed);
        let line = bob.wait_for(|line| line.ends_with(&format!("{told} (by ana)")));
        browser.wait_for_line(&format!("|{}", &line[2..]));
        line[2..].split(' ').next().unwrap_or_default().to_owned()
    };
    told_alike("/op bob", "bob is an operator now");
    told_alike("/deop bob", "bob is not an operator any more");
    told_alike("/voice bob", "bob has a voice now");
    told_alike("/devoice bob", "bob has no voice any more");
    let mask = told_alike("/mute carol", "may not speak now");
    assert!(mask.starts_with("*!*@"), "{mask}");
    carol.send("may I?\n");
    carol.wait_for_line("* you cannot speak in dev: you are muted");
    assert_eq!(told_alike("/unmute carol", "may speak now"), mask);
    carol.send("thank you\n");
    browser.wait_for_line("carol|thank you");

    assert_eq!(told_alike("/ban carol", "is kept out now"), mask);
    browser.say("/mode");
    browser.wait_for_line(&format!("|#dev: no-external, banned {mask}"));
    browser.say("/kick carol too loud");
    carol.wait_for_line("* you were removed from dev by ana (too loud)");
    browser.wait_for_line("|ana removed carol (too loud)");
    carol.send("/join dev\n");
    carol.wait_for_line("* you cannot join dev: you are banned");
    browser.say("/unban carol");
    browser.wait_for_line(&format!("|{mask} is not kept out any more (by ana)"));
    browser.say("/unban carol");
    browser.wait_for_line("|That is so already.");
    browser.say("/invite carol");
    carol.wait_for_line("* ana invites you: /join dev");
    browser.wait_for_line("|carol is invited to #dev.");
    browser.say("/op nobody");
    browser.wait_for_line("|Nobody here is called nobody.");
    browser.say("/ban");
    browser.wait_for_line("|Usage: /ban NAME");
    browser.chord(ALT, UP.chars().next().unwrap());
    browser.chord(ALT, UP.chars().next().unwrap());
    browser.wait_for_text("#title", "#lobby");
    browser.say("/kick bob");
    browser.wait_for_line("|Only an operator of #lobby may do that.");
}

/// The answers to `/who`, `/whois`, being away and others were shown as the numbers and words of
/// IRC.
#[test]
fn answers_are_sentences() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    let [mut bob, _carol] = in_a_room_of_one_s_own(&browser, &program);
    browser.say("/who");
    browser.wait_for_line("|#dev: ana, bob and carol");
    browser.say("/whois bob");
    browser.wait("[...document.querySelectorAll('#lines .text')].some((line) => line.textContent.startsWith('bob has said nothing for 0 min, and is here since '))");
    browser.wait_for_line("|bob is in #dev");
    browser.wait("[...document.querySelectorAll('#lines .text')].some((line) => /^bob goes by “.*” and comes from .*\\.$/.test(line.textContent))");
    browser.say("/whois nobody");
    browser.wait_for_line("|Nobody here is called nobody.");
    browser.say("/rooms");
    browser.wait_for_line("|#dev (3), #lobby (1)");
    browser.say("/topic");
    browser.wait_for_line("|No topic is set.");
    browser.say("/topic cake");
    bob.wait_for_line("* topic: cake");
    browser.say("/topic");
    browser.wait_for_line("|Topic: cake");
    browser.say("/topic -");
    bob.wait_for_line("* no topic is set");
    browser.say("/away at lunch");
    browser.wait_for_line("|You are away.");
    browser.say("/away");
    browser.wait_for_line("|You are back.");
    browser.say("/nick bob");
    browser.wait_for_line("|“bob” is taken, sorry. Would another name do?");
    browser.say("/msg #nowhere hush");
    browser.wait_for_line("|You are not in #nowhere: /join #nowhere goes there.");
    bob.send("/away out\n");
    bob.wait_for_line("* you are away");
    browser.say("/msg bob are you there?");
    bob.wait_for_line("-ana- are you there?");
    browser.wait_for_line("|bob is away: out");
    browser.say("/who");
    browser.wait_for_line("|This is not a room: /join one.");
    // No answer is raw: none has a number, a mask, or a name before a colon.
    let raw = browser.run(
        "return [...document.querySelectorAll('#lines .text')].map((line) => line.textContent).filter((text) => /!.*@|^\\d{3} |parloir \\d/.test(text))",
    );
    assert_eq!(raw, json!([]));
}

#[test]
fn answers_are_french_where_the_browser_is() {
    let looks = Looks {
        language: "fr",
        ..DESKTOP
    };
    let Some(browser) = Browser::start(looks) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    let [mut bob, _carol] = in_a_room_of_one_s_own(&browser, &program);
    for (typed, told) in [
        ("/who", "#dev : ana, bob et carol"),
        ("/whois personne", "Personne ici ne s’appelle personne."),
        ("/away", "Vous êtes de retour."),
        ("/topic", "Il n’y a pas de sujet."),
        ("/mode +limit 5", "pas plus de 5 dans le salon (par ana)"),
        ("/mode", "#dev : fermé à qui n’y est pas, limite 5"),
        ("/op bob", "bob est maintenant opérateur (par ana)"),
        (
            "/mode moderated",
            "seuls ceux qui ont la parole peuvent parler (par ana)",
        ),
        ("/history 0", "Usage : /history [N]"),
    ] {
        browser.say(typed);
        browser.wait_for_line(&format!("|{told}"));
    }
    bob.send("/mode -moderated\n/msg ana salut\n");
    browser.wait_for_line("|tout le monde peut parler (par bob)");
}

#[test]
fn history_is_shown_again_with_its_times() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    let mut carol = program.join("carol");
    browser.enter(program.address(), "", "ana");
    browser.say("/history");
    browser.wait_for_line("|Nothing has been said in #lobby yet.");
    for n in 0..150 {
        carol.send(format!("line {n}\n"));
    }
    carol.send("/me waves\n");
    browser.wait_for_line("|carol waves");
    let again = "[...document.querySelectorAll('#lines .info .text')].map((line) => line.textContent).filter((text) => /^\\[.+:\\d\\d.*\\] [<~]/.test(text))";
    browser.say("/history 3");
    browser.wait(&format!("{again}.length === 3"));
    browser.wait(&format!(
        "{again}[0].endsWith('] <carol> line 148') && {again}[2].endsWith('] ~ carol waves')"
    ));
    browser.say("/history");
    browser.wait(&format!("{again}.length === 3 + 151"));
    browser.wait(&format!("{again}[3].endsWith('] <carol> line 0')"));
    for wrong in ["0", "-1", "five"] {
        browser.say(&format!("/history {wrong}"));
        browser.wait("[...document.querySelectorAll('#lines .error')].at(-1)?.textContent.includes('Usage: /history [N]')");
        browser.run("[...document.querySelectorAll('#lines .error')].at(-1).remove()");
    }
}

#[test]
fn everything_that_netcat_lists_the_page_lists() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    let mut carol = program.join("carol");
    browser.enter(program.address(), "", "ana");
    carol.send("/help\n");
    let mut words = Vec::new();
    loop {
        let line = carol.line();
        let listed = line
            .split([' ', ',', ':', ';'])
            .filter(|word| word.starts_with('/'));
        words.extend(listed.map(|word| word[1..].to_owned()));
        if line.contains("/help: this list") {
            break;
        }
    }
    assert!(words.len() > 20, "{words:?}");
    let missing = browser.run_with(
        "return arguments[0].filter((word) => !Object.hasOwn(COMMANDS, word))",
        &json!([words]),
    );
    assert_eq!(missing, json!([]));
    browser.say("/help");
    browser.wait("[...document.querySelectorAll('#lines .text')].filter((line) => line.textContent.startsWith('/')).length === Object.keys(COMMANDS).length");
}

#[test]
fn a_notice_to_somebody_was_shown_as_said_in_the_room() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let mut bob = program.join("bob");
    browser.enter(program.address(), "", "ana");
    browser.say("/notice bob hi there");
    bob.wait_for_line("-ana- hi there");
    browser.wait_for_text("#title", "bob");
    browser.wait_for_line("ana|hi there");
    browser.say("/notice nobody hi");
    browser.wait_for_line("|Not sent: hi (the server did not take it)");
    browser.chord(ALT, UP.chars().next().unwrap());
    browser.chord(ALT, UP.chars().next().unwrap());
    browser.chord(ALT, UP.chars().next().unwrap());
    browser.say("/join lobby");
    browser.wait_for_text("#title", "#lobby");
    let lines = browser.lines();
    assert!(
        lines.iter().all(|line| !line.starts_with("ana|")),
        "{lines:?}"
    );
}

#[test]
fn a_refused_line_was_gone() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    let mut bob = program.join("bob");
    bob.send("/join dev\n/mode moderated\n");
    bob.wait_for_line("* only those with a voice may speak now (by bob)");
    browser.enter(program.address(), "#dev", "ana");
    browser.say("may I say this?");
    browser.wait_for_line("|Not sent: may I say this? (Only those with a voice speak in #dev.)");
    assert_eq!(browser.entry(), "may I say this?");
    // The text is back in the entry, and can be sent once speaking is permitted.
    bob.send("/voice ana\n");
    browser.wait_for_line("|ana has a voice now (by bob)");
    browser.say("");
    bob.wait_for_line("<ana> may I say this?");
    bob.send("/devoice ana\n");
    browser.wait_for_line("|ana has no voice any more (by bob)");
    browser.say("/me bows");
    browser.wait("document.getElementById('entry').value === '/me bows'");
    browser.type_into("#entry", &BACKSPACE.repeat(20));
    browser.say("//etc is a folder");
    browser.wait("document.getElementById('entry').value === '//etc is a folder'");
    browser.type_into("#entry", &BACKSPACE.repeat(20));
    let long = "some words ".repeat(60);
    browser.say(long.trim_end());
    browser.wait(&format!(
        "document.getElementById('entry').value === {}",
        json!(long.trim_end())
    ));
}

#[test]
fn what_was_taken_back_stayed_on_open_pages() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    browser.enter(program.address(), "", "ana");
    let mut eve = program.connect();
    eve.send("CAP REQ :message-tags echo-message\r\nCAP END\r\nNICK eve\r\nUSER eve 0 * :eve\r\nJOIN #lobby\r\n");
    eve.wait_for(|line| line.contains(" 366 "));
    let long = "too many words ".repeat(25);
    let mut say = |text: &str| {
        eve.send(format!("PRIVMSG #lobby :{text}\r\n"));
        let echo = eve.wait_for(|line| line.contains(" PRIVMSG #lobby "));
        let id = echo.split("msgid=").nth(1).expect("an id");
        id.split([';', ' ']).next().expect("an id").to_owned()
    };
    say("this stays");
    let id = say(&long);
    let id_of_last = say("ana: and this goes as well");
    browser.wait_for_line("eve|ana: and this goes as well");
    eve.send(format!("REDACT #lobby {id} :oops\r\n"));
    browser.wait("document.querySelectorAll('#lines .message').length === 2");
    browser.say("/join dev");
    browser.wait_for_text("#title", "#dev");
    eve.send("PRIVMSG #lobby :not yet seen\r\n");
    browser.wait_for_room("#lobby, 1 unread");
    let unseen = eve.wait_for(|line| line.ends_with("PRIVMSG #lobby :not yet seen\r"));
    let id = unseen
        .split("msgid=")
        .nth(1)
        .and_then(|it| it.split([';', ' ']).next());
    eve.send(format!(
        "REDACT #lobby {}\r\nREDACT #lobby {id_of_last}\r\n",
        id.expect("an id")
    ));
    browser.wait_for_room("#lobby");
    browser.say("/join lobby");
    browser.wait("[...document.querySelectorAll('#lines .message .text')].map((line) => line.textContent).join() === 'this stays'");
}

#[test]
fn a_reload_lost_private_conversations() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    browser.enter(program.address(), "", "ana");
    browser.say("/msg carol <b>psst</b>");
    carol.wait_for_line("-ana- <b>psst</b>");
    carol.send("/msg ana yes?\n");
    browser.wait_for_line("carol|yes?");
    browser.reload();
    browser.wait("[...rooms.values()].some((room) => room.isIn)");
    browser.wait_for_text("#title", "carol");
    let said: Vec<String> = browser.lines();
    assert_eq!(said, ["ana|<b>psst</b>", "carol|yes?"]);
    browser.say("I am back");
    carol.wait_for_line("-ana- I am back");
    // A closed conversation is over, and another tab knows nothing of it.
    let kept = browser.run("return localStorage.getItem('parloir.talks')");
    assert_eq!(kept, json!(null));
    browser.say("/leave");
    browser.reload();
    browser.wait_until_in();
    assert_eq!(browser.rooms(), ["#lobby", "Server"]);
}
