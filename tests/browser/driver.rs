//! A browser for the tests: Chromium behind chromedriver, controlled over plain HTTP with JSON (W3C
//! WebDriver), blocking, every wait with a deadline, every process ended by its id.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::wire::{PATIENCE, find, lines_of};

/// A browser needs much memory and time, so only one runs at a time, however many tests run.
static ONE: Mutex<()> = Mutex::new(());

/// The key by which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    chromium: u64,
    profile: PathBuf,
    /// The output of chromedriver: held open, because chromedriver would otherwise write into a
    /// closed pipe.
    _printed: Receiver<String>,
    _one: MutexGuard<'static, ()>,
}

/// A host name that leads to this machine without being the machine's own name.
pub const FOREIGN_NAME: &str = "elsewhere.example";

/// The name of this machine.
pub fn own_name() -> String {
    let printed = Command::new("uname").arg("-n").output().expect("uname");
    String::from_utf8_lossy(&printed.stdout).trim().to_owned()
}

/// The properties that the browser reports to the page.
#[derive(Clone, Copy)]
pub struct Looks {
    pub width: u32,
    pub height: u32,
    pub language: &'static str,
    pub dark: bool,
}

pub const DESKTOP: Looks = Looks {
    width: 1280,
    height: 800,
    language: "en",
    dark: false,
};

pub const PHONE: Looks = Looks {
    width: 390,
    height: 844,
    ..DESKTOP
};

impl Browser {
    /// Starts a browser. None where Chromium is not installed, which the automatic checks do not
    /// permit.
    pub fn start(looks: Looks) -> Option<Self> {
        let chromium = find(
            &["chromium", "chromium-browser", "google-chrome"],
            "chromium",
        )?;
        let driver = find(&["chromedriver"], "chromium-driver")?;
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("parloir-browser-{}-{number}", std::process::id());
        let profile = std::env::temp_dir().join(name);
        let (driver, printed, port) = started(&driver, &profile);
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
            chromium: 0,
            profile,
            _printed: printed,
            _one: one,
        };
        let wanted = browser.capabilities(&chromium, looks);
        let made = browser.call("POST", "/session", &wanted);
        made["sessionId"]
            .as_str()
            .expect("an id")
            .clone_into(&mut browser.session);
        browser.chromium = made["capabilities"]["goog:processID"].as_u64().unwrap_or(0);
        if looks.dark {
            let feature = json!({ "name": "prefers-color-scheme", "value": "dark" });
            browser.devtools(
                "Emulation.setEmulatedMedia",
                &json!({ "features": [feature] }),
            );
        }
        Some(browser)
    }

    fn capabilities(&self, chromium: &std::path::Path, looks: Looks) -> Value {
        let Looks {
            width,
            height,
            language,
            ..
        } = looks;
        let profile = format!("--user-data-dir={}", self.profile.display());
        let size = format!("--window-size={width},{height}");
        let arguments = json!([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            format!(
                "--host-resolver-rules=MAP {} 127.0.0.1, MAP {FOREIGN_NAME} 127.0.0.1, \
                 MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                own_name()
            ),
            profile,
            size,
        ]);
        let mut options = json!({
            "binary": chromium,
            "args": arguments,
            "prefs": { "intl.accept_languages": language },
        });
        if width < 500 {
            let metrics =
                json!({ "width": width, "height": height, "pixelRatio": 1, "touch": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let patience = u64::try_from(PATIENCE.as_millis()).expect("it is short");
        json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": options,
            // The tests' own certificates.
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": patience, "pageLoad": patience },
        }}})
    }

    /// Makes one call: a connection, a request, its answer.
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_call(method, path, body)
            .unwrap_or_else(|problem| panic!("{method} {path}: {problem}"))
    }

    fn try_call(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let answer = self
            .exchange(method, path, &body.to_string())
            .map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_slice(&answer).map_err(|error| error.to_string())?;
        let value = answer["value"].clone();
        match value["error"].as_str() {
            Some(error) => Err(format!("{error}: {}", value["message"])),
            None => Ok(value),
        }
    }

    fn exchange(&self, method: &str, path: &str, body: &str) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        // A wait in the page has a deadline of this length as well, and must report first.
        stream.set_read_timeout(Some(PATIENCE * 2))?;
        let body = if method == "POST" { body } else { "" };
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let mut reader = BufReader::new(&stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        reader.read_exact(&mut answer)?;
        let _ = stream.shutdown(Shutdown::Both);
        Ok(answer)
    }

    fn in_session(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("/session/{}{path}", self.session), body)
    }

    pub fn open(&self, url: &str) {
        self.in_session("POST", "/url", &json!({ "url": url }));
    }

    pub fn reload(&self) {
        self.in_session("POST", "/refresh", &json!({}));
    }

    /// Opens a second window, to which all following calls refer.
    pub fn new_window(&self) -> String {
        let made = self.in_session("POST", "/window/new", &json!({ "type": "window" }));
        let window = made["handle"].as_str().expect("a handle").to_owned();
        self.look_at(&window);
        window
    }

    pub fn window(&self) -> String {
        let window = self.in_session("GET", "/window", &Value::Null);
        window.as_str().expect("a handle").to_owned()
    }

    pub fn look_at(&self, window: &str) {
        self.in_session("POST", "/window", &json!({ "handle": window }));
    }

    /// Runs a script in each page from now on, before the page's own.
    pub fn before_each_page(&self, script: &str) {
        let command = "Page.addScriptToEvaluateOnNewDocument";
        let call = json!({ "cmd": command, "params": { "source": script } });
        self.in_session("POST", "/goog/cdp/execute", &call);
    }

    /// Runs a script in the page. Returns its result.
    pub fn run(&self, script: &str) -> Value {
        self.run_with(script, &json!([]))
    }

    pub fn run_with(&self, script: &str, arguments: &Value) -> Value {
        self.in_session(
            "POST",
            "/execute/sync",
            &json!({ "script": script, "args": arguments }),
        )
    }

    /// Runs a script that returns a text.
    pub fn text(&self, script: &str) -> String {
        let value = self.run(script);
        let text = value.as_str();
        text.unwrap_or_else(|| panic!("{script} gave {value}"))
            .to_owned()
    }

    /// Waits until an expression in the page is true. It is evaluated whenever the page changes.
    #[track_caller]
    pub fn wait(&self, condition: &str) {
        let script = format!(
            "const done = arguments[0];
             const is = () => {{ try {{ return {condition}; }} catch {{ return false; }} }};
             if (is()) return done(true);
             const observer = new MutationObserver(look);
             function look() {{ if (is()) {{ observer.disconnect(); done(true); }} }}
             observer.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
             document.addEventListener('scroll', look, true);
             document.addEventListener('focus', look, true);
             document.addEventListener('input', look, true);"
        );
        let path = format!("/session/{}/execute/async", self.session);
        let waited = self.try_call("POST", &path, &json!({ "script": script, "args": [] }));
        if let Err(problem) = waited {
            let page = self.text("return document.body.innerText");
            panic!("{problem}\nwaiting for {condition}\nin this page:\n{page}");
        }
    }

    fn element(&self, selector: &str) -> String {
        let found = self.in_session(
            "POST",
            "/element",
            &json!({ "using": "css selector", "value": selector }),
        );
        found[ELEMENT].as_str().expect("an element").to_owned()
    }

    pub fn click(&self, selector: &str) {
        let path = format!("/element/{}/click", self.element(selector));
        self.in_session("POST", &path, &json!({}));
    }

    /// Types into an element, as a user does after a click on it.
    pub fn type_into(&self, selector: &str, text: &str) {
        let path = format!("/element/{}/value", self.element(selector));
        self.in_session("POST", &path, &json!({ "text": text }));
    }

    /// For each element that matches, the name that a screen reader says and the role, both
    /// computed by the browser.
    pub fn names_of(&self, selector: &str) -> Vec<(String, String)> {
        let found = self.in_session(
            "POST",
            "/elements",
            &json!({ "using": "css selector", "value": selector }),
        );
        let found = found.as_array().expect("a list").iter();
        let about = |id: &str, what: &str| {
            let value = self.in_session("GET", &format!("/element/{id}/{what}"), &Value::Null);
            value.as_str().unwrap_or_default().to_owned()
        };
        found
            .filter_map(|element| element[ELEMENT].as_str())
            .map(|id| (about(id, "computedrole"), about(id, "computedlabel")))
            .collect()
    }

    /// Presses keys one after the other, at the element that has the focus.
    pub fn press(&self, keys: &str) {
        let actions: Vec<Value> = keys.chars().flat_map(|key| [down(key), up(key)]).collect();
        self.act(&actions);
    }

    /// Presses a key while another one is held.
    pub fn chord(&self, held: char, key: char) {
        self.act(&[down(held), down(key), up(key), up(held)]);
    }

    fn act(&self, actions: &[Value]) {
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.in_session("POST", "/actions", &json!({ "actions": [keyboard] }));
    }

    fn devtools(&self, command: &str, parameters: &Value) {
        let body = json!({ "cmd": command, "params": parameters });
        self.in_session("POST", "/goog/cdp/execute", &body);
    }

    /// The browser's complaints about the page: violations of its policy, and errors in scripts.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.in_session("POST", "/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .map(|entry| entry["message"].to_string())
            .collect()
    }
}

