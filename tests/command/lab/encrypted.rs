//! The lab with a certificate: TLS at the services where first bytes can tell, or TLS only, at
//! every service.

use std::net::TcpStream;
use std::thread;

use super::bench::{Lab, SERVICES};
use crate::wire::{End, GREETING, Identity, Program, TlsClient, TlsEnd};

fn start(identity: &Identity, flags: &[&str]) -> Lab {
    Lab::start(&[&identity.flags()[..], flags].concat())
}

fn start_in(language: &str, identity: &Identity, flags: &[&str]) -> Lab {
    let mut command = Lab::command();
    command.args(["--bind", "127.0.0.1", "--lang", language]);
    command.args(identity.flags()).args(flags);
    Lab::open(command)
}

fn connect(identity: &Identity, lab: &Lab, service: &str) -> TlsClient {
    identity.connect(lab.address(service))
}

#[test]
fn where_the_client_speaks_first_tls_is_spoken_on_the_port_of_the_others() {
    let identity = Identity::make("lab-offered");
    let mut lab = start(&identity, &[]);
    let mut echo = connect(&identity, &lab, "echo");
    echo.send("été\n");
    echo.expect("été");
    echo.end_output();
    assert_eq!(echo.rest(), (String::new(), TlsEnd::Notified));
    let mut ack = connect(&identity, &lab, "ack");
    ack.send("hello");
    assert_eq!(
        ack.rest(),
        (String::from("ACK from TCP Server"), TlsEnd::Notified)
    );
    let mut mailbox = connect(&identity, &lab, "mailbox");
    mailbox.send("hello");
    assert_eq!(mailbox.rest(), (String::new(), TlsEnd::Notified));

    let mut broker = connect(&identity, &lab, "broker");
    let mut plain = lab.enter("broker");
    broker.send("one\n");
    plain.expect("one");
    plain.send("two\n");
    broker.expect("two");

    let mut listen = lab.enter("listen");
    let mut chat = connect(&identity, &lab, "chat");
    chat.expect(GREETING);
    let mut chat = chat.named("Zoé");
    let mut talk = connect(&identity, &lab, "talk");
    talk.send("Ana\nbonjour\n");
    chat.expect("* Ana joined");
    chat.expect("<Ana> bonjour");
    listen.wait_for_line("<Ana> bonjour");
    let mut late = lab.connect("chat").named("Bob");
    chat.expect("* Bob joined");
    late.send("salut\n");
    chat.expect("<Bob> salut");
    // A service that speaks first cannot wait for a hello.
    lab.connect("feed")
        .wait_for(|line| line.starts_with("Line 1: "));
    assert_eq!(lab.connect("burst").rest().1, End::Fin);
}

#[test]
fn the_teacher_sees_who_begins_tls_and_what_is_inside() {
    let identity = Identity::make("lab-seen");
    let mut lab = start(&identity, &[]);
    let mut pseudo = connect(&identity, &lab, "pseudo");
    let who = pseudo.stream.sock.local_addr().expect("an address");
    pseudo.send("Zoé\n");
    for line in [
        format!("{who} connects to pseudo"),
        format!("{who} → pseudo  Zoé\\n"),
    ] {
        assert_eq!(lab.program.shown(), line);
    }
    let mut waiting = connect(&identity, &lab, "operator");
    waiting.send("a question");
    let who = waiting.stream.sock.local_addr().expect("an address");
    let waits = format!("operator: the next line typed here answers {who}");
    lab.program.wait_until_shown(&waits);
    lab.program.type_in("an answer\n");
    let answered = format!("{who} ← operator  an answer");
    lab.program.wait_until_shown(&answered);
    waiting.send("another question");
    lab.program.wait_until_shown(&waits);
    lab.program.type_in("exit\n");
    assert_eq!(
        waiting.rest(),
        (String::from("an answer"), TlsEnd::Notified)
    );
}

#[test]
fn the_teacher_saw_nothing_of_who_spoke_plain_where_tls_is_asked_for() {
    let identity = Identity::make("lab-plain");
    for (language, words) in [
        ("en", "speaks no TLS on ack: closed"),
        ("fr", "ne parle pas TLS sur ack : connexion fermée"),
    ] {
        let mut lab = start_in(language, &identity, &["--tls-only"]);
        let mut plain = lab.connect("ack");
        let who = plain.local_address();
        plain.send("hello\n");
        assert_eq!(plain.rest().0, "");
        assert_eq!(lab.program.shown(), format!("{who} {words}"));
        let mut silent = lab.connect("ack");
        let who = silent.local_address();
        silent.end_output();
        assert_eq!(silent.rest().0, "");
        assert_eq!(lab.program.shown(), format!("{who} {words}"));
    }
}

#[test]
fn the_teacher_saw_who_began_tls_connect_and_not_that_it_failed() {
    let identity = Identity::make("lab-failed");
    for (language, words) in [
        ("en", "did not get through the TLS handshake on ack: closed"),
        (
            "fr",
            "n’a pas mené à bien la négociation TLS sur ack : connexion fermée",
        ),
    ] {
        let mut lab = start_in(language, &identity, &[]);
        let mut garbled = lab.connect("ack");
        let who = garbled.local_address();
        // A broken hello: its beginning and nothing more.
        garbled.send([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]);
        garbled.rest();
        assert_eq!(lab.program.shown(), format!("{who} {words}"));
    }
}

