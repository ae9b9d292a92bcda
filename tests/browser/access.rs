//! The page for users who have poor sight, or no mouse, or read French, or hold a phone.

use serde_json::json;

use crate::driver::{Browser, DESKTOP, Looks, PHONE};
use crate::page::{ALT, BACKSPACE, DOWN, ENTER, ESCAPE, TAB, strings};
use crate::wire::Program;

/// A room with contents of every kind, and the page in it.
fn furnished(browser: &Browser) -> Program {
    let program = Program::start(&["--rate", "0"]);
    let mut carol = program.join("carol");
    carol.send("/topic about https://example.org/\n/msg nobody x\nhello ana, see https://example.org/ and #dev\n/me waves\n");
    browser.enter(program.address(), "", "ana");
    carol.send("Ana: look\n");
    browser.wait_for_line("carol|Ana: look");
    carol.send("/quit\n");
    browser.wait_for_line("|carol left");
    browser.say("/nosuch");
    browser.wait_for_line("|No command NOSUCH; /help lists them.");
    program
}

#[test]
fn everything_to_press_or_fill_in_has_a_name() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let _program = furnished(&browser);
    browser.type_into("#entry", "/");
    let shown = ":is(button, input, textarea, a, [role], nav, main, aside, dialog, ul):not([hidden], [hidden] *)";
    for opener in ["", "#settings-open"] {
        if !opener.is_empty() {
            browser.click(opener);
            browser.wait("document.querySelector('dialog[open]')");
        }
        let inside = if opener.is_empty() {
            "body"
        } else {
            "dialog[open]"
        };
        for (role, name) in browser.names_of(&format!("{inside} {shown}")) {
            let needs_none = ["generic", "none", "status", "main", "list", "alert"];
            assert!(
                !name.is_empty() || needs_none.contains(&role.as_str()),
                "a {role} without a name, at {opener:?}"
            );
        }
        browser.press(ESCAPE);
        browser.wait("!document.querySelector('dialog[open]')");
    }
}

