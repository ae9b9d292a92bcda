//! Bots on common libraries: Python's `irc`, and Limnoria.

use std::path::Path;
use std::process::Command;

use crate::wire::{Client, Home, Program, Tool, find, find_python, shown_whole};

fn start(program: &Path, arguments: &[&str]) -> Tool {
    let mut command = shown_whole(program);
    command.env("PYTHONIOENCODING", "utf-8").args(arguments);
    Tool::start(&mut command)
}

/// A bot that takes each event apart as bots do: by index, without a look whether anything is
/// there. Any exception ends it.
const BOT: &str = r##"
import irc.bot, logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="log: %(message)s")
class Bot(irc.bot.SingleServerIRCBot):
    def on_welcome(self, c, e):
        c.join("#lobby,#dev")
    def on_endofnames(self, c, e):
        room = e.arguments[0]
        print("in", room, *sorted(self.channels[room].users()))
    def on_join(self, c, e):
        if e.source.nick != c.get_nickname():
            print("join", e.source.nick)
    def on_pubmsg(self, c, e):
        if e.arguments[0] == "!die":
            self.die("as I was told")
        print("heard", e.source.nick, e.arguments[0])
        c.privmsg(e.target, "you said " + e.arguments[0])
    def on_action(self, c, e):
        print("action", e.source.nick, e.arguments[0])
    def on_nick(self, c, e):
        print("nick", e.source.nick, e.target)
    def on_topic(self, c, e):
        print("topic", e.source.nick, e.arguments[0])
    def on_kick(self, c, e):
        print("kick", e.source.nick, e.arguments[0], e.arguments[1])
    def on_part(self, c, e):
        print("part", e.source.nick, e.arguments[0])
    def on_quit(self, c, e):
        print("quit", e.source.nick, e.arguments[0])
    def on_disconnect(self, c, e):
        print("gone", e.arguments[0])
    def on_error(self, c, e):
        print("error", e.target)
at_once = irc.bot.ExponentialBackoff(min_interval=0, max_interval=0)
Bot([("127.0.0.1", int(sys.argv[1]))], "marvin", "A bot", recon=at_once).start()
"##;

fn marvin(server: &Program) -> Option<Tool> {
    let python = find_python("irc.bot", "irc")?;
    let port = server.address().port().to_string();
    Some(start(&python, &["-u", "-c", BOT, &port]))
}

/// A bare `QUIT`, as it was sent whenever a client on netcat left, raised an IndexError in every
/// bot.
#[test]
fn a_bot_on_python_s_irc_lives_on_when_people_go() {
    let program = Program::start(&[]);
    let mut alice = program.join("alice");
    let mut dave = program.join("dave");
    dave.send("/join dev\n");
    dave.wait_for_line("* You are dave, alone in dev.");
    alice.wait_for_line("* dave left");
    let Some(mut bot) = marvin(&program) else {
        return;
    };
    alice.expect("* marvin joined");
    bot.wait_for("in #lobby alice marvin");
    bot.wait_for("in #dev dave marvin");
    let Some(nc) = find(&["nc.openbsd", "nc"], "netcat-openbsd") else {
        return;
    };
    let port = program.address().port().to_string();
    let mut carol = Tool::start(Command::new(nc).args(["-N", "127.0.0.1", &port]));
    carol.type_in("carol\n");
    bot.wait_for("join carol");
    carol.type_in("ça va ?\n");
    bot.wait_for("heard carol ça va ?");
    carol.wait_for("<marvin> you said ça va ?");
    carol.end_input();
    assert_eq!(carol.finish(), (String::new(), Some(0)));
    bot.wait_until("carol's going", |line| line.starts_with("quit carol "));
    // All other actions of another user, and all other ways to leave.
    dave.send(
        "/kick marvin\n/join lobby\n/me waves\n/nick david\n/topic plans\n/topic -\n/join dev\n",
    );
    bot.wait_until("being thrown out", |line| {
        line.starts_with("kick dave marvin ")
    });
    for line in ["join dave", "action dave waves", "nick dave david"] {
        bot.wait_for(line);
    }
    for line in ["topic david plans", "topic david "] {
        bot.wait_for(line);
    }
    bot.wait_until("david's going elsewhere", |line| {
        line.starts_with("part david ")
    });
    dave.send("/join lobby\n/quit\n");
    bot.wait_for("join david");
    bot.wait_until("david's going", |line| line.starts_with("quit david "));
    program.join("erin").send("/quit so long\n");
    bot.wait_until("erin's going", |line| line.starts_with("quit erin "));
    program.join("frank").reset();
    bot.wait_until("frank's going", |line| line.starts_with("quit frank "));
    alice.send("!die\n");
    alice.wait_for_line("* marvin left (as I was told)");
    finish(bot);
}

