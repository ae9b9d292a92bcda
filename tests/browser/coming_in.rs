//! Entering the chat from the page: messages before the name is given, failures to connect, and the
//! names of several tabs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use serde_json::json;

use crate::driver::{Browser, DESKTOP, FOREIGN_NAME, Looks, own_name};
use crate::page::ENTER;
use crate::wire::Program;

const PROBLEM: &str = "document.getElementById('problem').textContent";

fn press_come_in(browser: &Browser) {
    browser.type_into("#nick", &format!("ana{ENTER}"));
}

/// A proxy in front of the program that strips the header fields for an upgrade, as a proxy without
/// the settings for it does.
fn stripping_proxy(program: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || pass_on(client, program));
        }
    });
    address
}

fn pass_on(mut client: TcpStream, program: SocketAddr) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let is_kept = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        !["upgrade", "connection"].contains(&name.to_ascii_lowercase().as_str())
    };
    let kept: Vec<&str> = head.split("\r\n").filter(is_kept).collect();
    let Ok(mut server) = TcpStream::connect(program) else {
        return;
    };
    let _ = server.write_all(kept.join("\r\n").as_bytes());
    let _ = std::io::copy(&mut server, &mut client);
}

/// The button "Come in" did nothing, for ever.
#[test]
fn a_proxy_without_upgrade_was_not_told_of() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let proxy = stripping_proxy(program.address());
    browser.open(&format!("http://{proxy}/"));
    browser.wait(&format!(
        "{PROBLEM}.includes('does not let this page in') && {PROBLEM}.includes('--allow-origin http://{proxy}, ')"
    ));
    // The same message appears after a try to come in.
    browser.run("document.getElementById('problem').textContent = ''");
    press_come_in(&browser);
    browser.wait(&format!("{PROBLEM}.includes('does not let this page in')"));
}

#[test]
fn a_server_that_was_stopped_was_not_told_of() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let address = program.address();
    browser.open(&format!("http://{address}/"));
    browser.wait("document.getElementById('place').textContent");
    program.stop();
    press_come_in(&browser);
    browser.wait(&format!(
        "{PROBLEM}.startsWith('{address} does not answer: ')"
    ));
    // The server comes back, and the page comes in by itself.
    let mut command = Program::command();
    command.args(["--listen", &address.to_string()]);
    let again = Program::open(command);
    browser.wait_until_in();
    assert_eq!(
        browser.run("return document.getElementById('hello').open"),
        json!(false)
    );
    drop(again);
}

#[test]
fn the_machine_s_own_name_was_refused() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let port = program.address().port();
    browser.open(&format!("http://{}:{port}/", own_name()));
    browser.name_oneself("ana");
    browser.wait_until_in();

    // A name that is not the machine's own is still refused, and the log says which name it was.
    let origin = format!("http://{FOREIGN_NAME}:{port}");
    browser.open(&format!("{origin}/"));
    browser.wait(&format!("{PROBLEM}.includes('--allow-origin {origin}, ')"));
    let log = program.stop().stderr;
    let told = format!("a page from \"{origin}\"; --allow-origin lets it in");
    assert!(log.contains(&told), "{log}");
}

#[test]
fn one_comes_in_without_knowing_where() {
    let motd = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("motd-of-browsers");
    std::fs::write(&motd, "Cake at four.\nBring a fork.\n").expect("a file");
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--name", "salon", "--motd", motd.to_str().expect("UTF-8")]);
    let address = program.address();
    browser.open(&format!("http://{address}/"));
    browser.wait_for_text("#place", "salon: nobody is in #lobby yet.");
    let mut carol = program.join("carol");
    browser.open(&format!("http://{address}/?again"));
    browser.wait_for_text("#place", "salon: one person is in #lobby.");
    carol.send("/join dev\n");
    let mut dave = program.join("dave");
    dave.send("/join dev\n");
    carol.wait_for_line("* dave joined");
    browser.open(&format!("http://{address}/?more#dev"));
    browser.wait_for_text("#place", "salon: 2 people are in #dev.");
    browser.name_oneself("ana");
    carol.wait_for_line("* ana joined");
    // The message of the day is shown in the room, and not again at the next visit.
    browser.wait_for_line("|Bring a fork.");
    let lines = browser.lines();
    assert!(lines.contains(&String::from("|Cake at four.")), "{lines:?}");
    browser.reload();
    browser.wait_until_in();
    carol.send("seen?\n");
    browser.wait_for_line("carol|seen?");
    let lines = browser.lines();
    assert!(
        !lines.contains(&String::from("|Cake at four.")),
        "{lines:?}"
    );
    let _ = std::fs::remove_file(&motd);
}

#[test]
fn a_password_is_asked_for_at_once() {
    let Some(browser) = Browser::start(Looks {
        language: "fr",
        ..DESKTOP
    }) else {
        return;
    };
    let mut command = Program::command();
    command.env("PARLOIR_PASSWORD", "sesame");
    command.args(["--listen", "127.0.0.1:0"]);
    let program = Program::open(command);
    browser.open(&format!("http://{}/", program.address()));
    browser.wait("!document.getElementById('password-row').hidden");
    browser.type_into("#nick", "ana");
    browser.type_into("#password", &format!("sesame{ENTER}"));
    browser.wait_until_in();
}

/// Every later visit began with the name of a second tab.
#[test]
fn a_second_tab_renamed_one_for_good() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let address = program.address();
    let remembered = "return JSON.parse(localStorage.getItem('parloir.nick'))";
    browser.enter(address, "", "ana");
    let first = browser.window();
    let second = browser.new_window();
    browser.enter(address, "", "bob");
    browser.say("/nick bobby");
    browser.wait_for_line("|bob is now bobby");
    assert_eq!(browser.text(remembered), "ana");
    browser.reload();
    browser.wait_until_in();
    assert_eq!(browser.text("return me"), "bobby");
    assert_eq!(browser.text(remembered), "ana");
    // A new name in the first tab is the name to remember.
    browser.look_at(&first);
    browser.say("/nick anaïs");
    browser.wait("me === 'anaïs'");
    assert_eq!(browser.text(remembered), "anaïs");
    browser.look_at(&second);
    assert_eq!(browser.text("return me"), "bobby");
}

#[test]
fn a_name_that_is_reserved_was_said_to_have_wrong_letters() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.open(&format!("http://{}/", program.address()));
    browser.name_oneself("NickServ");
    browser.wait_for_text("#problem", "“NickServ” is a name that nobody may take.");
    browser.name_oneself("ana");
    browser.wait_until_in();
    browser.say("/nick root");
    browser.wait_for_line("|“root” is a name that nobody may take.");
}

/// A user who came back while the server still had the old connection was called `ana_` from then
/// on.
#[test]
fn a_name_that_was_only_to_be_had_instead_is_not_kept() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    browser.enter(program.address(), "", "ana");
    carol.wait_for_line("* ana joined");
    browser.run("link.socket.close();");
    carol.wait_for_line("* ana left");
    let other = program.join("ana");
    browser.wait("me === 'ana_'");
    drop(other);
    carol.wait_for_line("* ana left");
    browser.run("link.socket.close();");
    carol.wait_for_line("* ana_ left");
    carol.wait_for_line("* ana joined");
    browser.wait("me === 'ana'");
}
