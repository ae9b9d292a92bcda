//! People at pages, at netcat and at IRC clients talk with each other.

use std::process::Command;

use serde_json::json;

use crate::driver::{Browser, DESKTOP};
use crate::page::{ALT, DOWN, ENTER, TAB, UP, strings};
use crate::wire::{Client, Program, Tool, find};

/// A small IRC client, in a room.
fn irc(program: &Program, name: &str) -> Client {
    let mut irc = program.connect();
    irc.send(format!(
        "NICK {name}\r\nUSER {name} 0 * :{name}\r\nJOIN #lobby\r\n"
    ));
    irc.wait_for(|line| line.contains(" 366 "));
    irc
}

#[test]
fn two_pages_nc_and_an_irc_client_are_in_one_room() {
    let Some(nc) = find(&["nc.openbsd", "nc"], "netcat-openbsd") else {
        return;
    };
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let address = program.address();
    let port = address.port().to_string();
    let mut carol = Tool::start(Command::new(nc).args(["127.0.0.1", &port]));
    carol.type_in("carol\n");
    carol.wait_for("* You are carol, alone in lobby.");

    browser.enter(address, "", "ana");
    carol.wait_for("* ana joined");
    let first = browser.window();
    let second = browser.new_window();
    browser.enter(address, "", "bob");
    carol.wait_for("* bob joined");
    let mut dave = irc(&program, "dave");
    carol.wait_for("* dave joined");

    browser.say("hello from a page");
    carol.wait_for("<bob> hello from a page");
    carol.type_in("hello from nc\n");
    dave.wait_for(|line| line.ends_with("PRIVMSG #lobby :hello from nc\r"));
    dave.send("PRIVMSG #lobby :hello from irc\r\n");
    carol.wait_for("<dave> hello from irc");
    browser.wait_for_line("dave|hello from irc");
    browser.look_at(&first);
    browser.wait_for_line("dave|hello from irc");
    browser.say("/me waves");
    carol.wait_for("~ ana waves");
    dave.wait_for(|line| line.ends_with("PRIVMSG #lobby :\u{1}ACTION waves\u{1}\r"));
    browser.wait_for_line("|ana waves");

    let said = [
        "bob|hello from a page",
        "carol|hello from nc",
        "dave|hello from irc",
        "|ana waves",
    ];
    for window in [&first, &second] {
        browser.look_at(window);
        browser.wait_for_line(said[3]);
        let lines = browser.lines();
        let places = said.map(|line| lines.iter().position(|other| other == line));
        assert!(places.is_sorted(), "not in one order: {lines:#?}");
        let people = "return [...document.querySelectorAll('#people-list bdi')].map((name) => name.textContent).join(' ')";
        assert_eq!(browser.text(people), "ana bob carol dave");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_reload_keeps_the_name_the_rooms_and_what_was_said() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.enter(program.address(), "", "ana");
    browser.say("remember this");
    browser.wait_for_line("ana|remember this");
    browser.say("/join dev");
    browser.wait_for_text("#title", "#dev");
    browser.say("and this");
    browser.wait_for_line("ana|and this");

    browser.reload();
    browser.wait_until_in();
    browser.wait_for_text("#title", "#dev");
    browser.wait_for_line("ana|and this");
    browser.wait("document.querySelectorAll('#room-list .name').length === 3");
    assert_eq!(browser.rooms(), ["#dev", "#lobby", "Server"]);
    browser.chord(ALT, DOWN.chars().next().unwrap());
    browser.wait_for_text("#title", "#lobby");
    browser.wait_for_line("ana|remember this");
    browser.say("still me");
    browser.wait_for_line("ana|still me");
}

/// A page that asked for other things first showed the history late. Nothing is waited for but coming in.
#[test]
fn history_is_asked_for_with_the_first_word_in_a_room() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    let mut carol = program.join("carol");
    for n in 0..200 {
        carol.send(format!("line {n}\n"));
    }
    browser.before_each_page(
        "window.sent = [];
         const send = WebSocket.prototype.send;
         WebSocket.prototype.send = function (text) {
             window.sent.push(...text.split('\\r\\n').filter(Boolean));
             send.call(this, text);
         };",
    );
    browser.enter(program.address(), "", "ana");
    browser.wait_for_line("carol|line 199");
    browser.reload();
    browser.wait_for_line("carol|line 199");
    let commands = browser.run(
        "return window.sent.map((line) => line.replace(/^@\\S+ /, '').split(' ').slice(0, 2).join(' '))",
    );
    let commands = strings(&commands);
    let history = commands.iter().position(|it| it == "CHATHISTORY latest");
    let before = &commands[..history.expect("it is asked for")];
    let coming_in = [
        "CAP LS",
        "NICK ana",
        "USER web",
        "CAP REQ",
        "CAP END",
        "JOIN #lobby",
    ];
    let others = before.iter().filter(|it| !coming_in.contains(&it.as_str()));
    assert_eq!(others.count(), 0, "{commands:?}");
}