#[test]
fn a_bot_on_python_s_irc_comes_back_with_the_server() {
    let program = Program::start(&[]);
    let Some(mut bot) = marvin(&program) else {
        return;
    };
    bot.wait_for("in #dev marvin");
    let program = program.restart(&[]);
    bot.wait_until("the server's goodbye", |line| line.starts_with("error "));
    bot.wait_until("the end", |line| line.starts_with("gone "));
    bot.wait_until("its coming back", |line| line.starts_with("in #dev "));
    let mut alice = program.join("alice");
    alice.send("hello again\n");
    alice.wait_for_line("<marvin> you said hello again");
    alice.send("!die\n");
    alice.wait_for_line("* marvin left (as I was told)");
    finish(bot);
}

/// Checks that the bot ended because it was told to, and that it raised and logged no error.
fn finish(bot: Tool) {
    let passed = bot.passed().join("\n");
    let (rest, status) = bot.finish();
    let shown = passed + "\n" + &rest;
    assert_eq!(status, Some(0), "{shown}");
    for wrong in ["log: ", "Traceback", "None"] {
        assert!(!shown.contains(wrong), "{wrong:?} in\n{shown}");
    }
}

/// Limnoria's settings. By default it waits a second or more in some places, for the sake of
/// servers that punish fast clients.
const LIMNORIA: &str = "\
supybot.nick: limno
supybot.networks: here
supybot.networks.here.servers: 127.0.0.1:PORT
supybot.networks.here.ssl: False
supybot.networks.here.channels: #lobby
supybot.drivers.minReconnectWait: 0.1
supybot.drivers.maxReconnectWait: 0.1
supybot.drivers.poll: 0.1
supybot.protocols.irc.throttleTime: 0.0
supybot.log.stdout: True
supybot.log.stdout.level: INFO
supybot.plugins: Misc Owner Utilities
supybot.plugins.Misc: True
supybot.plugins.Owner: True
supybot.plugins.Utilities: True
supybot.reply.whenAddressedBy.chars: !
supybot.directories.conf: HOME
supybot.directories.data: HOME
supybot.directories.log: HOME
supybot.directories.backup: HOME
";

fn limnoria(server: &Program, home: &Home) -> Option<Tool> {
    let python = find_python("supybot", "limnoria")?;
    let port = server.address().port().to_string();
    let settings = LIMNORIA
        .replace("PORT", &port)
        .replace("HOME", &home.text());
    let path = home.0.join("bot.conf");
    std::fs::write(&path, settings).expect("a settings file");
    // Limnoria complains about missing files.
    for name in ["users", "channels", "networks", "ignores"] {
        std::fs::write(home.0.join(format!("{name}.conf")), "").expect("an empty file");
    }
    let run = "from supybot.scripts.limnoria import main; main()";
    let path = path.to_string_lossy();
    Some(start(&python, &["-u", "-c", run, "--allow-root", &path]))
}

#[test]
fn limnoria_answers_comes_back_with_the_server_and_goes() {
    let program = Program::start(&[]);
    let home = Home::new("limnoria");
    let Some(mut bot) = limnoria(&program, &home) else {
        return;
    };
    let synced = |line: &str| line.contains("Join to #lobby on here synced");
    bot.wait_until("its being in", synced);
    ask(&mut program.join("alice"));
    let program = program.restart(&[]);
    bot.wait_until("its being in again", synced);
    let mut alice = program.join("alice");
    ask(&mut alice);
    bot.signal("TERM");
    alice.wait_for(|line| line.starts_with("* limno left"));
    let passed = bot.passed().join("\n");
    let (rest, status) = bot.finish();
    let shown = passed + "\n" + &rest;
    assert_eq!(status, Some(0), "{shown}");
    // The lines about the restart are no errors; in the middle of it there is no server to connect
    // to.
    let is_restart = |line: &&str| {
        line.ends_with("from here: Closing Link: the server is stopping")
            || line.contains(" Error connecting to ") && line.contains("refused")
    };
    let lines = shown.lines().filter(|line| !line.is_empty());
    let strange = lines.filter(|line| !line.starts_with("INFO ") && !is_restart(line));
    assert_eq!(strange.collect::<Vec<_>>(), [""; 0], "{shown}");
}

fn ask(alice: &mut Client) {
    alice.send("!echo ça va\n");
    alice.expect("<limno> ça va");
    alice.send("/msg limno echo here as well\n");
    alice.expect("-limno- here as well");
}
