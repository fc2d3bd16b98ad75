//! Work with libtorch whose faults become typed errors; its plain operations would panic.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Once;

use tch::TchError;

use lmc_base::error::{LmcError, Result, memory_asked_for};

thread_local! {
    /// True while this thread turns panics of libtorch into errors, which then say what went wrong.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Returns the result of work with libtorch, whose operations panic if their arguments do not fit or memory
/// is short.
///
/// # Errors
/// The errors of `work`; [`LmcError::OutOfMemory`] if an operation found too little memory,
/// [`LmcError::Torch`] if libtorch refused it. Panics of other origin go on.
#[doc(hidden)]
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    quieten();
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    result.unwrap_or_else(|panic| match text(panic.as_ref()).and_then(refused) {
        Some(error) => Err(error),
        None => resume_unwind(panic),
    })
}

/// Stops the printing of panics that become errors, from now on.
fn quieten() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            if !(GUARDED.get() && text(panic.payload()).and_then(refused).is_some()) {
                print(panic);
            }
        }));
    });
}

fn text(payload: &dyn Any) -> Option<&str> {
    payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied())
}

/// Returns the error of libtorch that a plain operation unwrapped, if the text of a panic shows that there
/// was one.
fn refused(text: &str) -> Option<LmcError> {
    if let Some(asked) = memory_asked_for(text) {
        return Some(LmcError::OutOfMemory { what: "libtorch".into(), asked });
    }
    let error = text.strip_prefix("called `Result::unwrap()` on an `Err` value: ")?;
    let (kind, told) = error.split_once("(\"")?;
    if !["Torch", "Shape", "Kind", "Convert"].contains(&kind) {
        return None;
    }
    // As `Debug` writes it: the frames of the C++ stack follow after the first line.
    let told = told.split("\\n").next().unwrap_or(told);
    let told = told.strip_suffix("\")").unwrap_or(told).replace("\\\"", "\"");
    Some(TchError::Torch(told).into())
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;

    /// More than any machine has.
    const TOO_MUCH: i64 = 1 << 55;

    #[test]
    fn what_libtorch_refuses_is_an_error_of_one_line() {
        let error = guarded(|| Ok(Tensor::from_slice(&[1.0f32, 2.0]) + Tensor::from_slice(&[1.0f32; 3])))
            .unwrap_err();
        assert!(matches!(error, LmcError::Torch(_)), "{error}");
        let message = error.to_string();
        assert!(message.starts_with("libtorch: ") && message.contains("size of tensor a (2)"), "{message}");
        assert!(message.lines().count() == 1 && !message.contains("\\n"), "{message}");
        let table = Tensor::zeros([2, 3], (Kind::Float, Device::Cpu));
        let error = guarded(|| Ok(Tensor::embedding(&table, &Tensor::from_slice(&[7i64]), -1, false, false)))
            .unwrap_err();
        assert!(error.to_string().contains("index out of range"), "{error}");
        let error = guarded(|| Ok(Vec::<f32>::try_from(table.view([4, 2])))).unwrap_err();
        assert!(error.to_string().contains("shape '[4, 2]' is invalid"), "{error}");
    }

    #[test]
    fn too_little_memory_is_an_error_and_panics_of_other_origin_go_on() {
        let error = guarded(|| Ok(Tensor::zeros([TOO_MUCH], (Kind::Uint8, Device::Cpu)))).unwrap_err();
        let LmcError::OutOfMemory { asked, .. } = &error else { panic!("{error}") };
        assert_eq!(asked, &format!("{TOO_MUCH} bytes"));
        let message = error.to_string();
        assert!(message.starts_with("libtorch: out of memory, 36028797018963968 bytes more"), "{message}");
        let fallible = || Ok(Tensor::f_zeros([TOO_MUCH], (Kind::Uint8, Device::Cpu))?);
        assert!(matches!(fallible(), Err(LmcError::OutOfMemory { .. })));
        assert_eq!(guarded(|| Ok(7)).unwrap(), 7);
        let other = guarded(|| Err::<(), _>(LmcError::Figure("f".into()))).unwrap_err();
        assert_eq!(other.to_string(), "figure: f");
        let panic = catch_unwind(|| guarded(|| -> Result<()> { panic!("a mistake") })).unwrap_err();
        assert_eq!(text(panic.as_ref()), Some("a mistake"));
        assert!(!GUARDED.get());
    }

    #[test]
    fn an_error_of_libtorch_is_one_line() {
        let (a, b) = (Tensor::from_slice(&[1.0f32, 2.0]), Tensor::from_slice(&[1.0f32, 2.0, 3.0]));
        let message = LmcError::from(a.f_add(&b).unwrap_err()).to_string();
        assert!(message.contains("size of tensor a (2)"), "{message}");
        assert_eq!(message.lines().count(), 1);
    }
}
