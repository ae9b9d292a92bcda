//! Every row of the table.

use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use super::bench::Lab;
use crate::wire::{Client, End, PATIENCE};

/// The time to wait for events that must not happen.
const A_WHILE: Duration = Duration::from_millis(500);

#[test]
fn feed_writes_lines_with_accents_for_ever() {
    let lab = Lab::start(&["--every", "0.05"]);
    let mut reader = lab.connect("feed");
    let mut hasty = lab.connect("feed");
    hasty.line();
    drop(hasty);
    for n in 1..=10 {
        let line = reader.line();
        assert!(line.starts_with(&format!("Line {n}: ")), "{line}");
        assert!(!line.is_ascii(), "{line}");
    }
    // A client that has ended its output goes on reading.
    reader.end_output();
    reader.wait_for(|line| line.starts_with("Line 15: "));
}

#[test]
fn burst_ends_in_good_order_also_for_who_has_sent_something() {
    let lab = Lab::start(&[]);
    for n in 0..30 {
        let mut reader = lab.connect("burst");
        if n % 2 == 1 {
            let _ = reader.try_send("x".repeat(100 * n));
        }
        let (text, end) = reader.rest();
        assert_eq!(end, End::Fin, "{n}");
        let lines = text.lines().count();
        assert!((3..=10).contains(&lines), "{text}");
        assert!(text.ends_with('\n'));
    }
}

/// `readline()` of a slow beginner: the answer is read long after something was sent to a server
/// that had ended.
#[test]
fn burst_is_whole_for_who_sends_first_and_reads_late() {
    let lab = Lab::start(&[]);
    let mut reader = lab.connect("burst");
    // There is nothing to wait for: the reset, which would take the answer away, must not come.
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(20));
        reader.send("are you there?\n");
    }
    let (text, end) = reader.rest();
    assert_eq!(end, End::Fin);
    assert!(text.lines().count() >= 3);
}

#[test]
fn echo_gives_back_the_same_bytes() {
    let lab = Lab::start(&[]);
    let mut student = lab.connect("echo");
    for bytes in [
        &b"hello"[..],
        b"\n",
        "été".as_bytes(),
        b"\0\xff\xfe\r",
        b"x",
    ] {
        student.send(bytes);
        let mut back = Vec::new();
        while back.len() < bytes.len() {
            back.extend(student.read_bytes(64));
        }
        assert_eq!(back, bytes);
    }
    let much: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut twin = student.twin();
    let sent = much.clone();
    let sender = std::thread::spawn(move || {
        twin.send(&sent);
        twin.end_output();
    });
    let mut back = Vec::new();
    while back.len() < much.len() {
        back.extend(student.read_bytes(1 << 16));
    }
    assert!(back == much, "a million bytes, in order");
    sender.join().unwrap();
    assert_eq!(student.rest(), (String::new(), End::Fin));
}

#[test]
fn both_families_reach_every_stream_service() {
    let mut command = Lab::command();
    command.args(["--bind", "::", "--lang", "en"]);
    let mut lab = Lab::open(command);
    for ip in [[127, 0, 0, 1].into(), Ipv6Addr::LOCALHOST.into()] {
        let mut student = Client::connect(lab.address_at(ip, "echo"));
        student.send("é");
        assert_eq!(student.read_bytes(16), "é".as_bytes());
        // An IPv4 address is shown as an IPv4 address.
        lab.wait_until_received(&student, "echo", "é");
    }
}

fn udp(at: &str) -> UdpSocket {
    let socket = UdpSocket::bind(at).expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a deadline");
    socket
}

