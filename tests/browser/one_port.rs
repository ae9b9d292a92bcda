//! The promise on the front page: one port, and every kind of client on it at once.

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::driver::{Browser, DESKTOP};
use crate::wire::{Client, Home, Identity, Program, Screen, TELNET, Tool, find};

/// Number of lines that each client says.
const ROUNDS: usize = 2;

/// The names of all clients, in the order in which they connect.
const NAMES: [&str; 9] = [
    "nina", "tess", "pyra", "paul", "petra", "iris", "iva", "hana", "hugo",
];

/// The text of a client in a round.
fn said(name: &str, round: usize) -> String {
    format!("{name} dit été {round}")
}

/// The programs that must all be installed.
struct Programs {
    nc: PathBuf,
    telnet: PathBuf,
    python: PathBuf,
    tmux: PathBuf,
    irssi: PathBuf,
}

impl Programs {
    fn find() -> Option<Self> {
        Some(Self {
            nc: find(&["nc.openbsd", "nc"], "netcat-openbsd")?,
            telnet: find(&["telnet"], "telnet")?,
            python: find(&["python3"], "python3")?,
            tmux: find(&["tmux"], "tmux")?,
            irssi: find(&["irssi"], "irssi")?,
        })
    }
}

/// A client whose lines go through pipes.
struct Piped {
    name: &'static str,
    tool: Tool,
}

impl Piped {
    /// The texts of the other clients, up to the last one, in the order in which they came.
    fn hear(&mut self) -> Vec<String> {
        let mut heard = Vec::new();
        while heard.len() < (NAMES.len() - 1) * ROUNDS {
            let line = self.tool.line();
            heard.extend(text_of(line.trim_end()).map(str::to_owned));
        }
        heard
    }
}

/// The text of `<name> text`, if it is one of the texts of this test.
fn text_of(line: &str) -> Option<&str> {
    let (name, text) = line.strip_prefix('<')?.split_once("> ")?;
    (0..ROUNDS)
        .any(|round| said(name, round) == text)
        .then_some(text)
}

/// A client on irssi.
struct Irssi {
    name: &'static str,
    screen: Screen,
    _home: Home,
}

impl Irssi {
    fn start(programs: &Programs, name: &'static str, connect: &str) -> Self {
        let home = Home::new(&format!("one-port-{name}"));
        // By default irssi would wait seconds between commands, for the sake of servers that punish
        // fast clients.
        let settings = "settings = { \"irc/core\" = { cmd_queue_speed = \"10msec\"; cmds_max_at_once = \"100\"; }; };\n";
        std::fs::write(home.0.join("config"), settings).expect("a settings file");
        let flags = [format!("--home={}", home.text()), format!("--nick={name}")];
        let flags = flags.each_ref().map(String::as_str);
        let mut screen = Screen::start(&programs.tmux, &home.0, &programs.irssi, &flags);
        screen.wait_for("[(status)]");
        screen.type_line(connect);
        if connect.contains("-tls") {
            screen.wait_for("Protocol: TLSv1.3");
        }
        screen.wait_for("There is no message of the day");
        screen.type_line("/join #lobby");
        screen.wait_for("Join to #lobby was synced");
        Self {
            name,
            screen,
            _home: home,
        }
    }

    fn hear(&mut self, others: &[String]) -> Vec<String> {
        let is_all = |shown: &str| others.iter().all(|text| shown.contains(text));
        self.screen.wait_until("all that the others say", is_all);
        let shown = self.screen.shown();
        in_order(others, |text| shown.find(text))
    }
}

/// These texts, sorted by their places.
fn in_order<K: Ord>(texts: &[String], place: impl Fn(&str) -> K) -> Vec<String> {
    let mut texts = texts.to_vec();
    texts.sort_by_key(|text| place(text));
    texts
}

fn hear_page(browser: &Browser, others: &[String]) -> Vec<String> {
    let texts = "[...document.querySelectorAll('#lines .line .text')].map((it) => it.textContent)";
    browser.wait(&format!(
        "{}.every((text) => {texts}.includes(text))",
        json!(others)
    ));
    let shown = crate::page::strings(&browser.run(&format!("return {texts}")));
    in_order(others, |text| shown.iter().position(|it| it == text))
}

