//! Claims: which process works on what, so that no two do the same, on one host or on many that share a folder.
//!
//! A claim is a file that exactly one process can make (`O_CREAT | O_EXCL`, atomic on local file systems and on NFS from
//! version 3 on). It says who made it and is written anew a dozen times in each lease, 120 seconds unless `LMC_LEASE` says
//! otherwise. A claim is nobody's when its process was of this host and has ended, which is seen at once, or when another
//! process has watched it for a lease by its own steady clock and found it unchanged: no clocks are compared. Who finds that takes
//! a claim to the claim, looks again, removes the file and starts anew: of many who find it, one wins, and nobody removes the
//! claim of who came next. No lock of a file system is needed.
//!
//! What is promised: as long as hosts see each other's writes within a lease, one process holds a claim, and the claim of a
//! process that was killed is given to another. When that fails (a host was suspended, a network was cut), two processes may
//! make one file. That costs time alone, since results are renamed into place whole.

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

/// How often a claim that is waited for is looked at: at first, and after a while.
const INTERVALS: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];
/// How often a claim is renewed in a lease.
const RENEWALS: u32 = 12;
const LEASE: Duration = Duration::from_secs(120);

/// The right to make one file, held by one process until it is dropped or the process ends.
///
/// It only saves work: results are renamed into place whole, so that two processes that make the same file do no harm.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    /// The first line of the file.
    holder: String,
    /// What ends the renewal, and its thread.
    renewal: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Claim {
    /// The claim to a file, or none when another process holds it; `waits` until that one gives it back.
    ///
    /// # Errors
    /// [`LmcError::Io`] when its folder cannot be written; [`LmcError::Interrupted`] while it waits;
    /// [`LmcError::InvalidParameter`] for an `LMC_LEASE` that is no number of seconds.
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
            // What has no room for a claim has none for the file, which is what the user knows.
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

    /// The claim, unless its file is there.
    fn take(path: &Path, lease: Duration) -> io::Result<Option<Self>> {
        let file = match File::options().write(true).create_new(true).open(path) {
            Ok(file) => file,
            Err(error)
                if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::StaleNetworkFileHandle) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let holder = serde_json::to_string(&Holder::new(lease))?;
        if write!(&file, "{holder}\n{:010}\n", 0).and_then(|()| file.sync_data()).is_err() {
            // On a full disk the claim stays as it is, and lasts for a lease; the file itself will say what is wrong.
            let holder = first_line(&fs::read(path).unwrap_or_default());
            return Ok(Some(Self { path: path.to_owned(), holder, renewal: None }));
        }
        let (stop, stopped) = channel();
        let (at, interval) = (holder.len() as u64 + 1, lease / RENEWALS);
        let renew = move || {
            let mut count = 0u64;
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                count += 1;
                // What could not be renewed now may be the next time.
                let _ = file
                    .write_all_at(format!("{count:010}\n").as_bytes(), at)
                    .and_then(|()| file.sync_data());
            }
        };
        // Without a thread for it the claim lasts for a lease.
        let thread = std::thread::Builder::new().name("claim".into()).spawn(renew).ok();
        Ok(Some(Self { path: path.to_owned(), holder, renewal: thread.map(|thread| (stop, thread)) }))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.renewal.take() {
            drop(stop);
            // The thread has nothing that could fail; NFS hides a file that is removed while it is open.
            let _ = thread.join();
        }
        // Another process may have taken it for abandoned; then the file is that one's.
        if fs::read(&self.path).is_ok_and(|content| first_line(&content) == self.holder) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The lease of claims of this process: `LMC_LEASE` in seconds.
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

/// What this process has seen of claims of others, and since when they have been like that.
static SEEN: Mutex<BTreeMap<PathBuf, (Vec<u8>, Instant)>> = Mutex::new(BTreeMap::new());

fn forget(path: &Path) {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
}

/// The content of a claim whose process has ended, or that stayed the same for a lease; `lease` where it says none.
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

/// Takes down a claim that is nobody's, if it is still the one with that content; false while another process does that.
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
