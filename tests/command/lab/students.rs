//! The habits of students' programs, all observed on real ones, and the outcome that each must
//! have.

use std::collections::BTreeSet;
use std::thread;

use super::bench::Lab;
use crate::wire::{Client, End};

/// Runs a student's program to its end. Returns its output.
fn run(lab: &Lab, service: &str, text: &str) -> Option<String> {
    let (printed, status) = lab.student(service, text)?.finish();
    assert_eq!(status, Some(0), "{printed}");
    Some(printed)
}

#[test]
fn one_that_forgets_the_newline_is_answered() {
    let lab = Lab::start(&[]);
    for service in ["ack", "echo"] {
        let answer = run(
            &lab,
            service,
            "s.send('ça va'.encode())\nprint(s.recv(1024).decode())",
        );
        let expected = match service {
            "ack" => "ACK from TCP Server\n",
            _ => "ça va\n",
        };
        assert!(answer.is_none_or(|answer| answer == expected));
    }
    let answer = run(
        &lab,
        "chat",
        "s.send(b'Ana')\nprint(s.recv(1024).decode(), end='')\ns.send(b'/who')\nprint(s.recv(1024).decode(), end='')",
    );
    if let Some(answer) = answer {
        assert!(answer.starts_with("* You are Ana, alone in lobby.\n* lobby: Ana (127.0.0.1:"));
    }
}

/// `recv(1024).decode()` in a loop: a character in two pieces makes it fail.
#[test]
fn one_that_decodes_every_piece_gets_whole_characters() {
    let mut lab = Lab::start(&["--every", "0.02"]);
    let piecewise = r"
text = ''
while len(text) < 500:
    piece = s.recv(1024).decode()
    assert piece
    text += piece
print('ok')
";
    let ok = Some(String::from("ok\n"));
    let Some(printed) = run(&lab, "feed", piecewise) else {
        return;
    };
    assert_eq!(Some(printed), ok);

    // Echoes characters that the network cuts. The pauses are what cuts them: half a character has no
    // echo that could be waited for.
    let cut = r"
import time
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
text = ''
for byte in ('é€😀' * 8).encode():
    s.send(bytes([byte]))
    time.sleep(0.002)
while len(text) < 24:
    text += s.recv(1024).decode()
assert text == 'é€😀' * 8
print('ok')
";
    assert_eq!(run(&lab, "echo", cut), ok);

    let reader = lab.student("listen", piecewise).expect("there is Python");
    while !lab.program.shown().ends_with(" connects to listen") {}
    let mut talk = lab.connect("talk");
    talk.send("Zoé\n");
    for n in 0..40 {
        talk.send(format!("ligne {n} : été €😀\n"));
    }
    assert_eq!(reader.finish(), ("ok\n".into(), Some(0)));
}

/// `makefile("r", encoding="utf-8")`: one wrong byte makes it fail, and a bare CR splits a line.
#[test]
fn one_that_reads_strict_utf8_survives_what_others_send() {
    let mut lab = Lab::start(&[]);
    let strict = r"
for line in s.makefile('r', encoding='utf-8'):
    assert line.startswith('<'), ascii(line)
    assert line.endswith('\n') and '\r' not in line, ascii(line)
    print(line, end='')
    if line.endswith('> fin\n'):
        break
";
    let Some(reader) = lab.student("listen", strict) else {
        return;
    };
    while !lab.program.shown().ends_with(" connects to listen") {}
    let mut talk = lab.connect("talk");
    talk.send("Zoé\n");
    talk.send(b"caf\xe9\n\xff\xfd\x06iac\r\nbare\rcr\n\x1b[31mred\nnul\0\n\xf0\x9f\x98\nfin\n");
    let lines = ["café", "iac", "barecr", "red", "nul", "ðŸ˜", "fin"];
    let expected: String = lines.map(|line| format!("<Zoé> {line}\n")).concat();
    assert_eq!(reader.finish(), (expected, Some(0)));
}

#[test]
fn one_that_reads_on_after_the_end_reads_nothing() {
    let lab = Lab::start(&[]);
    let text = r#"
f = s.makefile('r', encoding='utf-8')
lines = 0
while f.readline() != "":
    lines += 1
assert 3 <= lines <= 10
assert f.readline() == "" and f.readline() == ""
assert s.recv(1024) == b"" and s.recv(1024) == b""
print('ok')
"#;
    for _ in 0..5 {
        assert!(run(&lab, "burst", text).is_none_or(|printed| printed == "ok\n"));
    }
}

/// The kernel resets such a connection. The bytes on their way to the student are lost, but nothing
/// that the student sent is.
#[test]
fn one_that_never_reads_is_heard_to_its_last_line() {
    let mut lab = Lab::start(&[]);
    let mut ears = lab.enter("listen");
    let mut ana = Client::join(lab.address("chat"), "Ana");
    for round in 0..10 {
        let mut deaf = Client::connect(lab.address("chat"));
        deaf.send(format!("d{round}\n"));
        ana.wait_for_line(&format!("* d{round} joined"));
        // Something is unread now: the greeting and more.
        ana.send("listen to this\n");
        ears.expect("<Ana> listen to this");
        for n in 0..10 {
            deaf.send(format!("{n}\n"));
        }
        if round % 2 == 0 {
            drop(deaf);
        } else {
            deaf.reset();
        }
        for n in 0..10 {
            ears.expect(&format!("<d{round}> {n}"));
        }
    }
}

