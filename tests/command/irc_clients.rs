//! Common IRC clients, irssi and WeeChat, on a terminal, beside a client on netcat.

use std::path::{Path, PathBuf};

use crate::wire::{Client, Home, Program, Screen, find};

fn tmux() -> Option<PathBuf> {
    find(&["tmux"], "tmux")
}

/// Checks that no answer of the server was an error, and that the client waits for nothing more.
fn check_no_error(screen: &Screen) {
    let shown = screen.shown();
    for error in [
        "Unknown command",
        "unknown command",
        "Not enough parameters",
        "error",
        "Error",
    ] {
        assert!(!shown.contains(error), "{error:?} on the screen:\n{shown}");
    }
}

fn irssi(tmux: &Path, home: &Home, program: &Path, server: &Program) -> Screen {
    let port = server.address().port().to_string();
    let home_flag = format!("--home={}", home.text());
    // By default irssi would wait seconds between commands, for the sake of servers that punish
    // fast clients.
    let patience = "settings = { \"irc/core\" = { cmd_queue_speed = \"10msec\"; cmds_max_at_once = \"100\"; }; };\n";
    std::fs::write(home.0.join("config"), patience).expect("a settings file");
    let flags = [
        &*home_flag,
        "--nick=alice",
        "--connect=127.0.0.1",
        "--port",
        &port,
    ];
    Screen::start(tmux, &home.0, program, &flags)
}

#[test]
fn irssi_joins_talks_and_goes() {
    let (Some(tmux), Some(irssi_program)) = (tmux(), find(&["irssi"], "irssi")) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    let home = Home::new("irssi");
    let mut irssi = irssi(&tmux, &home, &irssi_program, &program);
    irssi.wait_for("There is no message of the day");
    irssi.type_line("/join #lobby");
    carol.expect("* alice joined");
    irssi.wait_for("Join to #lobby was synced");
    check_no_error(&irssi);
    irssi.type_line("/window goto 1");
    irssi.type_line("/whois carol");
    irssi.wait_for("End of WHOIS");
    check_no_error(&irssi);
    irssi.type_line("/window goto 2");
    talk(&mut irssi, &mut carol);
    irssi.type_line("/nick alicia");
    carol.expect("* alice is now alicia");
    irssi.wait_for("You're now known as alicia");
    irssi.type_line("/topic plans for today");
    carol.expect("* topic: plans for today");
    irssi.wait_for("changed the topic of #lobby to: plans for today");
    irssi.type_line("/names");
    irssi.wait_for("Total of 2 nicks");
    check_no_error(&irssi);
    irssi.type_line("/part #lobby enough");
    carol.expect("* alicia left (enough)");
    irssi.type_line("/quit");
    irssi.wait_for_end();
}

#[test]
fn irssi_rules_a_channel_of_its_own() {
    let (Some(tmux), Some(irssi_program)) = (tmux(), find(&["irssi"], "irssi")) else {
        return;
    };
    let program = Program::start(&[]);
    let home = Home::new("irssi-op");
    let mut irssi = irssi(&tmux, &home, &irssi_program, &program);
    irssi.wait_for("There is no message of the day");
    irssi.type_line("/join #dev");
    irssi.wait_for("Join to #dev was synced");
    irssi.type_line("/mode #dev +k sesame");
    irssi.wait_for("mode/#dev [+k sesame]");
    let mut carol = program.join("carol");
    carol.send("/join dev\n");
    carol.expect("* you cannot join dev: it needs a key (/join dev KEY)");
    carol.send("/join dev sesame\n");
    carol.expect("* You are carol, in dev with alice.");
    irssi.wait_for("carol [");
    irssi.type_line("/kick carol enough");
    carol.expect("* you were removed from dev by alice (enough)");
    irssi.wait_for("carol was kicked from #dev by alice [enough]");
    check_no_error(&irssi);
    irssi.type_line("/quit");
    irssi.wait_for_end();
}

fn weechat(tmux: &Path, home: &Home, program: &Path, server: &Program) -> Screen {
    let folder = home.text();
    let server = format!("/server add here 127.0.0.1/{}", server.address().port());
    let commands = [
        &*server,
        "/set irc.server.here.nicks alice",
        "/set irc.look.server_buffer independent",
        // By default WeeChat would wait seconds between messages, for the sake of servers that
        // punish fast clients.
        "/set irc.server.here.anti_flood_prio_high 0",
        "/set irc.server.here.anti_flood_prio_low 0",
        "/set irc.server.here.anti_flood 0",
        "/set irc.server.here.autoreconnect_delay 1",
        // WeeChat takes input that is typed this fast for a paste.
        "/set weechat.look.paste_max_lines -1",
        "/connect here",
    ];
    let mut flags = vec!["--dir", &*folder];
    for command in commands {
        flags.extend(["-r", command]);
    }
    let mut screen = Screen::start(tmux, &home.0, program, &flags);
    screen.wait_for("irc: connecting to server");
    screen
}