#[test]
fn hello_answers_datagrams_to_their_source() {
    let mut command = Lab::command();
    command.args(["--bind", "::", "--lang", "en"]);
    let mut lab = Lab::open(command);
    for (ip, local) in [
        ([127, 0, 0, 1].into(), "127.0.0.1:0"),
        (Ipv6Addr::LOCALHOST.into(), "[::1]:0"),
    ] {
        let server: SocketAddr = lab.address_at(ip, "hello");
        let socket = udp(local);
        // The service's own text gets no answer, so the first answer is to the next datagram.
        socket.send_to(b"Hello cher client UDP", server).unwrap();
        for bytes in [&b"coucou"[..], b"", b"\xff\xfe", &[b'x'; 9000]] {
            socket.send_to(bytes, server).unwrap();
            let mut buffer = [0; 64];
            let (count, from) = socket.recv_from(&mut buffer).expect("an answer");
            assert_eq!(
                (&buffer[..count], from),
                (&b"Hello cher client UDP"[..], server)
            );
        }
        let address = socket.local_addr().unwrap();
        lab.program
            .wait_until_shown(&format!("{address} → hello  coucou"));
        lab.program
            .wait_until_shown(&format!("{address} → hello  \\xff\\xfe"));
        socket.set_read_timeout(Some(A_WHILE)).unwrap();
        assert!(socket.recv(&mut [0; 64]).is_err(), "an answer to nothing");
    }
}

#[test]
fn ack_answers_one_message_in_one_segment_and_closes() {
    let mut lab = Lab::start(&[]);
    for (message, shown) in [
        ("  hello \n", r"  hello \n"),
        ("hello", "hello"),
        ("é\r\n", r"é\r\n"),
    ] {
        let mut student = lab.connect("ack");
        student.send(message);
        assert_eq!(student.read_bytes(64), b"ACK from TCP Server");
        assert_eq!(student.rest(), (String::new(), End::Fin));
        lab.wait_until_received(&student, "ack", shown);
        let line = format!("127.0.0.1 sent: {}", message.trim());
        assert_eq!(lab.program.shown(), line);
    }
}

#[test]
fn operator_answers_in_the_order_of_the_messages() {
    let mut lab = Lab::start(&[]);
    lab.program.type_in("hello?\n");
    lab.program
        .wait_until_shown("operator: nobody waits for an answer; nothing was sent");
    let mut clients: Vec<Client> = Vec::new();
    for n in 0..5 {
        let mut client = lab.enter("operator");
        client.send(format!("question {n}"));
        lab.wait_until_received(&client, "operator", &format!("question {n}"));
        clients.push(client);
    }
    for (n, client) in clients.iter_mut().enumerate() {
        lab.program.type_in(&format!("réponse {n}\n"));
        let expected = format!("réponse {n}");
        let mut answer = Vec::new();
        while answer.len() < expected.len() {
            answer.extend(client.read_bytes(64));
        }
        assert_eq!(String::from_utf8(answer).unwrap(), expected);
    }
    for client in &mut clients {
        assert!(
            client.is_quiet_for(Duration::from_millis(50)),
            "not its answer"
        );
    }
    let [first, second] = &mut clients[..2] else {
        unreachable!("there are five");
    };
    for client in [&mut *second, &mut *first] {
        client.send("again\n");
        lab.wait_until_received(client, "operator", r"again\n");
    }
    lab.program.type_in("exit\n");
    assert_eq!(second.rest(), (String::new(), End::Fin));
    lab.program.type_in("yes\n");
    assert_eq!(first.read_bytes(64), b"yes");
}

#[test]
fn broker_passes_lines_on_to_all_the_others() {
    let mut lab = Lab::start(&[]);
    let [mut ana, mut bob, mut cleo] = [(); 3].map(|()| lab.enter("broker"));
    ana.send("salut");
    bob.expect("salut");
    cleo.expect("salut");
    bob.send("/quit\n");
    ana.expect("/quit");
    cleo.expect("/quit");
    assert!(bob.is_quiet_for(A_WHILE), "its own line");
}

#[test]
fn mailbox_takes_one_message_and_never_answers() {
    let mut lab = Lab::start(&[]);
    let mut patient = lab.enter("mailbox");
    patient.send("Cher ami,\nça va ?");
    // The service waits for the end of the message, which is a while of silence.
    assert_eq!(patient.rest(), (String::new(), End::Fin));
    lab.wait_until_received(&patient, "mailbox", r"Cher ami,\nça va ?");
    let mut hasty = lab.connect("mailbox");
    hasty.send("x");
    let line = format!("{} → mailbox  x", hasty.local_address());
    drop(hasty);
    lab.program.wait_until_shown(&line);
}