/// The clients on pipes. Each has arrived before the next one connects.
fn pipes(
    programs: &Programs,
    identity: &Identity,
    relay: &Program,
    host: &mut Client,
) -> [Piped; 5] {
    let port = relay.address().port().to_string();
    let mut nc = Command::new(&programs.nc);
    nc.args(["127.0.0.1", &port]);
    let mut telnet = Command::new(&programs.python);
    telnet.args(["-u", "-c", TELNET]).arg(&programs.telnet);
    telnet.args(["127.0.0.1", &port]);
    let script = "\
import socket, sys, threading
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
def read():
    for line in s.makefile(encoding='utf-8', newline='\\n'):
        print(line, end='', flush=True)
threading.Thread(target=read, daemon=True).start()
for line in sys.stdin:
    s.sendall(line.encode())
";
    let mut python = Command::new(&programs.python);
    python
        .env("PYTHONIOENCODING", "utf-8")
        .args(["-c", script, &port]);
    let mut chat = Program::command();
    chat.args(["chat", &format!("127.0.0.1:{port}")]);
    let mut encrypted = Program::command();
    encrypted
        .args(["chat", "--tls", "--ca"])
        .arg(&identity.certificate);
    encrypted.arg(format!("localhost:{port}"));
    let commands = [nc, telnet, python, chat, encrypted];
    let mut names = NAMES.into_iter();
    commands.map(|mut command| {
        let name = names.next().expect("there are more names than these");
        let mut tool = Tool::start(&mut command);
        tool.type_in(&format!("{name}\n"));
        host.expect(&format!("* {name} joined"));
        Piped { name, tool }
    })
}

#[test]
fn nc_telnet_python_irssi_browsers_and_the_client_plain_and_encrypted_talk_on_one_port() {
    let Some(programs) = Programs::find() else {
        return;
    };
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let identity = Identity::make("one-port-for-all");
    let relay = Program::start(&identity.flags());
    let (address, port) = (relay.address(), relay.address().port());
    // The host hears everyone and says nothing.
    let mut host = relay.join("host");
    let mut pipes = pipes(&programs, &identity, &relay, &mut host);
    let cafile = identity.certificate.display();
    let mut screens = [
        ("iris", format!("/connect -4 127.0.0.1 {port}")),
        (
            "iva",
            format!("/connect -4 -tls_verify -tls_cafile {cafile} localhost {port}"),
        ),
    ]
    .map(|(name, connect)| {
        let irssi = Irssi::start(&programs, name, &connect);
        host.expect(&format!("* {name} joined"));
        irssi
    });
    browser.enter(address, "", "hana");
    host.expect("* hana joined");
    let plain_page = browser.window();
    let encrypted_page = browser.new_window();
    browser.open(&format!("https://{address}/"));
    browser.name_oneself("hugo");
    browser.wait_until_in();
    assert_eq!(browser.text("return location.protocol"), "https:");
    host.expect("* hugo joined");
    let pages = [("hana", plain_page), ("hugo", encrypted_page)];

    for round in 0..ROUNDS {
        for piped in &mut pipes {
            piped
                .tool
                .type_in(&format!("{}\n", said(piped.name, round)));
        }
        for irssi in &mut screens {
            irssi.screen.type_line(&said(irssi.name, round));
        }
        for (name, page) in &pages {
            browser.look_at(page);
            browser.say(&said(name, round));
        }
    }

    let count = NAMES.len() * ROUNDS;
    let all: Vec<String> = (0..count)
        .map(|_| {
            let line = host.line();
            let text = text_of(&line);
            text.unwrap_or_else(|| panic!("{line:?} is nobody's"))
                .to_owned()
        })
        .collect();
    let by_others = |name: &str| -> Vec<String> {
        let is_own = |text: &&String| text.starts_with(&format!("{name} "));
        all.iter().filter(|text| !is_own(text)).cloned().collect()
    };
    for piped in &mut pipes {
        assert_eq!(piped.hear(), by_others(piped.name), "{}", piped.name);
    }
    for irssi in &mut screens {
        let others = by_others(irssi.name);
        assert_eq!(irssi.hear(&others), others, "{}", irssi.name);
    }
    for (name, page) in &pages {
        browser.look_at(page);
        let others = by_others(name);
        assert_eq!(hear_page(&browser, &others), others, "{name}");
    }
}