fn down(key: char) -> Value {
    json!({ "type": "keyDown", "value": key })
}

fn up(key: char) -> Value {
    json!({ "type": "keyUp", "value": key })
}

/// Starts chromedriver. Returns the process, its output, and its port.
///
/// chromedriver ends if the port that the system gave it on one address family is taken on the
/// other, which other tests can bring about. It is then started again.
fn started(program: &std::path::Path, folder: &std::path::Path) -> (Child, Receiver<String>, u16) {
    std::fs::create_dir_all(folder).expect("a folder for the browser");
    for _ in 0..5 {
        let mut driver = Command::new(program)
            .arg("--port=0")
            // Chromium leaves folders behind, which are removed with this one.
            .env("TMPDIR", folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let printed = lines_of(driver.stdout.take().expect("it is piped"));
        if let Some(port) = port_in(&printed) {
            return (driver, printed, port);
        }
        let _ = driver.kill();
        let _ = driver.wait();
    }
    panic!("chromedriver opens no port");
}

/// The port that chromedriver reports, if it has taken one.
fn port_in(lines: &Receiver<String>) -> Option<u16> {
    loop {
        let line = match lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => panic!("chromedriver says nothing"),
        };
        let port = line
            .split_once("started successfully on port ")
            .and_then(|(_, port)| port.trim_end_matches('.').parse().ok());
        if port.is_some() {
            return port;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let path = format!("/session/{}", self.session);
        let ended = self.try_call("DELETE", &path, &Value::Null);
        if ended.is_err() && self.chromium != 0 {
            let _ = Command::new("kill")
                .args(["-KILL", &self.chromium.to_string()])
                .status();
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
