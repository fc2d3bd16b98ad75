//! What happens when a device has too little memory: a typed error, where libtorch's operations would panic.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::error::{LmcError, Result, memory_asked_for};

thread_local! {
    /// Whether this thread turns panics about memory into errors, which then say what there is to say.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// The result of work with libtorch, whose operations panic where there is too little memory.
///
/// # Errors
/// Those of `work`; [`LmcError::OutOfMemory`] where an operation found too little memory. Its other panics go on.
pub(crate) fn within_memory<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    quieten();
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    match result {
        Ok(result) => result,
        Err(panic) => match text(panic.as_ref()).and_then(memory_asked_for) {
            Some(asked) => Err(LmcError::OutOfMemory { what: "libtorch".into(), asked }),
            None => resume_unwind(panic),
        },
    }
}

/// From now on panics that become errors are not printed.
fn quieten() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            if !(GUARDED.get() && text(panic.payload()).and_then(memory_asked_for).is_some()) {
                print(panic);
            }
        }));
    });
}

fn text(payload: &dyn Any) -> Option<&str> {
    payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied())
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;

    /// More than any machine has.
    const TOO_MUCH: i64 = 1 << 55;

    #[test]
    fn too_little_memory_is_an_error_and_nothing_else_is() {
        let error = within_memory(|| Ok(Tensor::zeros([TOO_MUCH], (Kind::Uint8, Device::Cpu)))).unwrap_err();
        let LmcError::OutOfMemory { asked, .. } = &error else { panic!("{error}") };
        assert_eq!(asked, &format!("{TOO_MUCH} bytes"));
        let message = error.to_string();
        assert!(message.starts_with("libtorch: out of memory, 36028797018963968 bytes more"), "{message}");
        let fallible = || Ok(Tensor::f_zeros([TOO_MUCH], (Kind::Uint8, Device::Cpu))?);
        assert!(matches!(fallible(), Err(LmcError::OutOfMemory { .. })));
        assert_eq!(within_memory(|| Ok(7)).unwrap(), 7);
        let other = within_memory(|| Err::<(), _>(LmcError::Figure("f".into()))).unwrap_err();
        assert_eq!(other.to_string(), "figure: f");
        let panic = catch_unwind(|| within_memory(|| -> Result<()> { panic!("a mistake") })).unwrap_err();
        assert_eq!(text(panic.as_ref()), Some("a mistake"));
        assert!(!GUARDED.get());
    }
}