#[test]
fn pseudo_shows_what_comes_as_it_comes_and_never_sends_a_byte() {
    let mut lab = Lab::start(&[]);
    let mut author = lab.enter("pseudo");
    let address = author.local_address();
    let mut see = |bytes: &str, lines: &[String]| {
        author.send(bytes);
        for line in lines {
            assert_eq!(&lab.program.shown(), line);
        }
    };
    let came = |bytes: &str| format!("{address} → pseudo  {bytes}");
    see("Zoé", &[came("Zoé")]);
    see("\n", &[came(r"\n"), format!("{address} is Zoé")]);
    see("salut", &[came("salut")]);
    see(
        " !\nun\n",
        &[came(r" !\nun\n"), format!("{address}: 2 lines")],
    );
    see(
        "deux\r\n",
        &[came(r"deux\r\n"), format!("{address}: 3 lines")],
    );
    author.send(b"\xe9t\xe9");
    assert_eq!(lab.program.shown(), came(r"\xe9t\xe9"));
    assert!(author.is_quiet_for(A_WHILE));
    author.end_output();
    assert_eq!(author.rest(), (String::new(), End::Fin));
    assert_eq!(lab.program.shown(), format!("{address} leaves pseudo"));
}

#[test]
fn what_is_said_on_talk_and_chat_is_heard_on_listen_and_chat() {
    let mut lab = Lab::start(&[]);
    let mut own_window = lab.enter("listen");
    let mut talk = lab.enter("talk");
    talk.send("Zoé\n");
    talk.send("one\n");
    own_window.expect("<Zoé> one");
    let mut chat = Client::join(lab.address("chat"), "Ana");
    talk.send("/who\n");
    own_window.expect("<Zoé> /who");
    chat.expect("<Zoé> /who");
    chat.send("salut\n");
    own_window.expect("<Ana> salut");
    chat.send("/who\n");
    let (ana, zoe) = (chat.local_address(), talk.local_address());
    chat.expect(&format!("* lobby: Zoé ({zoe}), Ana ({ana}) and 1 listener"));
    // The input of a listener is dropped, and the listener stays after the end of its input.
    own_window.send("hello?\n");
    own_window.end_output();
    lab.wait_until_received(&own_window, "listen", r"hello?\n");
    talk.send("fin\n");
    own_window.expect("<Zoé> fin");
    chat.expect("<Zoé> fin");
    // A client that comes late has missed the earlier lines.
    let mut late = lab.enter("listen");
    chat.send("après\n");
    late.expect("<Ana> après");
    let mut cleo = Client::join(lab.address("chat"), "Cléo");
    cleo.send("/who\n");
    assert!(cleo.line().starts_with("* lobby: "));
    assert!(talk.is_quiet_for(A_WHILE), "talk never gets a byte");
    talk.end_output();
    assert_eq!(talk.rest(), (String::new(), End::Fin));
}

/// A beginner's `s.send(b"hello")` and then `s.recv(1024)`, on every service that answers or passes
/// on.
#[test]
fn a_forgotten_newline_is_forgiven() {
    let mut lab = Lab::start(&[]);
    let mut ears = lab.enter("listen");
    let mut talk = lab.enter("talk");
    talk.send("Zoé");
    let mut chat = Client::join(lab.address("chat"), "Ana");
    chat.send("ready\n");
    ears.expect("<Ana> ready");
    let mut third = lab.connect("chat");
    third.send("Bob");
    third.wait_for(|line| line.starts_with("* You are Bob, in lobby with "));
    third.send("salut");
    ears.expect("<Bob> salut");
    talk.send("salut");
    ears.expect("<Zoé> salut");
    let [mut one, mut two] = [(); 2].map(|()| lab.enter("broker"));
    one.send("salut");
    two.expect("salut");
}
