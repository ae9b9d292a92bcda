//! The guide for the class: every program in it is run, and prints what the guide says.

use super::bench::Lab;
use crate::wire::{Program, Tool};

const GUIDE: &str = include_str!("../../../src/lab/guide_fr.md");

/// One exercise: the student's program, its output, the line typed meanwhile, the teacher's view.
#[derive(Default)]
struct Exercise {
    title: String,
    program: String,
    printed: String,
    typed: Option<String>,
    seen: Option<String>,
}

fn exercises() -> Vec<Exercise> {
    let mut found: Vec<Exercise> = Vec::new();
    let mut lines = GUIDE.lines();
    // The sentence in the text that describes the next block.
    let mut said = "";
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            found.push(Exercise {
                title: title.to_owned(),
                ..Exercise::default()
            });
        }
        let Some(kind) = line.strip_prefix("```") else {
            said = if line.is_empty() { said } else { line };
            continue;
        };
        let block = lines.by_ref().take_while(|line| *line != "```");
        let block: String = block.map(|line| format!("{line}\n")).collect();
        match (kind, said, found.last_mut()) {
            ("python", _, Some(exercise)) => exercise.program = block,
            ("text", "Le programme affiche :", Some(exercise)) => exercise.printed = block,
            ("text", "Le professeur tape :", Some(exercise)) => exercise.typed = Some(block),
            ("text", "Le professeur voit :", Some(exercise)) => exercise.seen = Some(block),
            ("sh", _, None) => {}
            other => panic!("what is {:?} in the guide?", (other.0, other.1)),
        }
    }
    found.retain(|exercise| !exercise.program.is_empty());
    found
}

/// The program, with the ports of the table replaced by those of this lab.
fn on_this_lab(program: &str, lab: &Lab) -> String {
    let is_udp = program.contains("SOCK_DGRAM");
    let mut program = program.to_owned();
    for (service, port) in [
        ("feed", 2000),
        ("burst", 2001),
        (if is_udp { "hello" } else { "echo" }, 3000),
        ("ack", 3001),
        ("operator", 3002),
        ("broker", 3003),
        ("mailbox", 3004),
        ("pseudo", 4240),
        ("listen", 4241),
        ("talk", 4242),
        ("chat", 5000),
    ] {
        // The replacement includes the end of the number, because a free port may begin like one
        // that is still to be replaced.
        let real = format!("\"127.0.0.1\", {})", lab.port(service));
        program = program.replace(&format!("\"127.0.0.1\", {port})"), &real);
    }
    program
}

/// The text with the ports of clients replaced by numbers, in the order of appearance.
fn without_ports(text: &str) -> String {
    let mut ports: Vec<&str> = Vec::new();
    let mut parts = text.split("127.0.0.1:");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (port, rest) = part.split_at(digits);
        let known = ports.iter().position(|other| *other == port);
        let n = known.unwrap_or_else(|| {
            ports.push(port);
            ports.len() - 1
        });
        shown += &format!("127.0.0.1:#{n}{rest}");
    }
    shown
}

/// The lines that the teacher has seen since the last look.
fn seen(lab: &mut Lab, n: usize) -> String {
    let marker = format!("fin de l’exercice {n}");
    let mut bell = lab.connect("pseudo");
    bell.send(&marker);
    let address = bell.local_address();
    let mut seen = String::new();
    loop {
        let line = lab.program.shown();
        if line == format!("{address} → pseudo  {marker}") {
            return seen;
        }
        if !line.starts_with(&address.to_string()) {
            seen = seen + &line + "\n";
        }
    }
}

fn type_when_asked(program: &mut Program, typed: &str, seen: &mut String) {
    loop {
        let line = program.shown();
        *seen = format!("{seen}{line}\n");
        if line.starts_with("operator : la prochaine ligne") {
            return program.type_in(typed);
        }
    }
}

#[test]
fn every_program_in_the_guide_does_what_the_guide_says() {
    let mut command = Lab::command();
    // A second line of the feed could reach a program that reads late: on a busy machine, a program
    // of two lines. So the feed sends one only every five seconds.
    command.args(["--bind", "127.0.0.1", "--lang", "fr", "--every", "5"]);
    let mut lab = Lab::open(command);
    let exercises = exercises();
    assert_eq!(exercises.len(), 11);
    for (n, exercise) in exercises.iter().enumerate() {
        let program = on_this_lab(&exercise.program, &lab);
        let Some(mut student) = python(&program) else {
            return;
        };
        student.end_input();
        let mut shown = String::new();
        if let Some(typed) = &exercise.typed {
            type_when_asked(&mut lab.program, typed, &mut shown);
        }
        let (printed, status) = student.finish();
        // The greeting of the chat, too, only reaches clients that send late.
        let printed: String = printed
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("* Welcome to "))
            .collect();
        let title = &exercise.title;
        assert_eq!(status, Some(0), "{title}");
        let expected = without_ports(&exercise.printed);
        assert_eq!(without_ports(&printed), expected, "{title}");
        // The feed notices that a client is gone when it sends the next line.
        if title.contains("`feed`") {
            while !shown.contains(" quitte feed") {
                shown = shown + &lab.program.shown() + "\n";
            }
        }
        shown += &seen(&mut lab, n);
        if let Some(seen) = &exercise.seen {
            check(title, &shown, seen);
        }
    }
}

fn python(program: &str) -> Option<Tool> {
    let python = crate::wire::find(&["python3"], "python3")?;
    let mut command = std::process::Command::new(python);
    command.env("PYTHONIOENCODING", "utf-8");
    Some(Tool::start(command.args(["-u", "-c", program])))
}

fn check(title: &str, shown: &str, guide: &str) {
    let is_way = |line: &&str| line.contains(" se connecte à ") || line.contains(" quitte ");
    let keeps_ways = guide.lines().any(|line| is_way(&line));
    let kept: Vec<&str> = shown
        .lines()
        .filter(|line| keeps_ways || !is_way(line))
        .collect();
    let shown = without_ports(&(kept.join("\n") + "\n"));
    let guide = without_ports(guide);
    if title.contains("`pseudo`") {
        // Two sends may arrive in one piece or in two, as the guide says.
        let whole = |text: &str| text.replace("127.0.0.1:#0 → pseudo  ", "");
        let pieces = |text: &str| -> String {
            let lines = text.lines().filter(|line| line.contains(" → pseudo"));
            whole(&lines.collect::<String>())
        };
        assert_eq!(pieces(&shown), pieces(&guide));
        return;
    }
    assert_eq!(shown, guide, "{title}");
}
