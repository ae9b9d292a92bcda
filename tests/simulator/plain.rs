//! The properties of all bytes that are sent, regardless of their meaning: no model is needed.

use std::collections::{BTreeMap, BTreeSet};

use parloir::ConnId;
use parloir::relay::Role;
use parloir::relay::hub::names::{NAME_CHARS_MAX, fold, legalize};

use crate::irc::Message;
use crate::model::Model;
use crate::support::{Happening, What};

#[derive(Default)]
pub(crate) struct Plain {
    roles: BTreeMap<ConnId, Role>,
    closed: BTreeSet<ConnId>,
}

impl Plain {
    pub(crate) fn check(&mut self, it: &Happening, model: &Model) {
        if let What::Opened(id, tag) = it.what {
            self.roles.insert(id, model.roles[tag.0 as usize]);
        }
        for (id, bytes) in &it.sent {
            assert!(!self.closed.contains(id), "{id} is sent to when closed");
            match self.roles[id] {
                // The lines of IRC clients and of JSON clients have been read already.
                _ if model.views.contains_key(id) || model.programs.contains(id) => {}
                Role::Talk => panic!("{id} only talks, and is sent something"),
                Role::Broker => check_lines(bytes, ""),
                Role::Listen => check_lines(bytes, "<~"),
                _ if is_telnet_http_or_tls(bytes) => {}
                _ if model.is_socket(*id) => match &*model.hear_frames(*id, bytes).0 {
                    b"" => {}
                    lines => check_lines(lines, "<-~*["),
                },
                // The farewell to a client that has said nothing.
                Role::Irc => assert!(bytes.starts_with(b"ERROR :Closing Link: ")),
                Role::Json => assert!(bytes.starts_with(b"{\"event\":\"bye\",")),
                _ if model.chat.terminals.contains(id) => {
                    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
                    check_lines(text.as_bytes(), "<-~*[");
                }
                _ => check_lines(bytes, "<-~*["),
            }
        }
        for (id, bytes) in &it.skippable {
            let lines = match model.is_socket(*id) {
                true => &model.hear_frames(*id, bytes).0,
                false => bytes,
            };
            match model.views.contains_key(id) {
                true => check_is_whole(lines),
                // A client that misses several lines is told their number, so each part that can be
                // skipped is one line.
                false => assert_eq!(lines.iter().filter(|b| **b == b'\n').count(), 1),
            }
        }
        self.closed.extend(&it.closed);
        if let What::Freed(id, _) = it.what {
            self.closed.insert(id);
        }
    }
}

/// Checks that output which an IRC client may miss as one unit is not a part of a batch, but the
/// whole of it.
fn check_is_whole(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("what is sent is UTF-8");
    let lines: Vec<Message> = text.lines().filter_map(Message::read).collect();
    let begins = |it: &Message| it.command == "BATCH" && it.param(1) == "draft/multiline";
    let Some(at) = lines.iter().position(begins) else {
        return;
    };
    let last = lines.last().expect("there is one");
    let is_end = last.command == "BATCH" && last.param(0).starts_with('-');
    assert!(at == 0 && is_end, "{text}");
}

fn is_telnet_http_or_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfb..=0xfe, _] | [0x15, 3, 1, 0, 2, 2, 40])
        || bytes.starts_with(b"HTTP/1.1 ")
}

/// Checks that the bytes are whole lines of valid UTF-8, fit to show, each with its label, none
/// with a forged one.
fn check_lines(bytes: &[u8], labels: &str) {
    let text = std::str::from_utf8(bytes).expect("what is sent is UTF-8");
    let text = text
        .strip_suffix('\n')
        .expect("what is sent is whole lines");
    for line in text.split('\n') {
        let is_fit = |c: char| {
            c == '\t'
                || !(c.is_control()
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        };
        assert!(
            line.chars().all(is_fit) && !line.is_empty(),
            "not fit to show: {line:?}"
        );
        if !labels.is_empty() {
            assert!(
                line.starts_with(|c| labels.contains(c)),
                "no label: {line:?}"
            );
            let from = line
                .strip_prefix('<')
                .and_then(|line| line.split_once("> "));
            assert!(
                from.is_some() == line.starts_with('<'),
                "a message from nobody: {line:?}"
            );
            if let Some((name, _)) = from {
                check_name(name);
            }
        }
    }
}

fn check_name(name: &str) {
    let count = name.chars().count();
    assert!(
        (1..=NAME_CHARS_MAX).contains(&count),
        "{name:?} is too long or too short"
    );
    assert!(!name.starts_with(['-', '.']), "{name:?}");
    let is_legal = |c: char| c.is_alphanumeric() || !c.is_ascii() || "_-.[]{}\\|^`".contains(c);
    assert!(
        name.chars().all(is_legal) && legalize(name) == name,
        "{name:?}"
    );
    assert_eq!(fold(&fold(name)), fold(name));
}
