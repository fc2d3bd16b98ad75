//! The allocator that all fuzz targets share. It ends the process, as a crash, when a reader takes more than
//! 1 GiB.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes that may be allocated at any time.
const LIMIT: usize = 1 << 30;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator with that limit. libFuzzer's own `-malloc_limit_mb` needs a sanitizer, which this
/// does not.
struct Limited;

#[global_allocator]
static ALLOCATOR: Limited = Limited;

fn take(n: usize) {
    if ALLOCATED.fetch_add(n, Ordering::Relaxed).saturating_add(n) > LIMIT {
        std::process::abort();
    }
}

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Limited {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        take(size);
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Returns the number of elements of all tensors, so that the compiler can leave none out; an error counts
/// nothing.
pub fn n_elements(tensors: lmc::Result<std::collections::BTreeMap<String, lmc::tch::Tensor>>) -> usize {
    match tensors {
        Ok(tensors) => tensors.values().map(|tensor| tensor.numel()).sum(),
        Err(error) => {
            assert!(error.to_string().len() < 1 << 16, "an endless message");
            0
        }
    }
}
