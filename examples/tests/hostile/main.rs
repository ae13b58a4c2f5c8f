//! The agent's binary in front of a server that sends far too much: the answer is printed, within bounds.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it has measured"
)]

mod server;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use server::{Answer, serve};

/// Ends what hangs: what the issue allows an answer to take.
const KILL: Duration = Duration::from_secs(20);
/// What the process may have taken at its peak, in kB.
const MAX_MEMORY_KB: u64 = 400 * 1000;

const EVIL: &str = r"\u001b[2J\u001b]0;owned\u0007\u009b31m\r\n\u202egnp\u2066\u200b</script><script>alert(1)</script>";
const TIMES: &str = r#","kind":3,"startTimeUnixNano":"1000000000","endTimeUnixNano":"1500000000""#;
const PLAIN: Answer = Answer {
    service: "theirs",
    count: 1,
    members: TIMES,
    name: "GET /",
    dropped: false,
};

/// Cargo builds examples before tests, but tells tests nothing of where they are.
fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let directory = test.ancestors().nth(2).unwrap();
    let binary = directory.join("examples/gmail");
    let binary = binary.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        binary.exists(),
        "{} is not built; run `cargo build -p glassbox-examples --example gmail`",
        binary.display()
    );
    binary
}

/// A run of the agent that has ended.
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    page: String,
}

/// Runs the agent against a server. It must end in time, and never have taken too much memory.
fn agent(what: &str, url: &str) -> Ended {
    let mut command = Command::new(binary());
    command
        .args(["agent", "--detailed", "--server-url", url, "List 3 emails"])
        .env_clear()
        .env("TMPDIR", env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let stdout = read(child.stdout.take().unwrap());
    let stderr = read(child.stderr.take().unwrap());
    let mut peak_kb = 0;
    let status = loop {
        peak_kb = peak_kb.max(memory_kb(&child).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > KILL {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{what}: not done after {KILL:?}");
        }
        // How often it is looked at decides nothing but how exact the peak is.
        std::thread::sleep(Duration::from_millis(1));
    };
    println!(
        "{what}: {:.2} s, {} MB",
        started.elapsed().as_secs_f64(),
        peak_kb / 1000
    );
    assert!(peak_kb < MAX_MEMORY_KB, "{what}: {peak_kb} kB");
    let stdout = stdout.join().unwrap();
    let page = stdout.lines().find_map(|line| line.strip_prefix("Page: "));
    let page = page.map(|path| {
        let page = std::fs::read_to_string(path).unwrap();
        std::fs::remove_file(Path::new(path)).unwrap();
        page
    });
    Ended {
        code: status.code(),
        page: page.unwrap_or_default(),
        stderr: stderr.join().unwrap(),
        stdout,
    }
}

fn read(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        text
    })
}

/// The most memory a process has had; `None` where nobody says, or if it has ended.
fn memory_kb(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn is_harmful(character: char) -> bool {
    character.is_control() && character != '\n'
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

impl Ended {
    /// The answer came, and this was said of the spans.
    fn assert_answered(&self, what: &str, said: &str) {
        assert_eq!(
            (self.code, self.stderr.as_str()),
            (Some(0), ""),
            "{what}: {}",
            self.stdout
        );
        assert!(
            self.stdout.starts_with("The tool answered: two emails\n"),
            "{what}: {}",
            self.stdout
        );
        let words: Vec<_> = self.stdout.split_whitespace().collect();
        assert!(
            words.join(" ").contains(said),
            "{what}: {said} is missing:\n{}",
            self.stdout
        );
        assert!(self.page.contains("</html>"), "{what}: there is no page");
        self.assert_harmless(what);
    }

    fn assert_harmless(&self, what: &str) {
        for text in [&self.stdout, &self.stderr, &self.page] {
            let at = text.find(is_harmful);
            assert_eq!(
                at.map(|at| text.chars().skip(at).take(40).collect::<String>()),
                None,
                "{what}"
            );
        }
        assert!(!self.page.contains("<script>alert"), "{what}");
    }
}

#[test]
fn an_answer_with_50_mb_of_spans_is_printed() {
    let name = "x".repeat(1_000).leak();
    for events in [false, true] {
        let answer = Answer {
            count: 50_000,
            name,
            ..PLAIN
        };
        let ended = agent("50 MB", &serve(answer, events));
        ended.assert_answered("50 MB", "bytes refused unread: too large.");
    }
}

#[test]
fn an_answer_with_200_000_spans_is_printed() {
    let answer = Answer {
        count: 200_000,
        ..PLAIN
    };
    let ended = agent("200,000 spans", &serve(answer, true));
    ended.assert_answered("200,000 spans", "bytes refused unread: too large.");
}

#[test]
fn as_many_spans_as_are_read_are_shown_or_counted() {
    let answer = Answer {
        count: 60_000,
        name: "n",
        members: "",
        ..PLAIN
    };
    let ended = agent("60,000 spans", &serve(answer, false));
    ended.assert_answered(
        "60,000 spans",
        "60000 spans received, 10000 accepted, 50000 rejected: 50000 over the limit of spans.",
    );
    let answer = Answer {
        count: 9_000,
        name: EVIL,
        service: EVIL,
        ..PLAIN
    };
    let ended = agent("9,000 hostile spans", &serve(answer, false));
    ended.assert_answered("9,000 hostile spans", "9000 spans received, 0 rejected");
}

#[test]
fn a_connection_that_is_lost_in_the_spans_is_said_in_a_line() {
    for events in [false, true] {
        for count in [1, 20_000] {
            let answer = Answer {
                count,
                name: EVIL,
                dropped: true,
                ..PLAIN
            };
            let ended = agent("lost", &serve(answer, events));
            assert_eq!(ended.code, Some(1), "{}", ended.stdout);
            assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
            assert!(ended.stderr.len() < 300, "{}", ended.stderr);
            // Of a server whose answer did not arrive, nothing is known.
            assert!(
                !ended.stdout.contains("does not support"),
                "{}",
                ended.stdout
            );
            ended.assert_harmless("lost");
        }
    }
}
