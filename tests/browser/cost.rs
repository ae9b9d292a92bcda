//! The input from other people costs the page no more than a small multiple of its length: steps
//! are counted, not seconds.

use serde_json::json;

use crate::driver::{Browser, DESKTOP};
use crate::wire::Program;

/// Counts the characters that the page's own code goes over in calls of string and regular
/// expression methods.
const COUNTED: &str = "
    window.steps = 0;
    for (const name of ['split', 'slice', 'replace', 'matchAll', 'at', 'indexOf', 'includes']) {
      const original = String.prototype[name];
      String.prototype[name] = function (...values) {
        window.steps += this.length;
        return original.apply(this, values);
      };
    }";

/// `http://a/` and 4,000 brackets took sixteen million steps, and 20,000 brackets ended the script.
#[test]
fn the_end_of_an_address_was_looked_for_again_at_each_of_its_characters() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.enter(program.address(), "", "ana");
    browser.run(COUNTED);
    for tail in ["]", ")", ").", "([)]", "…", "#1", " #1", "http://"] {
        for length in [4_000, 100_000] {
            let found = browser.run_with(
                "const text = 'http://a/' + arguments[0].repeat(arguments[1]);
                 window.steps = 0;
                 const shown = withLinks(text).map((part) => part.textContent ?? part).join('');
                 return [shown === text, window.steps / text.length];",
                &json!([tail, length]),
            );
            let steps = found[1].as_f64().expect("a number");
            assert!(found[0] == json!(true), "{tail:?}: the text is another");
            // A text with many links becomes many pieces, each of which is cut out of it.
            if !tail.contains("http") && !tail.contains('#') {
                assert!(steps < 20.0, "{tail:?}: {steps} steps a character");
            }
        }
    }
    let ends = browser.run(
        "return ['http://a/(b)', 'http://a/(b))', 'http://a/b).', 'http://a/b[1]…', 'http://a/]]]', 'http://a/(]'].map(untrailed)",
    );
    assert_eq!(
        ends,
        json!([
            "http://a/(b)",
            "http://a/(b)",
            "http://a/b",
            "http://a/b[1]",
            "http://a/",
            "http://a/("
        ])
    );
}

/// The whole list was sorted again for each of ten thousand arrivals.
#[test]
fn a_crowd_that_comes_in_was_sorted_again_for_each_of_them() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.enter(program.address(), "", "ana");
    let counted = browser.run(
        "let compared = 0;
         const compare = ORDER.compare;
         Object.defineProperty(ORDER, 'compare', { value: (a, b) => { compared++; return compare(a, b); } });
         const name = (n) => `p${(n * 7919) % 10007}`;
         for (let n = 0; n < 10000; n++) {
           hear(parse(`:${name(n)}!u@h JOIN #lobby`));
           if (n % 10 === 0) drawPeople();
         }
         hear(parse(':ana!u@h MODE #lobby +o p77'));
         hear(parse(':p78!u@h NICK :A78'));
         for (let n = 0; n < 5000; n++) hear(parse(`:${name(n)}!u@h PART #lobby`));
         drawPeople();
         const listed = [...document.querySelectorAll('#people-list bdi')].map((node) => node.textContent);
         const room = roomOf('#lobby');
         const sorted = [...room.members.values()].sort(byRank);
         return [compared, listed.length, room.order.length, sorted.every((member, i) => member === room.order[i]),
           room.lines.length];",
    );
    let compared = counted[0].as_u64().expect("a count");
    // Fifteen thousand arrivals and departures with some fourteen comparisons each, and the
    // comparisons of the check itself.
    assert!(compared < 15_000 * 20 + 100_000, "{compared} comparisons");
    assert_eq!(counted[1], json!(500));
    assert_eq!(counted[2], json!(5001));
    assert_eq!(counted[3], json!(true));
    assert!(counted[4].as_u64().expect("a count") < 100, "{counted}");
}

/// A person who wrote under ten thousand names began ten thousand conversations.
#[test]
fn strangers_could_begin_any_number_of_conversations() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    browser.enter(program.address(), "", "ana");
    browser.say("/msg carol hello");
    carol.wait_for_line("-ana- hello");
    browser.wait_for_line("ana|hello");
    let kept = browser.run(
        "for (let n = 0; n < 10000; n++) hear(parse(`:s${n}!u@h PRIVMSG ana :hi`));
         return [rooms.size < 110, rooms.has('carol'), rooms.has('s9999'), rooms.has('s1')];",
    );
    assert_eq!(kept, json!([true, true, true, false]));
}

/// While the user read older lines, the page kept all new ones; and a long text was measured whole
/// for each of its pieces.
#[test]
fn neither_lines_nor_pieces_grow_without_end() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    browser.enter(program.address(), "", "ana");
    let kept = browser.run(
        "isAtEnd = false;
         for (let n = 0; n < 12000; n++) addLine(current, { kind: 'message', at: now(), id: `x${n}`, from: 'eve', text: 'x', target: '#lobby' });
         const { length } = current.lines;
         isAtEnd = true;
         let measured = 0;
         const encode = BYTES.encodeInto;
         BYTES.encodeInto = (text, into) => { measured += text.length; return encode.call(BYTES, text, into); };
         const text = 'é\u{1f382}a '.repeat(20000);
         const pieces = cut(text, 400);
         return [length <= 5000, current.seen.size <= 5001, measured < text.length * 4, pieces.join('') === text,
           pieces.every((piece) => byteLength(piece) <= 400)];",
    );
    assert_eq!(kept, json!([true, true, true, true, true]));
}