/// Sixty students at once; when the bell rings, half of them are in the middle of a line.
#[test]
fn a_whole_class_is_heard_in_one_order_by_everyone() {
    const STUDENTS: usize = 60;
    const LINES: usize = 12;
    let mut lab = Lab::start(&[]);
    let mut listeners: Vec<Client> = (0..STUDENTS).map(|_| lab.connect("listen")).collect();
    for _ in 0..STUDENTS {
        while !lab.program.shown().ends_with(" connects to listen") {}
    }
    let address = lab.address("talk");
    let students: Vec<_> = (0..STUDENTS)
        .map(|n| {
            thread::spawn(move || {
                let mut talk = Client::connect(address);
                talk.send(format!("s{n}\n"));
                for line in 0..LINES {
                    talk.send(format!("{line} é\n"));
                }
                match n % 4 {
                    0 => talk.send("cut off"),
                    1 => {
                        talk.send("cut off");
                        return talk.reset();
                    }
                    _ => {}
                }
                drop(talk);
            })
        })
        .collect();
    for student in students {
        student.join().expect("no student fails");
    }
    let mut end = Client::join(lab.address("chat"), "bell");
    // The lines of every client that has left by now have been heard.
    loop {
        end.send("/who\n");
        if end
            .wait_for(|line| line.starts_with("* lobby: "))
            .contains(": bell (")
        {
            break;
        }
        thread::yield_now();
    }
    end.send("rings\n");
    let heard: Vec<Vec<String>> = listeners.iter_mut().map(until_the_bell).collect();
    let first = &heard[0];
    assert!(heard.iter().all(|other| other == first), "not one order");
    for n in 0..STUDENTS {
        let own = format!("<s{n}> ");
        let said: Vec<&str> = first
            .iter()
            .filter_map(|it| it.strip_prefix(&own))
            .collect();
        let lines: Vec<String> = (0..LINES).map(|line| format!("{line} é")).collect();
        let (whole, rest) = said.split_at(LINES.min(said.len()));
        assert_eq!(whole, lines, "s{n}");
        let expected: &[&str] = if n % 4 == 0 { &["cut off"] } else { &[] };
        assert!(
            rest == expected || (n % 4 == 1 && rest == ["cut off"]),
            "{rest:?}"
        );
    }
}

fn until_the_bell(listener: &mut Client) -> Vec<String> {
    let mut heard = Vec::new();
    loop {
        match listener.line() {
            line if line == "<bell> rings" => return heard,
            line => heard.push(line),
        }
    }
}

/// Clients leave every service at once, in every possible way.
#[test]
fn thirty_that_leave_everywhere_at_once_harm_nobody() {
    let mut lab = Lab::start(&["--every", "0.02"]);
    let mut staying = lab.enter("operator");
    staying.send("still here\n");
    lab.wait_until_received(&staying, "operator", r"still here\n");
    let services = [
        "feed", "burst", "echo", "ack", "operator", "broker", "mailbox", "pseudo", "listen",
        "talk", "chat",
    ];
    for service in services {
        let class: Vec<Client> = (0..30)
            .map(|n| {
                let mut student = lab.connect(service);
                match n % 3 {
                    0 => {}
                    1 => student.send("mid-line"),
                    _ => student.send("line\nmid-line"),
                }
                student
            })
            .collect();
        for (n, student) in class.into_iter().enumerate() {
            if n % 2 == 0 {
                student.reset();
            }
        }
    }
    lab.program.type_in("you alone\n");
    assert_eq!(staying.read_bytes(64), b"you alone");
    let mut after = lab.connect("ack");
    after.send("hello\n");
    assert_eq!(after.rest(), ("ACK from TCP Server".into(), End::Fin));
    assert_eq!(lab.stop().status, Some(0));
}

#[test]
fn clients_of_the_operator_never_get_each_others_answer() {
    let mut lab = Lab::start(&[]);
    let mut order = Vec::new();
    let mut clients: Vec<Client> = (0..20).map(|_| lab.enter("operator")).collect();
    for n in [7, 3, 19, 0, 11, 4] {
        clients[n].send(format!("from {n}\n"));
        lab.wait_until_received(&clients[n], "operator", &format!("from {n}\\n"));
        order.push(n);
    }
    // One client leaves before its turn, and no other client gets its answer.
    let gone = order.remove(2);
    let address = clients[gone].local_address();
    let leaver = std::mem::replace(&mut clients[gone], lab.connect("operator"));
    leaver.reset();
    lab.program
        .wait_until_shown(&format!("{address} leaves operator (connection reset)"));
    let mut answered = BTreeSet::new();
    for n in order {
        lab.program.type_in(&format!("for {n}\n"));
        let answer = clients[n].read_bytes(64);
        assert_eq!(String::from_utf8(answer).unwrap(), format!("for {n}"));
        answered.insert(n);
    }
    lab.program.type_in("for nobody\n");
    lab.program
        .wait_until_shown("operator: nobody waits for an answer; nothing was sent");
    for (n, client) in clients.iter_mut().enumerate() {
        client.end_output();
        assert_eq!(client.rest(), (String::new(), End::Fin), "{n}");
    }
}
