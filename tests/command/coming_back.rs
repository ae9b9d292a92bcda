//! A thousand people in fifty rooms, whose server is killed: all come back by themselves, to what was there.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use crate::wire::{Client, PATIENCE, Program};

const ROOMS: usize = 50;
const PEOPLE: usize = 20;
/// Lines that are heard in each room between the last look at the file and the kill, at least.
const HEARD: usize = 3;

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("parloir-coming-back-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a place for files");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn data(file: &str, what: &str) -> String {
    let mut command = Program::command();
    let output = command.args(["data", "--data", file, what]).output();
    let output = output.expect("it runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The texts in each room, in their order.
fn kept(file: &str) -> BTreeMap<String, Vec<String>> {
    let mut rooms = BTreeMap::<String, Vec<String>>::new();
    for line in data(file, "export").lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("an object");
        let text = |key: &str| object[key].as_str().expect("a text").to_owned();
        rooms.entry(text("room")).or_default().push(text("text"));
    }
    rooms
}

/// The people of one room.
struct Room {
    number: usize,
    server: SocketAddr,
    people: Vec<Client>,
}

impl Room {
    fn name(&self) -> String {
        format!("room{}", self.number)
    }

    /// Everybody comes in, and says a line that the last one hears.
    fn open(number: usize, server: SocketAddr) -> Self {
        let people = Vec::new();
        let mut room = Self {
            number,
            server,
            people,
        };
        for person in 0..PEOPLE {
            let mut client = Client::join(server, &room.person(person));
            client.send(format!("/join {}\n", room.name()));
            if person == 0 {
                client.send(format!(
                    "/topic topic {number}\n/ban mallory{number}\n/topic\n"
                ));
            }
            client.wait_for_line(&format!("* topic: topic {number}"));
            room.people.push(client);
        }
        for person in 0..PEOPLE - 1 {
            room.people[person].send(format!("before {person}\n"));
            let ending = format!("> before {person}");
            room.people[PEOPLE - 1].wait_for(|line| line.ends_with(&ending));
        }
        room
    }

    fn person(&self, person: usize) -> String {
        format!("r{}p{person}", self.number)
    }

    /// One talks and another one listens, until the server is gone.
    fn talk(&mut self, heard: &AtomicUsize) {
        for n in 0.. {
            if self.people[0].try_send(format!("talk {n}\n")).is_err() {
                return;
            }
            let ending = format!("> talk {n}");
            loop {
                match self.people[1].next_line() {
                    Ok(line) if line.ends_with(&ending) => break,
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
            if n + 1 == HEARD {
                heard.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Each comes back when the connection has ended, and says so at once, while others are still coming.
    fn come_back(&mut self) {
        for (person, client) in std::mem::take(&mut self.people).into_iter().enumerate() {
            let mut client = client;
            let _ = client.rest();
            let mut client = arrive(self.server, &self.person(person));
            client.send(format!("/join {}\n", self.name()));
            client.wait_for_line(&format!("* topic: topic {}", self.number));
            client.send(format!("back {person}\n"));
            self.people.push(client);
        }
        let ending = format!("> back {}", PEOPLE - 1);
        self.people[0].wait_for(|line| line.ends_with(&ending));
    }

    fn check_that_the_ban_holds(&self) {
        let mut mallory = Client::join(self.server, &format!("mallory{}", self.number));
        mallory.send(format!("/join {}\n", self.name()));
        mallory.wait_for(|line| line.contains("banned"));
    }
}

/// Takes a nickname as soon as there is a server. One that is being killed may still take a connection, and reset it.
fn arrive(server: SocketAddr, name: &str) -> Client {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut client = Client::on(connect(server));
        let _ = client.try_send(format!("{name}\n"));
        while let Ok(line) = client.next_line() {
            if line.starts_with(&format!("* You are {name}")) {
                return client;
            }
        }
        assert!(Instant::now() < until, "{name} cannot come back");
    }
}

/// Connects as soon as there is a server.
fn connect(server: SocketAddr) -> TcpStream {
    let until = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(server) {
            Ok(stream) => return stream,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
        thread::sleep(Duration::from_millis(10)); // The pace of those who try again, which is no wait for anything.
    }
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        thread::yield_now();
    }
}

#[test]
fn a_thousand_come_back_after_a_kill() {
    let folder = Folder::new();
    let file = folder.0.join("chat.db").display().to_string();
    let relay = Program::start(&["--data", &file]);
    let server = relay.address();
    let heard = Arc::new(AtomicUsize::new(0));
    let (all_said, begin) = (
        Arc::new(Barrier::new(ROOMS + 1)),
        Arc::new(Barrier::new(ROOMS + 1)),
    );
    let rooms: Vec<_> = (0..ROOMS)
        .map(|number| {
            let heard = Arc::clone(&heard);
            let (all_said, begin) = (Arc::clone(&all_said), Arc::clone(&begin));
            thread::spawn(move || {
                let mut room = Room::open(number, server);
                all_said.wait();
                begin.wait();
                room.talk(&heard);
                room.come_back();
                room.check_that_the_ban_holds();
            })
        })
        .collect();
    all_said.wait();
    let before = ROOMS * (PEOPLE - 1);
    wait_until("what was said is on the disk", || {
        kept(&file).values().map(Vec::len).sum::<usize>() == before
    });
    begin.wait();
    wait_until("they talk", || heard.load(Ordering::Relaxed) == ROOMS);
    relay.signal("KILL");
    assert_eq!(relay.wait().status, None);
    let mut again = Program::command();
    again.args(["--listen", &server.to_string(), "--data", &file]);
    let relay = Program::open(again);
    for room in rooms {
        room.join().expect("a room came back");
    }
    assert_eq!(relay.stop().status, Some(0));
    assert!(data(&file, "check").contains("is whole"));
    check(&kept(&file));
}

/// Everything that was on the disk before, the beginning of what was being said, and everything after that.
fn check(kept: &BTreeMap<String, Vec<String>>) {
    for number in 0..ROOMS {
        let said = &kept[&format!("room{number}")];
        let part = |word: &'static str| said.iter().filter(move |it| it.starts_with(word));
        let before = (0..PEOPLE - 1).map(|n| format!("before {n}"));
        assert!(part("before").eq(&before.collect::<Vec<_>>()), "{said:?}");
        let talk = (0..part("talk").count()).map(|n| format!("talk {n}"));
        assert!(part("talk").eq(&talk.collect::<Vec<_>>()), "{said:?}");
        let back = (0..PEOPLE).map(|n| format!("back {n}"));
        assert!(part("back").eq(&back.collect::<Vec<_>>()), "{said:?}");
        let all = part("before").chain(part("talk")).chain(part("back"));
        assert!(all.eq(said), "in their order: {said:?}");
    }
}
