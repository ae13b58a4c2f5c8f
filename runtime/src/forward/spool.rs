//! What could not be delivered, on disk until the next run.
//!
//! A batch is a file of plain OTLP JSON, so it can be sent by hand, too. Its name holds the sink's identity and the
//! time. A file is written under another name and renamed; whoever sends it holds a lock on it until it is delivered
//! and removed, so that no two processes send it, and a process that dies leaves it to the next one.

use std::collections::VecDeque;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::encode::json;
use crate::otlp::{Envelope, OtlpPayload};

const SUFFIX: &str = ".otlp.json";
const TEMPORARY: &str = ".tmp";
/// Files left by a write that was cut off are removed when they are this old.
const ABANDONED_AFTER: Duration = Duration::from_secs(60 * 60);
/// The most files of one sink that a run looks at. Ours: the next run takes the rest.
const MAX_FILES: usize = 10_000;

/// One sink's share of a directory.
#[derive(Debug, Clone)]
pub(super) struct Spool {
    directory: PathBuf,
    identity: String,
    max_bytes: u64,
    max_file_bytes: u64,
}

/// A file that nobody else sends as long as this lives.
#[derive(Debug)]
pub(super) struct Claim {
    path: PathBuf,
    /// Holds the lock.
    _file: File,
}

impl Claim {
    /// Removes the file: what was in it is settled.
    pub(super) fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

impl Spool {
    /// Makes the directory, for its owner alone, if it is not there.
    pub(super) fn open(
        directory: &Path,
        identity: String,
        max_bytes: u64,
        max_file_bytes: u64,
    ) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
        Ok(Self {
            directory: directory.to_owned(),
            identity,
            max_bytes,
            max_file_bytes,
        })
    }