#[test]
fn older_lines_come_when_one_scrolls_up_and_nothing_jumps() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0", "--history", "500"]);
    let mut carol = program.join("carol");
    for n in 0..400 {
        carol.send(format!("line {n}\n"));
    }
    browser.enter(program.address(), "", "ana");
    browser.wait_for_line("carol|line 399");
    for _ in 0..3 {
        let before = browser.lines().len();
        browser.run(
            "const log = document.getElementById('log');
             log.scrollTop = 200;
             const top = log.getBoundingClientRect().top;
             window.watched = [...document.querySelectorAll('#lines .text')].find((line) => line.getBoundingClientRect().top > top);
             window.watchedAt = watched.getBoundingClientRect().top;",
        );
        browser.wait(&format!(
            "document.querySelectorAll('#lines .line').length > {before}"
        ));
        // The text has not moved by even half a line, although there are a hundred more lines above
        // it.
        browser.wait("!document.querySelector('.measured')");
        let moved = browser.run("return watched.getBoundingClientRect().top - watchedAt");
        let moved = moved.as_f64().expect("a number");
        assert!(moved.abs() < 12.0, "{moved} pixels");
    }
    browser.wait_for_line("carol|line 0");
    browser.click("#end");
    browser.wait("(({ scrollTop, clientHeight, scrollHeight }) => scrollHeight - scrollTop - clientHeight < 30)(document.getElementById('log'))");
}

#[test]
fn what_one_has_not_seen_is_counted_and_a_call_is_marked() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.enter(program.address(), "", "ana");
    browser.say("/join dev");
    browser.wait_for_text("#title", "#dev");
    let mut carol = program.join("carol");
    carol.send("one\n");
    browser.wait("document.querySelector('#room-list .unread')");
    browser.wait("document.title.startsWith('(1) ')");
    carol.send("banana is not a call\nbut Ana: this is\n");
    browser.wait("document.title.startsWith('(1!) ')");
    browser.wait_for_room("#lobby, 3 unread, for you");
    carol.send("/msg ana psst\n");
    browser.wait("document.title.startsWith('(2!) ')");
    browser.wait_for_room("carol, 1 unread, for you");

    browser.chord(ALT, 'a');
    browser.wait_for_text("#title", "#lobby");
    browser.wait_for_line("carol|but Ana: this is");
    assert_eq!(
        browser.text("return document.querySelector('.called .text').textContent"),
        "but Ana: this is"
    );
    browser.chord(ALT, 'a');
    browser.wait_for_text("#title", "carol");
    browser.wait_for_line("carol|psst");
    browser.wait("!document.title.startsWith('(')");
    browser.say("yes?");
    carol.wait_for_line("-ana- yes?");
}

#[test]
fn a_taken_name_is_asked_for_again() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    browser.open(&format!("http://{}/", program.address()));
    browser.name_oneself("carol");
    browser.wait_for_text(
        "#problem",
        "“carol” is taken, sorry. Would another name do?",
    );
    browser.wait("document.getElementById('nick').value === 'carol2'");
    browser.name_oneself("1st");
    browser.wait("document.getElementById('problem').textContent.startsWith('“1st” cannot be')");
    browser.name_oneself("carol2");
    browser.wait_until_in();
    carol.wait_for_line("* carol2 joined");
}

#[test]
fn a_password_is_asked_for_until_it_is_right() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let mut command = Program::command();
    command.env("PARLOIR_PASSWORD", "sesame");
    command.args(["--listen", "127.0.0.1:0"]);
    let program = Program::open(command);
    browser.open(&format!("http://{}/", program.address()));
    browser.name_oneself("ana");
    browser.wait_for_text("#problem", "This server asks for a password.");
    browser.type_into("#password", &format!("open{ENTER}"));
    browser.wait_for_text("#problem", "That is not the password.");
    browser.run("document.getElementById('password').value = ''");
    browser.type_into("#password", &format!("sesame{ENTER}"));
    browser.wait_until_in();
    // This tab remembers the password until it is closed.
    browser.reload();
    browser.wait_until_in();
    assert_eq!(
        browser.run("return localStorage.getItem('parloir.password')"),
        json!(null)
    );
}

#[test]
fn commands_names_and_what_was_written_are_completed_and_recalled() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("Carol-Anne");
    browser.enter(program.address(), "", "ana");
    browser.type_into("#entry", "/jo");
    browser.wait("document.querySelectorAll('#choices li').length === 1");
    browser.press(TAB);
    assert_eq!(browser.entry(), "/join ");
    browser.press(&format!("dev{ENTER}"));
    browser.wait_for_text("#title", "#dev");
    browser.chord(ALT, UP.chars().next().unwrap());
    browser.wait("document.getElementById('title').textContent !== '#dev'");
    browser.chord(ALT, UP.chars().next().unwrap());
    browser.wait_for_text("#title", "#lobby");

    browser.type_into("#entry", &format!("car{TAB}"));
    assert_eq!(browser.entry(), "Carol-Anne: ");
    browser.press(&format!("good day{ENTER}"));
    carol.wait_for_line("<ana> Carol-Anne: good day");
    browser.press(UP);
    assert_eq!(browser.entry(), "Carol-Anne: good day");
    browser.press(UP);
    assert_eq!(browser.entry(), "/join dev");
    browser.press(&format!("{DOWN}{DOWN}"));
    assert_eq!(browser.entry(), "");

    // Several lines are several messages, in order.
    browser.run(
        "const entry = document.getElementById('entry');
         entry.setRangeText('one\\n\\n  two\\nthree', 0, 0, 'end');
         entry.dispatchEvent(new Event('input'));",
    );
    browser.wait_for_text("#hint", "3 lines: Enter sends them as 3 messages.");
    browser.type_into("#entry", ENTER);
    carol.wait_for_line("<ana> one");
    carol.expect("<ana>   two");
    carol.expect("<ana> three");

    // A long text is several messages as well, cut between words.
    let long = "some words ".repeat(60);
    browser.say(&long);
    let mut heard = String::new();
    while heard.len() < long.trim_end().len() {
        heard += carol.wait_for(|line| line.starts_with("<ana> "))[6..].trim_end();
        heard += " ";
    }
    assert_eq!(heard.trim_end(), long.trim_end());
}