/// Compares every visible text with its background, as WCAG counts contrast. Returns the texts
/// below 4.5.
const TOO_FAINT: &str = "
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    const bytes = (colour, ground) => {
      pen.fillStyle = ground; pen.fillRect(0, 0, 1, 1);
      pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
      return pen.getImageData(0, 0, 1, 1).data;
    };
    const light = (data) => [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => {
      const c = data[i] / 255;
      return sum + share * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    }, 0);
    const ground = (node) => {
      for (let at = node; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if (colour !== 'rgba(0, 0, 0, 0)') return colour;
      }
      return 'Canvas';
    };
    const ratio = (node) => {
      const behind = ground(node);
      const [a, b] = [light(bytes(getComputedStyle(node).color, behind)), light(bytes(behind, behind))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    const hasText = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    const faint = [];
    let seen = 0;
    const look = (node) => {
      if (!node.checkVisibility({ visibilityProperty: true }) || !hasText(node)) return;
      seen++;
      if (ratio(node) < 4.5) faint.push(`${node.tagName} ${node.className} ${node.textContent.slice(0, 30)}: ${ratio(node).toFixed(2)}`);
    };
    for (const node of document.querySelectorAll('body *')) look(node);
    // Nicknames of every hue, on every ground that they are seen on.
    for (const place of ['.who.head', '.called .who', '#people-list bdi']) {
      const name = document.querySelector(place);
      name.classList.add('hue');
      for (let hue = 0; hue < 360; hue += 5) {
        name.style.setProperty('--hue', hue);
        look(name.firstElementChild ?? name);
      }
    }
    if (seen < 230) faint.push(`only ${seen} texts were looked at`);
    return faint;";

#[test]
fn every_text_stands_out_in_both_themes() {
    for dark in [false, true] {
        let Some(browser) = Browser::start(Looks { dark, ..DESKTOP }) else {
            return;
        };
        let program = furnished(&browser);
        let is_dark = browser.run("return matchMedia('(prefers-color-scheme: dark)').matches");
        assert_eq!(is_dark, json!(dark));
        browser.type_into("#entry", "/");
        let faint = browser.run(TOO_FAINT);
        assert_eq!(strings(&faint), [""; 0], "dark: {dark}");
        browser.type_into("#entry", BACKSPACE);
        // The page is disconnected, and a line waits to be sent.
        program.stop();
        browser.wait("!document.getElementById('state').hidden");
        browser.say("it waits");
        browser.wait("document.querySelector('#waiting .note')");
        let faint = browser.run(TOO_FAINT);
        assert_eq!(strings(&faint), [""; 0], "dark: {dark}, lost");
    }
}

#[test]
fn the_keyboard_alone_is_enough() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let program = Program::start(&[]);
    let mut carol = program.join("carol");
    browser.open(&format!("http://{}/", program.address()));
    // The field for the name has the focus already; afterwards the entry has it.
    browser.press(&format!("ana{ENTER}"));
    browser.wait_until_in();
    browser.wait("document.activeElement.id === 'entry'");
    browser.press(&format!("good day{ENTER}"));
    carol.wait_for_line("<ana> good day");

    // From the entry, Tab leads to Send and then to the people; Enter on a person begins a private
    // conversation.
    browser.press(TAB);
    browser.wait("document.activeElement.id === 'send'");
    browser.press(TAB);
    browser.wait("document.activeElement.closest('#people-list')");
    browser.press(DOWN);
    browser.wait("document.activeElement.dataset.person === 'carol'");
    browser.press(ENTER);
    browser.wait_for_text("#title", "carol");
    browser.wait("document.activeElement.id === 'entry'");
    browser.press(&format!("psst{ENTER}"));
    carol.wait_for_line("-ana- psst");

    browser.press(&format!("/join dev{ENTER}"));
    browser.wait_for_text("#title", "#dev");
    browser.chord(ALT, DOWN.chars().next().unwrap());
    browser.wait_for_text("#title", "#lobby");
    // The focus is always visible.
    browser.press(TAB);
    let outlined = browser
        .run("return getComputedStyle(document.activeElement).outlineStyle === 'solid' && document.activeElement.id");
    assert_eq!(outlined, json!("send"));
}

#[test]
fn a_phone_has_its_rooms_and_people_in_drawers() {
    let Some(browser) = Browser::start(PHONE) else {
        return;
    };
    let _program = furnished(&browser);
    let fits = browser.run(
        "return document.documentElement.scrollWidth <= innerWidth && document.getElementById('log').scrollWidth <= innerWidth",
    );
    assert_eq!(fits, json!(true));
    for (button, side, other) in [
        ("#rooms-open", "#rooms", "#people"),
        ("#people-open", "#people", "#rooms"),
    ] {
        let is_seen = |selector: &str| {
            format!(
                "document.querySelector('{selector}').checkVisibility({{ visibilityProperty: true }})"
            )
        };
        assert_eq!(
            browser.run(&format!("return {}", is_seen(side))),
            json!(false)
        );
        browser.click(button);
        browser.wait(&format!("{} && !{}", is_seen(side), is_seen(other)));
        browser.wait(&format!("document.activeElement.closest('{side}')"));
        assert_eq!(
            browser.run(&format!(
                "return document.querySelector('{button}').ariaExpanded"
            )),
            json!("true")
        );
        browser.press(ESCAPE);
        browser.wait(&format!("!{}", is_seen(side)));
    }
}

/// Opening the drawer moved the focus to the settings, which come first in it.
#[test]
fn opening_the_rooms_did_not_lead_to_the_room_one_is_in() {
    let Some(browser) = Browser::start(PHONE) else {
        return;
    };
    let _program = furnished(&browser);
    browser.click("#rooms-open");
    browser.wait("document.activeElement.closest('#rooms')");
    let focused = browser.text("return document.activeElement.textContent");
    assert_eq!(focused, "#lobby");
}

/// Only the corners of the outline around a name in a list were visible.
#[test]
fn the_focus_in_a_list_was_cut_off_at_its_edges() {
    let Some(browser) = Browser::start(DESKTOP) else {
        return;
    };
    let _program = furnished(&browser);
    for list in ["#room-list", "#people-list"] {
        let beyond = browser.run(&format!(
            "const button = document.querySelector('{list} button');
            button.focus({{ focusVisible: true }});
            const style = getComputedStyle(button);
            return [style.outlineStyle, parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset)]"
        ));
        assert_eq!(beyond, json!(["solid", 0]), "{list}");
    }
}

#[test]
fn a_browser_that_speaks_french_is_spoken_to_in_french() {
    let looks = Looks {
        language: "fr-CA,en",
        ..DESKTOP
    };
    let Some(browser) = Browser::start(looks) else {
        return;
    };
    let program = Program::start(&[]);
    browser.open(&format!("http://{}/", program.address()));
    browser.wait_for_text("#hello h2", "Comment vous appelle-t-on ?");
    browser.enter(program.address(), "", "ana");
    assert_eq!(browser.text("return document.documentElement.lang"), "fr");
    browser.say("/absent");
    browser.wait_for_line("|Pas de commande ABSENT ; /help les énumère.");
    let untranslated = browser.run(
        "return [...document.querySelectorAll('[data-text], [data-label]')].filter((node) => !(node.textContent || node.ariaLabel)).map((node) => node.outerHTML)",
    );
    assert_eq!(strings(&untranslated), [""; 0]);
}
