//! The server goes away and comes back: no line that was typed or said is lost.

use serde_json::json;

use crate::driver::{Browser, DESKTOP};
use crate::page::ENTER;
use crate::wire::{Client, Program};

#[test]
fn a_lost_server_loses_neither_what_was_typed_nor_what_was_said_meanwhile() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let address = program.address();
    browser.enter(address, "", "ana");
    browser.say("before");
    browser.wait_for_line("ana|before");
    program.stop();

    browser.wait("!document.getElementById('state').hidden");
    browser.say("said into the void");
    browser.type_into("#entry", "half a thou");
    browser.wait("document.querySelectorAll('#waiting .line').length === 1");
    assert_eq!(
        browser.text("return document.querySelector('#waiting .text').textContent"),
        "said into the void (not yet sent)"
    );

    // The page tries to reconnect at growing intervals, so a faster client can speak before the
    // page is back.
    let mut command = Program::command();
    command.args(["--listen", &address.to_string()]);
    let again = Program::open(command);
    let mut carol = Client::join(again.address(), "carol");
    carol.send("said meanwhile\n");
    browser.wait_for_line("carol|said meanwhile");
    carol.wait_for_line("<ana> said into the void");
    browser.wait_for_line("ana|said into the void");
    browser.wait("document.getElementById('state').hidden");
    browser.wait("document.getElementById('waiting').hidden");
    assert_eq!(browser.entry(), "half a thou");
    browser.type_into("#entry", &format!("ght{ENTER}"));
    carol.wait_for_line("<ana> half a thought");

    let lines = browser.lines();
    let said: Vec<&str> = lines
        .iter()
        .map(String::as_str)
        .filter(|line| !line.starts_with('|'))
        .collect();
    let expected = [
        "ana|before",
        "carol|said meanwhile",
        "ana|said into the void",
        "ana|half a thought",
    ];
    assert_eq!(said[..3], expected[..3]);
    browser.wait_for_line(expected[3]);
}

/// After a reconnection, the room showed in red that there is no message of the day.
#[test]
fn a_server_without_a_message_of_the_day_was_an_error_in_the_room() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    browser.enter(program.address(), "", "ana");
    carol.wait_for_line("* ana joined");
    browser.run("link.socket.close();");
    carol.wait_for_line("* ana left");
    carol.wait_for_line("* ana joined");
    carol.send("welcome back\n");
    browser.wait_for_line("carol|welcome back");
    let errors = browser.run("return document.querySelectorAll('#lines .error').length");
    assert_eq!(errors, json!(0));
}

#[test]
fn what_was_sent_and_not_answered_is_sent_once() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    browser.enter(program.address(), "", "ana");
    carol.wait_for_line("* ana joined");
    // The server takes the line, but its echo does not reach the page any more.
    browser.run("link.socket.onmessage = null;");
    browser.say("once");
    carol.wait_for_line("<ana> once");
    browser.run("link.socket.close();");
    browser.wait("document.getElementById('state').hidden && document.body.dataset.kind === 'room' && document.getElementById('waiting').hidden");
    browser.wait_for_line("ana|once");
    browser.say("twice");
    carol.wait_for(|line| {
        assert_ne!(line, "<ana> once");
        line == "<ana> twice"
    });
}

#[test]
fn a_link_names_the_room() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.enter(program.address(), "#caf%C3%A9", "ana");
    browser.wait_for_text("#title", "#café");
    browser.run("location.hash = '#dev'");
    browser.wait_for_text("#title", "#dev");
    let mut carol = program.join("carol");
    carol.send("/join café\n");
    carol.wait_for_line("* You are carol, in café with ana.");
}
