//! Independent units of work on a few threads, libtorch on one thread in each.

use std::ffi::OsStr;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;

/// The most threads that may be asked for.
const MOST_THREADS: usize = 4096;

/// Returns the number of threads to work on: `LMC_THREADS`, or the number of cores of the machine if it is
/// unset or not allowed, which `lmc::environment::check` refuses.
pub fn n_threads() -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
    threads().ok().flatten().unwrap_or_else(cores)
}

/// Returns the number in `LMC_THREADS`, or `None` if it is unset or empty.
#[doc(hidden)]
pub fn threads() -> Result<Option<usize>> {
    std::env::var_os("LMC_THREADS").filter(|value| !value.is_empty()).map(|value| parsed(&value)).transpose()
}

fn parsed(value: &OsStr) -> Result<usize> {
    let number = value.to_str().and_then(|text| text.trim().parse().ok());
    number.filter(|n| (1..=MOST_THREADS).contains(n)).ok_or_else(|| {
        let expected = format!("a whole number of threads, 1 to {MOST_THREADS}");
        LmcError::invalid("LMC_THREADS", value.to_string_lossy(), expected)
    })
}

/// Returns the results of `unit(i, inputs[i])`, in the order of the inputs, which move to the thread that
/// works on them.
///
/// # Errors
/// The error of the first unit that failed; no further unit is started, those under way are finished.
/// [`LmcError::Interrupted`] if an interrupt came and nothing else failed.
///
/// # Examples
/// ```
/// # extern crate lmc_model as lmc;
/// let squares = lmc::parallel::run_units(vec![1, 2, 3], |_, n| Ok(n * n))?;
/// assert_eq!(squares, [1, 4, 9]);
/// # Ok::<(), lmc::LmcError>(())
/// ```
pub fn run_units<I: Send, T: Send>(
    inputs: Vec<I>,
    unit: impl Fn(usize, I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    run_on_workers(&vec![(); n_threads()], inputs, |()| Ok(()), |(), i, input| unit(i, input))
}

/// Does the same as [`run_units`] with one thread for each of `workers`, and with the equipment that `equip`
/// makes on that thread before its first unit.
///
/// # Errors
/// The errors of [`run_units`] and of `equip`.
pub fn run_on_workers<W: Sync, S, I: Send, T: Send>(
    workers: &[W],
    inputs: Vec<I>,
    equip: impl Fn(&W) -> Result<S> + Sync,
    unit: impl Fn(&mut S, usize, I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let n = inputs.len();
    let inputs: Vec<Mutex<Option<I>>> = inputs.into_iter().map(|input| Mutex::new(Some(input))).collect();
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results = Mutex::new(Vec::with_capacity(n));
    let work = |worker: &W| {
        tch::set_num_threads(1);
        let mut equipment = None;
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= n || failed.load(Ordering::Relaxed) {
                return;
            }
            let Some(input) = lock(&inputs[i]).take() else { return };
            let result = interrupt::check(|| format!("{i} of {n} units of work were begun")).and_then(|()| {
                let equipment = match &mut equipment {
                    Some(equipment) => equipment,
                    empty => empty.insert(equip(worker)?),
                };
                unit(equipment, i, input)
            });
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            lock(&results).push((i, result));
        }
    };
    std::thread::scope(|scope| {
        for worker in &workers[..workers.len().min(n)] {
            scope.spawn(|| work(worker));
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    // The failure says more than the interrupts of the others.
    results.sort_by_key(|(i, result)| (matches!(result, Err(LmcError::Interrupted { .. })), *i));
    results.into_iter().map(|(_, result)| result).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_threads_is_whole_and_within_reason() {
        assert_eq!([" 3", "1", "4096"].map(|text| parsed(text.as_ref()).unwrap()), [3, 1, 4096]);
        for wrong in ["abc", "-3", "2.5", "0", "4097", "1e3", "99999999999999999999"] {
            let message = parsed(wrong.as_ref()).unwrap_err().to_string();
            assert!(
                message.starts_with(&format!("`LMC_THREADS`: got {wrong}, expected a whole")),
                "{message}"
            );
        }
    }

    #[test]
    fn results_keep_their_order_and_an_error_stops_the_rest() {
        assert_eq!(
            run_units((0..50).collect(), |_, i: usize| Ok(i * i)).unwrap(),
            (0..50).map(|i| i * i).collect::<Vec<_>>()
        );
        let started = AtomicUsize::new(0);
        let result = run_units(vec![(); 10_000], |i, ()| {
            started.fetch_add(1, Ordering::Relaxed);
            if i == 3 { Err(LmcError::Figure("third".into())) } else { Ok(()) }
        });
        assert_eq!(result.unwrap_err().to_string(), "figure: third");
        assert!(started.load(Ordering::Relaxed) < 10_000);
    }

    #[test]
    fn a_worker_is_equipped_once_and_only_for_work() {
        let equipped = Mutex::new(Vec::new());
        let equip = |name: &&'static str| {
            lock(&equipped).push(*name);
            Ok(0)
        };
        let count = |units: &mut usize, _, ()| {
            *units += 1;
            std::thread::sleep(std::time::Duration::from_millis(1));
            Ok(*units)
        };
        let counts = run_on_workers(&["a", "b"], vec![(); 20], equip, count).unwrap();
        let mut names = lock(&equipped).clone();
        names.sort_unstable();
        assert!(names == ["a"] || names == ["a", "b"], "{names:?}");
        assert_eq!(counts.iter().filter(|&&units| units == 1).count(), names.len());
        assert!(run_on_workers(&["a", "b"], Vec::new(), equip, count).unwrap().is_empty());
        assert_eq!(lock(&equipped).len(), names.len());
        let fails =
            run_on_workers(&["a"], vec![(); 3], |_| Err::<usize, _>(LmcError::Figure("f".into())), count);
        assert_eq!(fails.unwrap_err().to_string(), "figure: f");
    }

    #[test]
    fn a_failure_is_told_before_an_interrupt() {
        let begun = std::sync::Barrier::new(n_threads().min(2));
        let result = run_units(vec![(); 2], |i, ()| {
            begun.wait();
            Err::<(), _>(match i {
                0 => LmcError::Interrupted { finished: String::new() },
                _ => LmcError::Figure("second".into()),
            })
        });
        let expected = if n_threads() > 1 { "figure: second" } else { "interrupted: " };
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
}
