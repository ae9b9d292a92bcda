//! haproxy in front of the server: its checks leave nothing behind, and people connect through it.

use std::fmt::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use tungstenite::client::IntoClientRequest;
use tungstenite::{Error, Message, WebSocket};

use crate::wire::{Client, Home, PATIENCE, Program, Tool, find, free_addresses, shown_whole};

/// Finds haproxy. Debian puts it into a folder that only the path of root includes.
fn haproxy() -> Option<PathBuf> {
    find(&["haproxy", "/usr/sbin/haproxy"], "haproxy")
}

/// Number of checks that haproxy makes of each server before it counts it as reliable.
const CHECKS: usize = 10;

const TCP: &str = "    mode tcp";
const OPTIONS: &str = "    mode http\n    option httpchk";
const HEAD: &str = "    mode http\n    option httpchk HEAD /healthz";
const GET: &str = "    mode http\n    option httpchk\n    \
                   http-check send meth GET uri / ver HTTP/1.1 hdr Host localhost";

/// One port of haproxy: its settings for incoming connections, the server behind it, and the
/// options for that server.
struct Part {
    name: &'static str,
    settings: &'static str,
    server: SocketAddr,
    how: &'static str,
}

fn part(name: &'static str, settings: &'static str, server: SocketAddr, how: &'static str) -> Part {
    Part {
        name,
        settings,
        server,
        how,
    }
}

/// haproxy, with a port for each of its parts.
struct Proxy {
    tool: Tool,
    fronts: Vec<SocketAddr>,
    _home: Home,
}

impl Proxy {
    /// Starts haproxy, and waits until each part has passed enough checks of its server.
    fn start(haproxy: &Path, name: &str, parts: &[Part]) -> Self {
        let home = Home::new(name);
        let fronts = free_addresses(parts.len());
        let mut settings = String::from(
            "global\n    log stdout format raw daemon\n\
             defaults\n    log global\n    option log-health-checks\n    \
             timeout connect 30s\n    timeout client 30s\n    timeout server 30s\n    \
             timeout check 30s\n",
        );
        for (part, front) in parts.iter().zip(&fronts) {
            let Part {
                name, server, how, ..
            } = part;
            let _ = write!(
                settings,
                "listen {name}\n{}\n    bind {front}\n    \
                 server parloir {server} check inter 30s fastinter 20ms rise 1 fall {CHECKS} {how}\n",
                part.settings
            );
        }
        let path = home.0.join("haproxy.cfg");
        std::fs::write(&path, settings).expect("a settings file");
        let mut command = shown_whole(haproxy);
        command.arg("-db").arg("-f").arg(path);
        let mut proxy = Self {
            tool: Tool::start(&mut command),
            fronts,
            _home: home,
        };
        proxy.wait_until_checked(parts);
        proxy
    }

    fn wait_until_checked(&mut self, parts: &[Part]) {
        let well = format!("status: {CHECKS}/{CHECKS} UP.");
        let begins =
            |part: &Part| format!("Health check for server {}/parloir succeeded", part.name);
        let mut left: Vec<String> = parts.iter().map(begins).collect();
        while !left.is_empty() {
            let what = format!("{left:?}");
            let line = self.tool.wait_until(&what, |line| line.ends_with(&well));
            left.retain(|begins| !line.starts_with(begins));
        }
    }

    /// Ends haproxy, and checks that no check has failed.
    fn stop(self) {
        self.tool.signal("TERM");
        let passed = self.tool.passed().join("\n");
        let (rest, _) = self.tool.finish();
        let shown = passed + "\n" + &rest;
        for wrong in ["failed", "DOWN", "ALERT"] {
            assert!(!shown.contains(wrong), "{wrong:?} in\n{shown}");
        }
    }
}

/// Waits until alice is alone and the server holds no more descriptors than before. No client with
/// a name was with her in the meantime: where a client may end its output and go on listening, the
/// server finds out within seconds whether it still does.
fn wait_until_alone(program: &Program, alice: &mut Client, before: usize) {
    loop {
        alice.send("/who\n");
        let who = alice.line();
        if who == "* lobby: alice" && program.descriptors() == before {
            break;
        }
        assert!(who.starts_with("* lobby: alice"), "{who}");
    }
}

