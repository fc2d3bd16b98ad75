//! Retries: which failures are worth another try, and when.

use std::time::{Duration, Instant};

use super::address::shown;
use super::client::{LOOK, Reply};
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;

/// The longest wait before another try.
const LONGEST: Duration = Duration::from_secs(60);

/// The reason why a try failed, and whether another makes sense.
#[derive(Debug)]
pub(super) struct Failure {
    error: Box<LmcError>,
    again: bool,
    /// The time that the server asks for before another try.
    after: Option<Duration>,
    /// If true, the try brought something: the count of tries then starts again.
    pub advanced: bool,
}

impl Failure {
    /// Returns a failure that another try may not have.
    pub fn again(error: LmcError, after: Option<Duration>) -> Self {
        Self { error: Box::new(error), again: true, after, advanced: false }
    }

    /// Returns a failure that every further try would have.
    pub fn last(error: LmcError) -> Self {
        Self { error: Box::new(error), again: false, after: None, advanced: false }
    }
}

/// The number of further tries, and the pause before them.
#[derive(Clone, Debug)]
pub(super) struct Retries {
    /// The number of tries after the first, counted again from the start when one brings something.
    pub number: u32,
    /// The first pause; each further one is twice as long.
    pub pause: Duration,
}

impl Retries {
    /// Returns the result of the first try that succeeds, or the error of the last.
    pub fn run<T>(&self, mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T> {
        let mut failed = 0;
        loop {
            let failure = match attempt() {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            failed = if failure.advanced { 1 } else { failed + 1 };
            if !failure.again || failed > self.number {
                return Err(*failure.error);
            }
            let pause = self.pause.saturating_mul(1 << (failed - 1).min(16));
            wait(failure.after.unwrap_or(pause).min(LONGEST))?;
        }
    }
}

/// Waits, unless an interrupt comes.
fn wait(time: Duration) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < time {
        interrupt::check(|| "a server was being waited for; run the same call again to go on".into())?;
        std::thread::sleep(LOOK.min(time.saturating_sub(start.elapsed())));
    }
    Ok(())
}

/// Returns the failure for a status that is not a success.
pub(super) fn refusal(reply: &Reply) -> Failure {
    let status = reply.status;
    let remedy = match status {
        401 | 403 => {
            "the repository is private, gated or not there: check its name, accept its terms on its page and set HF_TOKEN to a token that may read it"
        }
        407 => "the proxy wants a name and a password: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT",
        404 => "check the repository, the revision and the name of the file in the manifest",
        429 => "the server has had too many requests: try again later, what was fetched is kept",
        408 | 500.. => "the server has a fault: try again later, what was fetched is kept",
        _ => "the server does not allow it: check the manifest and HF_ENDPOINT",
    };
    let said = reply.header("x-error-message").map(|said| format!(" ({})", brief(said))).unwrap_or_default();
    let through = reply.via.as_ref().map(|via| format!(", through {}", via.shown())).unwrap_or_default();
    let problem = format!("status {status}{said}{through}");
    let error =
        LmcError::Network { url: shown(&reply.url), status: Some(status), problem, remedy: remedy.into() };
    match status {
        408 | 429 | 500.. => {
            let seconds = reply.header("retry-after").and_then(|value| value.trim().parse().ok());
            Failure::again(error, seconds.map(Duration::from_secs))
        }
        _ => Failure::last(error),
    }
}

/// Returns the text of a server in one short line.
fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(number: u32) -> LmcError {
        LmcError::invalid("try", number, "success")
    }

    #[test]
    fn tries_are_counted_anew_when_one_brings_something() {
        let retries = Retries { number: 2, pause: Duration::ZERO };
        let mut tries = 0;
        let result: Result<()> = retries.run(|| {
            tries += 1;
            Err(Failure { advanced: tries < 5, ..Failure::again(failure(tries), None) })
        });
        assert_eq!(result.unwrap_err().to_string(), "`try`: got 6, expected success");
        let mut tries = 0;
        let result: Result<()> = retries.run(|| {
            tries += 1;
            Err(Failure::last(failure(tries)))
        });
        assert_eq!(result.unwrap_err().to_string(), "`try`: got 1, expected success");
    }

    #[test]
    fn pauses_double_and_a_server_may_ask_for_another() {
        let time = |pause, after| {
            let (retries, start) = (Retries { number: 3, pause }, Instant::now());
            let result: Result<()> = retries.run(|| Err(Failure::again(failure(0), after)));
            assert!(result.is_err());
            start.elapsed()
        };
        assert!(time(Duration::from_millis(20), None) >= Duration::from_millis(20 + 40 + 80));
        assert!(time(Duration::from_secs(10), Some(Duration::ZERO)) < Duration::from_secs(10));
    }
}
