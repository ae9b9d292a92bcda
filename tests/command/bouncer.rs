//! ZNC between a client of the test's own and the server: a user who detaches and comes back misses
//! nothing and reads nothing twice.

use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::wire::{Client, Home, Program, Tool, find, free_addresses, shown_whole};

/// ZNC's settings. By default it would wait seconds in many places, for the sake of servers that
/// punish fast clients.
const SETTINGS: &str = "\
Version = 1.8.2
ConnectDelay = 0
ServerThrottle = 1
AnonIPLimit = 0
<Listener l>
    Host = 127.0.0.1
    Port = OWN
    IPv4 = true
    IPv6 = false
    SSL = false
</Listener>
<User dave>
    Pass = plain#secret
    Nick = dave
    Ident = dave
    RealName = Dave
    AutoClearChanBuffer = true
    <Network here>
        Server = 127.0.0.1 PORT
        FloodBurst = 100
        FloodRate = 100
        JoinDelay = 0
        <Chan #lobby>
        </Chan>
    </Network>
</User>
";

struct Bouncer {
    tool: Tool,
    address: SocketAddr,
    _home: Home,
}

impl Bouncer {
    fn start(znc: &Path, name: &str, server: &Program) -> Self {
        let home = Home::new(name);
        let configs = home.0.join("configs");
        std::fs::create_dir(&configs).expect("a folder in it");
        let address = free_addresses(1)[0];
        let settings = SETTINGS
            .replace("OWN", &address.port().to_string())
            .replace("PORT", &server.address().port().to_string());
        let path = configs.join("znc.conf");
        std::fs::write(&path, settings).expect("a settings file");
        let mut command = shown_whole(znc);
        command.args(["--foreground", "--debug", "--datadir", &home.text()]);
        command.env("HOME", &home.0);
        run_as_nobody(&mut command, &[&home.0, &configs, &path]);
        let mut tool = Tool::start(&mut command);
        tool.wait_until("its start", |line| line.starts_with("ZNC 1."));
        Self {
            tool,
            address,
            _home: home,
        }
    }

    /// A client that has attached. The test decides whether to check the first lines that it reads.
    fn attach(&self) -> Client {
        let mut client = Client::connect(self.address);
        client.send("PASS dave/here:secret\r\nNICK dave\r\nUSER dave 0 * :Dave\r\n");
        client
    }
}

impl Bouncer {
    /// Checks that ZNC ends with status 0, and that no line from the server was an error.
    fn check_end(self) {
        let passed = self.tool.passed().join("\n");
        let (rest, status) = self.tool.finish();
        let shown = passed + "\n" + &rest;
        assert_eq!(status, Some(0), "{shown}");
        let told = shown
            .lines()
            .filter_map(|line| line.split_once("IRC -> ZNC ["));
        let told: Vec<&str> = told.map(|(_, line)| line).collect();
        assert!(
            told.iter().any(|line| line.contains(" 001 dave ")),
            "{shown}"
        );
        for line in told {
            check_no_error(line);
        }
    }
}

/// Runs the command as another user if the test runs as root: started by root, ZNC would wait 30
/// seconds so that the user can reconsider.
fn run_as_nobody(command: &mut Command, paths: &[&PathBuf]) {
    const NOBODY: u32 = 65534;
    let is_root = std::fs::metadata(paths[0]).expect("it is there").uid() == 0;
    if !is_root {
        return;
    }
    for path in paths {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    command.uid(NOBODY).gid(NOBODY);
}

/// Reads carol's messages up to the one with the text `last`. The time that ZNC puts before
/// messages from its buffer is removed.
fn hear(dave: &mut Client, last: &str) -> Vec<String> {
    let mut heard: Vec<String> = Vec::new();
    while heard.last().is_none_or(|text| text != last) {
        let line = dave.wait_for(|line| {
            check_no_error(line);
            line.starts_with(":carol!") && line.contains(" PRIVMSG #lobby :")
        });
        let text = line.split_once(" :").expect("a text").1.trim_end();
        let text = match text.strip_prefix('[').and_then(|it| it.split_once("] ")) {
            Some((_, text)) => text,
            None => text,
        };
        heard.push(text.to_owned());
    }
    heard
}

/// Checks that a line is no error, except for the one that says that there is no message of the
/// day.
fn check_no_error(line: &str) {
    let mut words = line.split(' ').skip_while(|word| word.starts_with('@'));
    let numeric = words.nth(1).unwrap_or_default();
    let is_error = numeric.len() == 3 && numeric.starts_with(['4', '5']) && numeric != "422";
    assert!(!is_error, "{line:?}");
}

#[test]
fn znc_keeps_what_is_missed_and_brings_nothing_twice() {
    let Some(znc) = find(&["znc"], "znc") else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    carol.send("before\n");
    let bouncer = Bouncer::start(&znc, "znc", &program);
    carol.expect("* dave joined");
    let mut dave = bouncer.attach();
    assert_eq!(hear(&mut dave, "before"), ["before"]);
    carol.send("while he is here\n");
    assert_eq!(hear(&mut dave, "while he is here"), ["while he is here"]);
    dave.send("PRIVMSG #lobby :I hear you\r\n");
    carol.expect("<dave> I hear you");

    dave.send("QUIT :gone to lunch\r\n");
    dave.rest();
    carol.send("while he is away\nand once more\n");
    // The server has told ZNC all of it before ZNC tells the client anything new.
    carol.send("/who\n");
    carol.expect("* lobby: carol and dave");
    let mut dave = bouncer.attach();
    let missed = ["while he is away", "and once more"];
    assert_eq!(hear(&mut dave, missed[1]), missed);

    dave.send("QUIT\r\n");
    dave.rest();
    let mut dave = bouncer.attach();
    dave.send("PRIVMSG #lobby :back\r\n");
    carol.expect("<dave> back");
    carol.send("welcome\n");
    assert_eq!(hear(&mut dave, "welcome"), ["welcome"]);

    // ZNC itself disconnects and comes back, and has read everything except what is said in the
    // meantime.
    dave.send("PRIVMSG *status :Jump\r\n");
    carol.wait_for(|line| line.starts_with("* dave left"));
    carol.send("meanwhile\n");
    carol.expect("* dave joined");
    carol.send("afterwards\n");
    let said = ["meanwhile", "afterwards"];
    assert_eq!(hear(&mut dave, said[1]), said);

    let program = program.restart(&[]);
    dave.wait_for(|line| {
        check_no_error(line);
        line.starts_with(":dave!") && line.contains(" JOIN ")
    });
    let mut carol = program.join("carol");
    carol.send("a new day\n");
    assert_eq!(hear(&mut dave, "a new day"), ["a new day"]);
    dave.send("PRIVMSG #lobby :indeed\r\n");
    carol.expect("<dave> indeed");

    bouncer.tool.signal("TERM");
    carol.wait_for(|line| line.starts_with("* dave left"));
    bouncer.check_end();
}