#[test]
fn checks_of_haproxy_leave_nothing_behind() {
    let Some(haproxy) = haproxy() else {
        return;
    };
    let mut command = Program::command();
    for role in [
        "auto",
        "auto+proxy",
        "listen",
        "talk",
        "broker",
        "irc",
        "web",
    ] {
        command.args(["--listen", &format!("{role}://127.0.0.1:0")]);
    }
    let program = Program::open(command);
    let [auto, proxied, listen, talk, broker, irc, web] = program.addresses()[..] else {
        panic!("{:?}", program.opening)
    };
    let mut alice = Client::join(auto, "alice");
    let before = program.descriptors();
    let parts = [
        part("auto", TCP, auto, ""),
        part("listen", TCP, listen, ""),
        part("talk", TCP, talk, ""),
        part("broker", TCP, broker, ""),
        part("irc", TCP, irc, ""),
        part("web", TCP, web, ""),
        part("proxied", TCP, proxied, "send-proxy check-send-proxy"),
        part("proxied-2", TCP, proxied, "send-proxy-v2 check-send-proxy"),
        part("options", OPTIONS, auto, ""),
        part("head", HEAD, auto, ""),
        part("get", GET, web, ""),
        part(
            "proxied-options",
            OPTIONS,
            proxied,
            "send-proxy-v2 check-send-proxy",
        ),
    ];
    let proxy = Proxy::start(&haproxy, "haproxy-checks", &parts);
    proxy.stop();
    wait_until_alone(&program, &mut alice, before);
    let exit = program.stop();
    assert_eq!(exit.stderr, "");
}

/// A browser's WebSocket through this proxy.
fn upgrade(front: SocketAddr) -> Result<WebSocket<TcpStream>, Box<Error>> {
    let mut request = format!("ws://{front}/")
        .into_client_request()
        .expect("it is one");
    let headers = request.headers_mut();
    let mut add = |name: &'static str, value: &str| {
        headers.insert(name, value.parse().expect("a value"));
    };
    add("Origin", &format!("http://{front}"));
    add("Sec-WebSocket-Protocol", "text.ircv3.net");
    add("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)");
    add("Cache-Control", "no-cache");
    let stream = TcpStream::connect(front).expect("it is listening");
    stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
    match tungstenite::client(request, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(error)) => Err(Box::new(error)),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn people_come_through_haproxy() {
    let Some(haproxy) = haproxy() else {
        return;
    };
    let flags = ["--listen", "auto+proxy://127.0.0.1:0", "-vv"];
    let program = Program::start(&flags);
    let [auto, proxied] = program.addresses()[..] else {
        panic!("{:?}", program.opening)
    };
    let mut alice = Client::join(auto, "alice");
    let before = program.descriptors();
    let stripped = "    mode http\n    http-request del-header Upgrade\n    \
                    http-request del-header Connection";
    let parts = [
        part("plain", TCP, auto, ""),
        part("proxied", TCP, proxied, "send-proxy check-send-proxy"),
        part("proxied-2", TCP, proxied, "send-proxy-v2 check-send-proxy"),
        part("http", OPTIONS, auto, ""),
        part("stripped", stripped, auto, ""),
    ];
    let proxy = Proxy::start(&haproxy, "haproxy-people", &parts);
    let [plain, proxied, proxied_2, http, stripped] = proxy.fronts[..] else {
        panic!("one for each part")
    };

    let mut origins = Vec::new();
    for front in [plain, proxied, proxied_2] {
        let mut bob = Client::join(front, "bob");
        alice.expect("* bob joined");
        bob.send("through a proxy\n");
        alice.expect("<bob> through a proxy");
        alice.send("so I see\n");
        bob.wait_for_line("<alice> so I see");
        origins.push(bob.local_address());
        bob.end_output();
        bob.rest();
        alice.wait_for(|line| line.starts_with("* bob left"));
    }

    let mut page = Client::connect(http);
    page.send(format!("GET / HTTP/1.1\r\nHost: {http}\r\n\r\n"));
    page.expect("HTTP/1.1 200 OK\r");
    drop(page);
    let mut socket = upgrade(http).expect("a WebSocket");
    for line in ["NICK hana", "USER hana 0 * :Hana", "JOIN #lobby"] {
        socket.send(Message::text(line)).expect("it is open");
    }
    alice.expect("* hana joined");
    alice.send("hello there\n");
    let heard = loop {
        let message = socket.read().expect("it is open");
        let text = message.into_text().expect("text").to_string();
        if text.contains("hello there") {
            break text;
        }
    };
    assert!(heard.ends_with(" PRIVMSG #lobby :hello there"), "{heard}");
    socket
        .send(Message::text("PRIVMSG #lobby :hello"))
        .expect("it is open");
    alice.expect("<hana> hello");
    socket.close(None).expect("it is open");
    while socket.read().is_ok() {}
    alice.wait_for(|line| line.starts_with("* hana left"));

    match upgrade(stripped).map_err(|error| *error) {
        Err(Error::Http(answer)) => assert_eq!(answer.status(), 426),
        other => panic!("{other:?}"),
    }

    proxy.stop();
    wait_until_alone(&program, &mut alice, before);
    let log = program.stop().stderr;
    // Clients whose address haproxy passes on are known by that address, not by haproxy's.
    let is_known = |origin: &SocketAddr| log.contains(&format!(" {origin}\n"));
    let known: Vec<bool> = origins.iter().map(is_known).collect();
    assert_eq!(known, [false, true, true], "{origins:?} in\n{log}");
}