    /// The files for this sink, oldest first.
    pub(super) fn pending(&self) -> io::Result<VecDeque<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(rest) = name
                .to_str()
                .and_then(|name| name.strip_prefix(&self.identity))
            else {
                continue;
            };
            if rest.ends_with(SUFFIX) {
                files.push(entry.path());
            } else if rest.ends_with(TEMPORARY) && is_abandoned(&entry) {
                // Another process may have done so.
                let _ = fs::remove_file(entry.path());
            }
        }
        files.sort_unstable();
        files.truncate(MAX_FILES);
        Ok(files.into())
    }

    /// Takes a file for sending; `None` if another process has it, or has sent it.
    pub(super) fn claim(&self, path: &Path) -> io::Result<Option<(OtlpPayload, Claim)>> {
        if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
            return match path.try_exists()? {
                true => Err(io::Error::other("not a file")),
                false => Ok(None),
            };
        }
        let mut file = match File::options().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Names are never used again: if it is gone, it has been sent between opening and locking.
        if !path.try_exists()? {
            return Ok(None);
        }
        let mut text = String::new();
        let limit = self.max_file_bytes;
        if file.metadata()?.len() > limit {
            return Err(io::Error::other("too large"));
        }
        (&mut file).take(limit).read_to_string(&mut text)?;
        let payload = read(&text).ok_or_else(|| io::Error::other("not OTLP JSON"))?;
        let path = path.to_owned();
        Ok(Some((payload, Claim { path, _file: file })))
    }

    /// Writes a batch into a file of its own, unless the directory is full.
    pub(super) fn write(&self, batch: &[OtlpPayload]) -> io::Result<()> {
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        let text = json(batch);
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        if self.used_bytes()?.saturating_add(size) > self.max_bytes {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "the spool is full",
            ));
        }
        let nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        let process = std::process::id();
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{nanos:020}-{process}-{number}", self.identity);
        let temporary = self.directory.join(format!("{name}{TEMPORARY}"));
        let path = self.directory.join(format!("{name}{SUFFIX}"));
        let written =
            write_new(&temporary, text.as_bytes()).and_then(|()| fs::rename(&temporary, &path));
        if written.is_err() {
            // Of the two errors, the first one says more.
            let _ = fs::remove_file(&temporary);
        }
        written
    }

    fn used_bytes(&self) -> io::Result<u64> {
        let mut used = 0_u64;
        for entry in fs::read_dir(&self.directory)? {
            // A file that another process has just removed takes no space.
            let size = entry?.metadata().map_or(0, |metadata| metadata.len());
            used = used.saturating_add(size);
        }
        Ok(used)
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn is_abandoned(entry: &fs::DirEntry) -> bool {
    let modified = entry.metadata().and_then(|metadata| metadata.modified());
    modified
        .ok()
        .and_then(|time| time.elapsed().ok())
        .is_some_and(|age| age >= ABANDONED_AFTER)
}

/// The entries of a file's `resourceSpans`, verbatim.
fn read(text: &str) -> Option<OtlpPayload> {
    #[derive(serde::Deserialize)]
    struct Verbatim<'a> {
        #[serde(borrow, rename = "resourceSpans")]
        resource_spans: &'a serde_json::value::RawValue,
    }
    let verbatim: Verbatim<'_> = serde_json::from_str(text).ok()?;
    let entries = verbatim.resource_spans.get();
    let envelope: Envelope<'_> = serde_json::from_str(entries).ok()?;
    let scopes = envelope
        .entries
        .iter()
        .flat_map(|entry| &entry.parts.scope_spans.items);
    let spans = scopes.map(|scope| scope.spans.items.len()).sum();
    let entries = entries.strip_prefix('[')?.strip_suffix(']')?.trim();
    (spans > 0).then(|| OtlpPayload::new(entries, spans))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r#"{"scopeSpans":[{"spans":[{ "traceId" : "5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174" }]}]}"#;

    fn spool(directory: &Path, max_bytes: u64) -> Spool {
        Spool::open(directory, "00ff".to_owned(), max_bytes, 300).unwrap()
    }

    fn payload() -> OtlpPayload {
        OtlpPayload::new(ENTRY, 1)
    }

    #[test]
    fn what_is_written_is_read_again_verbatim_and_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b");
        let spool = spool(&path, 10_000);
        spool.write(&[payload(), payload()]).unwrap();
        spool.write(&[payload()]).unwrap();
        let mut pending = spool.pending().unwrap();
        assert_eq!(pending.len(), 2);
        let first = pending.pop_front().unwrap();
        let (read, claim) = spool.claim(&first).unwrap().unwrap();
        assert_eq!(read, OtlpPayload::new(format!("{ENTRY},{ENTRY}"), 2));
        assert!(
            spool.claim(&first).unwrap().is_none(),
            "while it is being sent"
        );
        drop(claim);
        let (_, claim) = spool.claim(&first).unwrap().unwrap();
        claim.remove().unwrap();
        assert!(spool.claim(&first).unwrap().is_none(), "after it was sent");
        assert_eq!(spool.pending().unwrap(), pending);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("spool");
        let spool = spool(&path, 10_000);
        spool.write(&[payload()]).unwrap();
        let file = spool.pending().unwrap().pop_front().unwrap();
        for (path, mode) in [(&path, 0o700), (&file, 0o600)] {
            assert_eq!(
                fs::metadata(path).unwrap().permissions().mode() & 0o777,
                mode
            );
        }
    }

    #[test]
    fn is_bounded_in_bytes() {
        let size = u64::try_from(payload().to_json().len()).unwrap();
        for (max_bytes, fits) in [
            (2 * size - 1, false),
            (2 * size, true),
            (2 * size + 1, true),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let spool = spool(directory.path(), max_bytes);
            spool.write(&[payload()]).unwrap();
            assert_eq!(spool.write(&[payload()]).is_ok(), fits, "{max_bytes}");
            assert_eq!(
                fs::read_dir(directory.path()).unwrap().count(),
                1 + usize::from(fits)
            );
        }
    }

    #[test]
    fn leaves_alone_what_it_cannot_read_and_what_is_not_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let spool = spool(directory.path(), 100);
        let write = |name: &str, text: &[u8]| fs::write(directory.path().join(name), text).unwrap();
        write("00ff-1.otlp.json", b"junk");
        write("00ff-2.otlp.json", b"\xff");
        write("00ff-3.otlp.json", b"{\"resourceSpans\":[]}");
        write(
            "00ff-4.otlp.json",
            [ENTRY.as_bytes(), &[b' '; 200]].concat().as_slice(),
        );
        write("00fe-5.otlp.json", b"of another sink");
        write("00ff-6.tmp", b"being written");
        write("notes.txt", b"of somebody");
        fs::create_dir(directory.path().join("00ff-7.otlp.json")).unwrap();
        let pending = spool.pending().unwrap();
        assert_eq!(pending.len(), 5);
        assert!(pending.iter().all(|path| spool.claim(path).is_err()));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 8);
    }
}
