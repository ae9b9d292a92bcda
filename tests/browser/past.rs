//! The past that the server's memory has not: scrolled back to, and found by its words.

use std::path::PathBuf;

use crate::driver::{Browser, DESKTOP};
use crate::wire::{Client, Program};

/// A file of this test's own, gone with it.
struct Data(PathBuf);

impl Data {
    fn new(name: &str) -> Self {
        let name = format!("parloir-page-{name}-{}.db", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("the folder's name is UTF-8")
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm", ".lock"] {
            let _ = std::fs::remove_file(format!("{}{end}", self.path()));
        }
    }
}

/// A program that keeps five lines in memory, and somebody who has said three hundred.
fn with_a_long_past(data: &Data, flags: &[&str]) -> (Program, Client) {
    let known = ["--data", data.path(), "--history", "5", "--rate", "0"];
    let program = Program::start(&[&known, flags].concat());
    let mut bob = program.connect();
    bob.send("bob\n");
    bob.wait_for(|line| line.starts_with("* You are bob"));
    for n in 0..300 {
        bob.send(format!("line {n}\n"));
    }
    bob.send("/who\n");
    bob.wait_for(|line| line.starts_with("* lobby:"));
    (program, bob)
}

/// Waits until the log has this text somewhere.
fn wait_for(browser: &Browser, text: &str) {
    let text = serde_json::json!(text);
    browser.wait(&format!(
        "document.getElementById('log').textContent.includes({text})"
    ));
}

#[test]
fn scrolling_up_goes_back_through_the_store() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let data = Data::new("scroll");
    let (program, _bob) = with_a_long_past(&data, &[]);
    browser.enter(program.address(), "", "ana");
    browser.wait_for_line("bob|line 299");
    // To the top, again and again as the log grows.
    browser.run(
        "const log = document.getElementById('log');
        const up = () => { log.scrollTop = 1; log.scrollTop = 0; };
        new MutationObserver(up).observe(log, { childList: true, subtree: true });
        up();",
    );
    browser.wait_for_line("bob|line 0");
    let lines = browser.lines();
    let said: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("bob|line "))
        .collect();
    assert_eq!(said.len(), 300, "each once");
}

#[test]
fn words_are_found_and_lead_to_what_was_said_around_them() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let data = Data::new("search");
    let (program, _bob) = with_a_long_past(&data, &["--search"]);
    browser.enter(program.address(), "", "ana");
    browser.wait_for_line("bob|line 299");
    browser.say("/search 42");
    browser.wait("document.querySelector('.around')");
    browser.click(".around");
    wait_for(&browser, "<bob> line 37");
    wait_for(&browser, "<bob> line 47");
    wait_for(&browser, "→");
    let old = browser.text("return document.getElementById('log').innerText");
    assert!(
        !old.contains("line 36") && !old.contains("line 48"),
        "{old}"
    );
    browser.say("/search nosuch");
    wait_for(&browser, "Nothing was found for “nosuch”.");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn where_nothing_can_be_searched_the_page_says_so() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.enter(program.address(), "", "ana");
    browser.say("/search 42");
    wait_for(&browser, "Nothing can be searched on this server.");
}
