//! The chat page as a user sees it: come in, say something, look at the screen.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::driver::Browser;

pub const ENTER: &str = "\u{e007}";
pub const BACKSPACE: &str = "\u{e003}";
pub const TAB: &str = "\u{e004}";
pub const ESCAPE: &str = "\u{e00c}";
pub const UP: &str = "\u{e013}";
pub const DOWN: &str = "\u{e015}";
pub const ALT: char = '\u{e00a}';

/// Each line of the log as `name|text`, or as `|text` if it has no sender.
const LINES: &str = "[...document.querySelectorAll('#lines .line')].map((line) => \
    `${line.querySelector('.who.head')?.textContent ?? ''}|${line.querySelector('.text, summary').textContent}`)";

impl Browser {
    /// Opens the page and comes in under a name.
    pub fn enter(&self, address: SocketAddr, room: &str, name: &str) {
        self.open(&format!("http://{address}/{room}"));
        self.name_oneself(name);
        self.wait_until_in();
    }

    /// Gives a name once the page asks for one: the page first tries the name of another page in
    /// this browser, and then writes a free one into the field.
    pub fn name_oneself(&self, name: &str) {
        self.wait("document.getElementById('hello').open");
        self.run("document.getElementById('nick').value = ''");
        self.type_into("#nick", &format!("{name}{ENTER}"));
    }

    /// Waits until the room and its people are shown.
    pub fn wait_until_in(&self) {
        self.wait(
            "document.querySelector('#people-list .name') && document.body.dataset.kind === 'room'",
        );
    }

    pub fn say(&self, text: &str) {
        self.type_into("#entry", &format!("{text}{ENTER}"));
    }

    pub fn lines(&self) -> Vec<String> {
        let lines = self.run(&format!("return {LINES}"));
        strings(&lines)
    }

    /// Waits until the log has this line, in the form `name|text`.
    #[track_caller]
    pub fn wait_for_line(&self, line: &str) {
        self.wait(&format!("{LINES}.includes({})", json!(line)));
    }

    #[track_caller]
    pub fn wait_for_text(&self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        self.wait(&format!(
            "document.querySelector({selector}).textContent === {text}"
        ));
    }

    /// The rooms at the side, in the words of a screen reader.
    pub fn rooms(&self) -> Vec<String> {
        let rooms = self.run(
            "return [...document.querySelectorAll('#room-list .name')].map((room) => room.ariaLabel)",
        );
        strings(&rooms)
    }

    /// Waits until a room at the side has this label.
    #[track_caller]
    pub fn wait_for_room(&self, label: &str) {
        self.wait(&format!(
            "[...document.querySelectorAll('#room-list .name')].some((room) => room.ariaLabel === {})",
            json!(label)
        ));
    }

    pub fn entry(&self) -> String {
        self.text("return document.getElementById('entry').value")
    }
}

pub fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|each| each.as_str().unwrap_or_default().to_owned())
        .collect()
}