/// All errors that WeeChat has written into its logs, of any window. The logs are complete once it
/// has ended.
fn weechat_errors(home: &Home) -> Vec<String> {
    let logs = std::fs::read_dir(home.0.join("logs")).expect("a folder of logs");
    let mut errors = Vec::new();
    for log in logs {
        let text = std::fs::read(log.expect("a file").path()).expect("a log");
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().filter_map(|line| line.split_once("\t=!=\t"));
        // Errors about settings for other versions of WeeChat, and about connecting before the
        // server has started, do not count. The answer to its own /quit is one if it comes before
        // WeeChat has closed the connection.
        let is_fine = |error: &str| {
            error.starts_with("Option ")
                || error.contains("connection refused")
                || error.starts_with("Closing Link: quit (WeeChat ")
        };
        let lines = lines.filter(|(_, error)| !is_fine(error));
        errors.extend(lines.map(|(_, error)| error.to_owned()));
    }
    errors
}

#[test]
fn weechat_joins_talks_and_goes() {
    let weechat_program = find(&["weechat", "weechat-curses"], "weechat-curses");
    let (Some(tmux), Some(weechat_program)) = (tmux(), weechat_program) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    let home = Home::new("weechat");
    let mut screen = weechat(&tmux, &home, &weechat_program, &program);
    screen.type_line("/buffer irc.server.here");
    screen.wait_for("There is no message of the day");
    screen.type_line("/join #lobby");
    carol.expect("* alice joined");
    screen.wait_for("Channel #lobby: 2 nicks");
    talk(&mut screen, &mut carol);
    screen.type_line("/nick alicia");
    carol.expect("* alice is now alicia");
    screen.wait_for("You are now known as alicia");
    screen.type_line("/topic plans for today");
    carol.expect("* topic: plans for today");
    screen.wait_for("has changed topic for #lobby to \"plans for today\"");
    check_no_error(&screen);
    screen.type_line("/away out to lunch");
    screen.wait_for("](out to lunch)");
    screen.type_line("/away");
    screen.wait_until("no longer away", |shown| !shown.contains("](out to lunch)"));
    screen.type_line("/part enough");
    carol.expect("* alicia left (enough)");
    screen.type_line("/quit");
    screen.wait_for_end();
    assert_eq!(weechat_errors(&home), [""; 0]);
}

/// WeeChat looks for the words with which servers end connections, and without them takes the end
/// for a failure of the network.
#[test]
fn weechat_comes_back_with_the_server() {
    let weechat_program = find(&["weechat", "weechat-curses"], "weechat-curses");
    let (Some(tmux), Some(weechat_program)) = (tmux(), weechat_program) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    let home = Home::new("weechat-again");
    let mut screen = weechat(&tmux, &home, &weechat_program, &program);
    screen.type_line("/buffer irc.server.here");
    screen.wait_for("There is no message of the day");
    screen.type_line("/join #lobby");
    carol.expect("* alice joined");
    screen.wait_for("Channel #lobby: 2 nicks");
    drop(carol);
    screen.wait_for("has quit (Connection closed)");
    let program = program.restart(&[]);
    // WeeChat joins the channel again by itself.
    screen.wait_for("Channel #lobby: 1 nick ");
    let mut carol = program.join("carol");
    talk(&mut screen, &mut carol);
    screen.type_line("/quit");
    carol.wait_for(|line| line.starts_with("* alice left"));
    screen.wait_for_end();
    let goodbye = "Closing Link: the server is stopping";
    assert_eq!(weechat_errors(&home), [goodbye]);
}

/// Both clients say something, and both read it.
fn talk(screen: &mut Screen, carol: &mut Client) {
    carol.send("hello from nc, à bientôt\n");
    screen.wait_for("hello from nc, à bientôt");
    screen.type_line("hello from a screen, ça va");
    carol.expect("<alice> hello from a screen, ça va");
    screen.type_line("/me waves");
    carol.expect("~ alice waves");
    carol.send("/me waves back\n");
    screen.wait_for("carol waves back");
    carol.send("/msg alice over here\n");
    screen.type_line("/msg carol here I am");
    carol.expect("-alice- here I am");
}
