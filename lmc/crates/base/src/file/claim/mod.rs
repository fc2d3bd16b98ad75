//! Claims: files that say which process works on what, so that no two processes do the same work, on one host
//! or on many that share a folder.
//!
//! A claim is a file that exactly one process can make (`O_CREAT | O_EXCL`, atomic on local file systems and
//! on NFS from version 3 on). It says who made it and is rewritten a dozen times in each lease, which is 120
//! seconds unless `LMC_LEASE` says otherwise. A claim is abandoned in two cases: its process was on this host
//! and has ended, which is seen at once; or another process has watched it for a lease by its own steady
//! clock and found it unchanged. No clocks are compared. A process that finds an abandoned claim takes a
//! claim to the claim, looks again, removes the file and starts over. Of many processes that find it, one
//! wins, and none removes the claim of its successor. No file system lock is needed.
//!
//! The promise is this: as long as hosts see each other's writes within a lease, one process holds a claim,
//! and the claim of a process that was killed is given to another. When that fails (a host was suspended, a
//! network was cut), two processes may make the same file. That only costs time, since results are renamed
//! into place whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::holder::Holder;
use super::{make_folder, remove};
use crate::error::{LmcError, Result};
use crate::interrupt;

/// The intervals at which a process looks at a claim that it waits for: at first, and after a while.
const INTERVALS: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];
/// The number of times a claim is renewed in a lease.
const RENEWALS: u32 = 12;
const LEASE: Duration = Duration::from_secs(120);

/// The right to make one file, held by one process until it is dropped or the process ends.
///
/// It only saves work: results are renamed into place whole, so two processes that make the same file do no
/// harm.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    /// The first line of the file.
    holder: String,
    /// The sender that ends the renewal, and the thread of the renewal.
    renewal: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Claim {
    /// Returns the claim to a file, or none if another process holds it. If `waits` is set, it waits until
    /// that process gives the claim back.
    ///
    /// # Errors
    /// [`LmcError::Io`] when its folder cannot be written; [`LmcError::Interrupted`] while it waits;
    /// [`LmcError::InvalidParameter`] for an `LMC_LEASE` that is not a number of seconds.
    pub fn of(file: &Path, waits: bool) -> Result<Option<Self>> {
        Self::leased(file, waits, lease()?)
    }

    fn leased(file: &Path, waits: bool, lease: Duration) -> Result<Option<Self>> {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let path = file.with_file_name(format!(".{name}.claim"));
        if let Some(folder) = file.parent() {
            make_folder(folder)?;
        }
        let mut interval = INTERVALS[0];
        loop {
            // If there is no room for a claim, there is none for the file either, and the file is what the
            // user knows.
            if let Some(claim) = Self::take(&path, lease).map_err(LmcError::io("write", file))? {
                forget(&path);
                return Ok(Some(claim));
            }
            if let Some(content) = nobodys(&path, lease).map_err(LmcError::io("read", &path))?
                && take_down(&path, &content, lease)?
            {
                continue;
            }
            if !waits {
                return Ok(None);
            }
            interrupt::check(|| format!("another process works on {}", file.display()))?;
            std::thread::sleep(interval);
            interval = (2 * interval).min(INTERVALS[1]);
        }
    }

    /// Takes the claim, unless its file is there.
    fn take(path: &Path, lease: Duration) -> io::Result<Option<Self>> {
        let file = match File::options().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error)
                if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::StaleNetworkFileHandle) =>
            {
                return Ok(None);
            }
            // SFTP has no word for a file that another client made a moment before: it says that this is not
            // permitted.
            Err(error) if error.kind() == ErrorKind::PermissionDenied && path.exists() => return Ok(None),
            Err(error) => return Err(error),
        };
        let holder = serde_json::to_string(&Holder::new(lease))?;
        if write!(&file, "{holder}\n{:010}\n", 0).and_then(|()| file.sync_data()).is_err() {
            // On a full disk the claim stays as it is and lasts for one lease; writing the file itself will
            // report the error.
            let holder = first_line(&fs::read(path).unwrap_or_default());
            return Ok(Some(Self { path: path.to_owned(), holder, renewal: None }));
        }
        let (stop, stopped) = channel();
        let (at, interval) = (holder.len() as u64 + 1, lease / RENEWALS);
        let renew = move || {
            let mut count = 0u64;
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                count += 1;
                // If it could not be renewed now, it may be the next time.
                let _ = file
                    .write_all_at(format!("{count:010}\n").as_bytes(), at)
                    .and_then(|()| file.sync_data());
            }
        };
        // Without a thread to renew it, the claim lasts for one lease.
        let thread = std::thread::Builder::new().name("claim".into()).spawn(renew).ok();
        Ok(Some(Self { path: path.to_owned(), holder, renewal: thread.map(|thread| (stop, thread)) }))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.renewal.take() {
            drop(stop);
            // Nothing in the thread can fail; NFS hides a file that is removed while it is open.
            let _ = thread.join();
        }
        // Another process may have thought it abandoned and taken it over; then the file belongs to that
        // process.
        if fs::read(&self.path).is_ok_and(|content| first_line(&content) == self.holder) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Returns the lease of this process's claims: `LMC_LEASE` in seconds.
pub fn lease() -> Result<Duration> {
    let Some(value) = std::env::var_os("LMC_LEASE").filter(|value| !value.is_empty()) else {
        return Ok(LEASE);
    };
    let seconds = value.to_str().and_then(|text| text.parse().ok()).filter(|&seconds| seconds > 0);
    let expected = "a whole number of seconds, at least 1";
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| LmcError::invalid("LMC_LEASE", value.to_string_lossy(), expected))
}

/// The claims of others that this process has seen, and since when their content has been the same.
static SEEN: Mutex<BTreeMap<PathBuf, (Vec<u8>, Instant)>> = Mutex::new(BTreeMap::new());

fn forget(path: &Path) {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
}

/// Returns the content of a claim whose process has ended or that stayed the same for a lease. The lease is
/// `lease` if the claim does not give one.
fn nobodys(path: &Path, lease: Duration) -> io::Result<Option<Vec<u8>>> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::StaleNetworkFileHandle) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let holder: Option<Holder> = serde_json::from_str(&first_line(&content)).ok();
    if holder.as_ref().is_some_and(Holder::has_ended) {
        return Ok(Some(content));
    }
    let lease = holder.map_or(lease, |holder| holder.lease());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let (before, since) = seen.entry(path.to_owned()).or_insert_with(|| (content.clone(), Instant::now()));
    if *before != content {
        (*before, *since) = (content, Instant::now());
        return Ok(None);
    }
    Ok((since.elapsed() > lease).then_some(content))
}

/// Takes down an abandoned claim if it still has that content; returns false while another process does that.
fn take_down(path: &Path, content: &[u8], lease: Duration) -> Result<bool> {
    let Some(_turn) = Claim::leased(path, false, lease)? else { return Ok(false) };
    if fs::read(path).is_ok_and(|found| found == content) {
        remove(path)?;
    }
    Ok(true)
}

fn first_line(content: &[u8]) -> String {
    String::from_utf8_lossy(content.split(|&byte| byte == b'\n').next().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests;
