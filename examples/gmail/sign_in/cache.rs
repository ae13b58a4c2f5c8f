//! Sign-ins on disk: a file for each authorization server and resource.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use etcetera::BaseStrategy as _;
use rmcp::transport::auth::{
    AuthError, CredentialRefreshGuard, CredentialStore, StoredCredentials,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use url::Url;

use super::Notice;

/// Where sign-ins are kept below the user's directory for configuration.
const DIRECTORY: &str = "glassbox-gmail/sign-ins";
/// Bytes of a file. Ours: tokens have a few kilobytes.
const MAX_FILE_BYTES: u64 = 256 * 1024;
/// How long another process may take to refresh the same sign-in, and how often is looked.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
const LOCK_INTERVAL: Duration = Duration::from_millis(50);

/// A directory for sign-ins, which only its owner can read.
#[derive(Clone, Debug)]
pub struct TokenCache {
    directory: PathBuf,
}

impl TokenCache {
    /// A cache in this directory. It is made when there is something to keep.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }

    /// The cache of this user. None if nobody knows where the user's files are.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let config = etcetera::choose_base_strategy().ok()?.config_dir();
        Some(Self::new(config.join(DIRECTORY)))
    }

    /// What is kept of signing in at `issuer` for `resource`.
    pub(super) fn entry(&self, issuer: &str, resource: &Url, notice: Notice) -> CacheEntry {
        let digest = Sha256::digest(format!("{issuer}\n{resource}"));
        let name: String = digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        CacheEntry {
            path: self.directory.join(name).with_extension("json"),
            issuer: issuer.to_owned(),
            resource: resource.clone(),
            notice,
            unwritten: Mutex::default(),
        }
    }
}

/// One file. What cannot be kept there is remembered as long as the process lives.
pub(super) struct CacheEntry {
    path: PathBuf,
    issuer: String,
    resource: Url,
    notice: Notice,
    unwritten: Mutex<Option<StoredCredentials>>,
}

/// What is in a file.
#[derive(Serialize, Deserialize)]
struct Entry {
    issuer: String,
    resource: Url,
    credentials: StoredCredentials,
}

impl CacheEntry {
    /// What the file has. What cannot be used is reported, and taken for nothing: the next sign-in replaces it.
    fn read(&self) -> Option<StoredCredentials> {
        let unusable = |reason: &str| {
            self.notice.say(&format!(
                "the sign-in kept in {} {reason}; it will be replaced",
                self.path.display()
            ));
            None
        };
        let mut text = String::new();
        match File::open(&self.path) {
            Ok(file) => {
                if let Err(error) = keep_private(&file) {
                    return unusable(&format!("is open to others: {error}"));
                }
                if let Err(error) = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text) {
                    return unusable(&format!("cannot be read: {}", error.kind()));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                let (path, reason) = (self.path.display(), error.kind());
                let text = format!("the sign-in kept in {path} cannot be read: {reason}");
                self.notice.say(&text);
                return None;
            }
        }
        if text.len() as u64 > MAX_FILE_BYTES {
            return unusable("is too large");
        }
        // Not the parser's words: they may quote what is in the file.
        let Ok(entry) = serde_json::from_str::<Entry>(&text) else {
            return unusable("is damaged");
        };
        if entry.issuer != self.issuer || entry.resource != self.resource {
            return unusable("belongs to another server");
        }
        Some(entry.credentials)
    }

    /// Replaces the file at once: whoever reads it sees the old one or the new one.
    fn write(&self, credentials: &StoredCredentials) -> io::Result<()> {
        let entry = Entry {
            issuer: self.issuer.clone(),
            resource: self.resource.clone(),
            credentials: credentials.clone(),
        };
        let directory = self.directory();
        create_private(directory)?;
        // Readable by its owner only from the beginning (0600).
        let mut file = NamedTempFile::new_in(directory)?;
        serde_json::to_writer_pretty(&mut file, &entry)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }

    fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    fn unwritten(&self) -> std::sync::MutexGuard<'_, Option<StoredCredentials>> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_file(&self) -> io::Result<File> {
        create_private(self.directory())?;
        let mut options = File::options();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(self.path.with_extension("lock"))
    }
}

/// The files are small, and read and written where they are needed: no thread is taken for it.
#[async_trait]
impl CredentialStore for CacheEntry {
    async fn load(&self) -> Result<Option<StoredCredentials>, AuthError> {
        if let Some(unwritten) = self.unwritten().clone() {
            return Ok(Some(unwritten));
        }
        Ok(self.read())
    }

    async fn save(&self, credentials: StoredCredentials) -> Result<(), AuthError> {
        match self.write(&credentials) {
            Ok(()) => *self.unwritten() = None,
            Err(error) => {
                self.notice.say(&format!(
                    "the sign-in cannot be kept in {}: {}; the next run signs in again",
                    self.directory().display(),
                    error.kind()
                ));
                *self.unwritten() = Some(credentials);
            }
        }
        Ok(())
    }

    async fn clear(&self) -> Result<(), AuthError> {
        *self.unwritten() = None;
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(AuthError::CredentialStoreError(error.kind().to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Two processes that refresh at once would use one refresh token twice, which revokes it (RFC 9700, section 4.14.2).
    async fn acquire_refresh_guard(&self) -> Result<Option<CredentialRefreshGuard>, AuthError> {
        let Ok(file) = self.lock_file() else {
            return Ok(None);
        };
        let locked = async {
            while let Err(TryLockError::WouldBlock) = file.try_lock() {
                tokio::time::sleep(LOCK_INTERVAL).await;
            }
        };
        // Whoever holds it for longer hangs: better twice than never.
        let _ = tokio::time::timeout(LOCK_TIMEOUT, locked).await;
        Ok(Some(CredentialRefreshGuard::new(file)))
    }
}

#[cfg(unix)]
fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
}

#[cfg(not(unix))]
fn create_private(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

/// Takes a file away from everybody but its owner, if somebody has copied it carelessly.
#[cfg(unix)]
fn keep_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(0o600);
    file.set_permissions(permissions)
}

#[cfg(not(unix))]
fn keep_private(_: &File) -> io::Result<()> {
    Ok(())
}
