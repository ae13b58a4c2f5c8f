//! Servers in processes of their own, and what the system says of them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use crate::peers::Peer;

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts a peer with so many threads, on these processors (`0`, `0,1`).
    #[must_use]
    pub fn start(peer: Peer, threads: usize, processors: &str) -> Self {
        let mut command = pinned(processors, &std::env::current_exe().unwrap());
        command.args(["serve", &peer.name(), "--threads", &threads.to_string()]);
        Self::spawn(command)
    }

    /// Starts a command that says `http://ADDRESS/...` on its first line.
    #[must_use]
    pub fn spawn(mut command: Command) -> Self {
        // The server ends when its standard input does.
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap_or_default();
        let address = address.split('/').next().unwrap_or_default();
        let address = address.parse().unwrap_or_else(|_| {
            panic!("{command:?} says {line:?} where its address should be");
        });
        Self { child, address }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has cost up to now: time of processors, in programs and in the system.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        cpu(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command on these processors.
#[must_use]
pub fn pinned(processors: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", processors]).arg(program);
    command
}

/// Keeps this process, and threads it starts from now on, on one processor.
pub fn pin_self(processor: usize) {
    let mut set = CpuSet::new();
    set.set(processor).unwrap();
    sched_setaffinity(Pid::from_raw(0), &set).unwrap();
}

/// Where cargo puts what it makes.
#[must_use]
pub fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or("target".into(), PathBuf::from)
}

/// Nanoseconds are told for each thread only.
fn cpu(process: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let nanoseconds = tasks.map(|task| {
        let path = task.unwrap().path().join("schedstat");
        // A thread may end in between.
        let text = fs::read_to_string(path).unwrap_or_default();
        let first = text.split(' ').next().and_then(|first| first.parse().ok());
        first.unwrap_or(0)
    });
    Duration::from_nanos(nanoseconds.sum())
}