#[test]
fn where_tls_is_asked_for_nothing_goes_out_in_plain() {
    let identity = Identity::make("lab-only");
    let lab = start(&identity, &["--tls-only", "--every", "0.05"]);
    for service in SERVICES.into_iter().filter(|it| *it != "hello") {
        let mut plain = lab.connect(service);
        plain.send("hello\n");
        assert_eq!(plain.rest().0, "", "{service}");
    }
    let mut feed = connect(&identity, &lab, "feed");
    for n in 1..=3 {
        assert!(feed.line().starts_with(&format!("Line {n}: ")));
    }
    let (text, end) = connect(&identity, &lab, "burst").rest();
    assert!((3..=10).contains(&text.lines().count()), "{text}");
    assert_eq!(end, TlsEnd::Notified);
    let mut listen = connect(&identity, &lab, "listen");
    let mut chat = connect(&identity, &lab, "chat").named("Zoé");
    chat.send("bonjour\n");
    listen.expect("<Zoé> bonjour");
    // Datagrams are not encrypted.
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    udp.set_read_timeout(Some(crate::wire::PATIENCE))
        .expect("a deadline");
    udp.send_to(b"hello", lab.address("hello"))
        .expect("it is sent");
    let mut answer = [0; 64];
    let count = udp.recv(&mut answer).expect("an answer");
    assert_eq!(&answer[..count], b"Hello cher client UDP");
}

#[test]
fn a_students_program_speaks_tls() {
    let identity = Identity::make("lab-python");
    let lab = start(&identity, &[]);
    let text = format!(
        "import ssl\n\
         trust = ssl.create_default_context(cafile={:?})\n\
         s = trust.wrap_socket(s, server_hostname='localhost')\n\
         s.sendall('Ça marche ?'.encode())\n\
         print(s.recv(1024).decode())\n\
         s.unwrap().close()\n",
        identity.certificate
    );
    let Some(student) = lab.student("ack", &text) else {
        return;
    };
    let answer = String::from("ACK from TCP Server\n");
    assert_eq!(student.finish(), (answer, Some(0)));
}

#[test]
fn the_labs_certificate_is_renewed_without_dropping_anyone() {
    let old = Identity::make("lab-renewed");
    let lab = start(&old, &[]);
    let mut chat = connect(&old, &lab, "chat").named("Zoé");
    // The new certificate is put into the same files.
    let new = Identity::make("lab-renewed");
    lab.program.signal("HUP");
    let mut echo = loop {
        let stream = TcpStream::connect(lab.address("echo")).expect("it is listening");
        match new.shake_hands(stream) {
            Ok(echo) => break echo,
            Err(_) => thread::yield_now(),
        }
    };
    echo.send("hello\n");
    echo.expect("hello");
    chat.send("/me waves\n/who\n");
    chat.wait_for(|line| line.starts_with("* lobby: Zoé ("));
}

#[test]
fn the_table_says_where_tls_is_spoken() {
    let identity = Identity::make("lab-table");
    for (language, words) in [
        ("en", ["TLS as well, on the same ports: ", "; try "]),
        ("fr", ["TLS aussi, sur les mêmes ports : ", " ; essayez "]),
    ] {
        let mut command = Lab::command();
        command.args(["--bind", "127.0.0.1", "--lang", language]);
        command.args(identity.flags());
        let lab = Lab::open(command);
        let names = "echo, ack, operator, broker, mailbox, pseudo, talk, chat";
        let attempt = format!("openssl s_client -quiet -connect {}", lab.address("chat"));
        let line = format!("{}{names}{}{attempt}", words[0], words[1]);
        let opening = &lab.program.opening;
        assert!(opening.contains(&line), "{line:?} is not in {opening:#?}");
    }
    let lab = start(&identity, &["--tls-only"]);
    for row in lab.program.opening.iter().filter(|it| it.starts_with("  ")) {
        let is_encrypted = row.contains("openssl s_client -quiet -connect 127.0.0.1:");
        assert_eq!(is_encrypted, !row.starts_with("  hello "), "{row}");
    }
    let without = Lab::start(&[]);
    assert!(!without.program.opening.concat().contains("TLS"));
}

#[test]
fn mistakes_with_certificates_are_told_in_one_line_with_status_2() {
    let missing = "/nonexistent/cert.pem";
    for (flags, words) in [
        (&["--tls-only"][..], &["--tls-cert"][..]),
        (&["--tls-cert", missing], &["--tls-key"]),
        (
            &["--tls-cert", missing, "--tls-key", missing],
            &["cannot read certificate", missing, "--tls-cert"],
        ),
    ] {
        let mut command = Program::command();
        command.arg("lab").args(flags);
        let exit = Program::try_open(command).err().expect("a mistake");
        assert_eq!((exit.status, &*exit.stdout), (Some(2), ""), "{flags:?}");
        assert_eq!(exit.stderr.lines().count(), 1, "{}", exit.stderr);
        assert!(words.iter().all(|word| exit.stderr.contains(word)));
    }
}
