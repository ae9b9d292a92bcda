//! Hostile text stays text, and foreign pages stay out.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use serde_json::json;

use crate::driver::{Browser, DESKTOP};
use crate::page::strings;
use crate::wire::Program;

#[test]
fn text_is_shown_as_text_whatever_it_says() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&["--rate", "0"]);
    browser.enter(program.address(), "", "ana");
    let elements = "return document.querySelectorAll('script, img, iframe, svg, style, [onerror], [onclick]').length";
    let before = browser.run(elements);

    let mut carol = program.join("carol");
    let marks: String = (0..1000)
        .map(|n| char::from_u32(0x300 + n % 0x70).unwrap())
        .collect();
    let lines = [
        "<script>document.title = 'owned'</script>".to_owned(),
        "<img src=x onerror=\"document.title='owned'\"> <b>bold</b> &lt;i&gt;".to_owned(),
        "javascript:alert(1) data:text/html,<script>1</script> vbscript:x file:///etc/passwd"
            .to_owned(),
        "see https://example.org/?q=<script>&x='\"> and http://[ and (https://example.org/a_(b)), https://example.org/end."
            .to_owned(),
        format!("Z{marks}"),
        "{0} {1} ${me} \\u003cscript\\u003e constructor __proto__".to_owned(),
    ];
    for line in &lines {
        carol.send(format!("{line}\n"));
    }
    carol.send("/topic <img src=x onerror=alert(1)>\n/me <u>waves</u>\n");
    browser.wait_for_line("|carol <u>waves</u>");
    // A text that is too long for one line of IRC arrives in several.
    let shown = browser.lines();
    let shown: String = shown
        .iter()
        .filter_map(|line| line.strip_prefix("carol|"))
        .collect();
    for line in &lines {
        assert!(shown.contains(line), "{line} is not in {shown}");
    }
    browser.wait_for_text("#topic", "<img src=x onerror=alert(1)>");
    assert_eq!(
        browser.run(elements),
        before,
        "nothing of it became an element"
    );

    let links =
        browser.run("return [...document.querySelectorAll('#lines a')].map((link) => link.href)");
    assert_eq!(
        strings(&links),
        [
            "https://example.org/?q=",
            "https://example.org/a_(b)",
            "https://example.org/end"
        ]
    );
    let kept = browser.run(
        "return [...document.querySelectorAll('#lines a')].every(({ target, rel }) => target === '_blank' && rel.includes('noopener'))",
    );
    assert_eq!(kept, json!(true));

    // A thousand marks on one letter are painted within their own line.
    let contained = browser.run(
        "const text = [...document.querySelectorAll('#lines .text')].find((line) => line.textContent.startsWith('Z'));
         return [getComputedStyle(text).overflowY, text.getBoundingClientRect().height < 200];",
    );
    assert_eq!(contained, json!(["clip", true]));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn formatting_is_shown_and_its_codes_never_are() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.enter(program.address(), "", "ana");
    let mut dave = program.connect();
    dave.send("NICK dave\r\nUSER dave 0 * :dave\r\nJOIN #lobby\r\n");
    dave.send(
        "PRIVMSG #lobby :\x02bold\x02 \x1ditalic\x1d \x034red\x03 \x0301,01hidden\x03 \x0f5 plain\r\n",
    );
    browser.wait_for_line("dave|bold italic red hidden 5 plain");
    let styles = browser.run(
        "const text = [...document.querySelectorAll('#lines .text')].at(-1);
         const style = (word) => getComputedStyle([...text.querySelectorAll('span')].find((span) => span.textContent === word));
         return [style('bold').fontWeight, style('italic').fontStyle, style('red').color !== getComputedStyle(text).color,
           [...text.querySelectorAll('span')].every((span) => getComputedStyle(span).backgroundColor === 'rgba(0, 0, 0, 0)')];",
    );
    assert_eq!(styles, json!(["700", "italic", true, true]));
}

#[test]
fn what_is_written_from_right_to_left_turns_nothing_else_around() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.enter(program.address(), "", "ana");
    let mut other = program.join("محمد");
    other.send("مرحبا (1) hello\n");
    browser.wait_for_line("محمد|مرحبا (1) hello");
    let directions = browser.run(
        "const text = [...document.querySelectorAll('#lines .text')].at(-1);
         const line = text.parentElement;
         return [getComputedStyle(text).direction, getComputedStyle(line).direction,
           line.querySelector('time').getBoundingClientRect().left < text.getBoundingClientRect().left];",
    );
    assert_eq!(directions, json!(["rtl", "ltr", true]));
}

/// A page of a foreign origin, on a port of its own.
fn foreign_page() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(&stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let body = "<!doctype html><title>foreign</title>";
            let _ = write!(
                &stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

#[test]
fn a_foreign_page_gets_no_connection() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let address = program.address();
    let foreign = foreign_page();
    let try_it = format!(
        "window.outcome = '';
         const socket = new WebSocket('ws://{address}/', ['text.ircv3.net']);
         socket.onopen = () => {{ document.title = 'open'; }};
         socket.onerror = () => {{ document.title = 'refused'; }};"
    );
    browser.open(&format!("http://{foreign}/"));
    browser.run(&try_it);
    browser.wait("document.title === 'refused' || document.title === 'open'");
    assert_eq!(browser.text("return document.title"), "refused");

    // The server's own page gets a WebSocket with the same script.
    browser.open(&format!("http://{address}/"));
    browser.run(&try_it);
    browser.wait("document.title === 'open'");
    drop(program);

    // A foreign page that is allowed by name gets one as well.
    let allowed = Program::start(&["--allow-origin", &format!("http://{foreign}")]);
    browser.open(&format!("http://{foreign}/"));
    browser.run(&try_it.replace(&address.to_string(), &allowed.address().to_string()));
    browser.wait("document.title === 'open'");
}
