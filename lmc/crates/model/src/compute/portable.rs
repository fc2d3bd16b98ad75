//! Arithmetic with the same bits on every x86-64 processor that has AVX2.

/// The variable that says whether models of the embedded task are trained in portable arithmetic.
#[doc(hidden)]
pub const ARITHMETIC: &str = "LMC_ARITHMETIC";

/// The values of [`ARITHMETIC`].
#[doc(hidden)]
pub const ARITHMETICS: [&str; 2] = ["portable", "native"];

/// Returns the variables that hold libtorch and its libraries to one set of kernels, with their values.
///
/// libtorch reads them when its first operations start, so they have to be set before the program starts.
/// Under them, training on the CPU gives the same bits on every x86-64 processor with AVX2; large matrix
/// products take longer. The command and the kernel start themselves with them for the embedded task.
///
/// # Examples
/// ```
/// # extern crate lmc_model as lmc;
/// let names: Vec<&str> = lmc::compute::portable_variables().map(|(name, _)| name).collect();
/// assert_eq!(names, ["MKL_CBWR", "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA"]);
/// ```
pub fn portable_variables() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("portable.env").lines().filter_map(|line| line.split_once('='))
}

/// Returns whether this program was started with [`portable_variables`] on a processor that they suit, and
/// `LMC_ARITHMETIC` is not `native`.
///
/// # Examples
/// ```
/// # extern crate lmc_model as lmc;
/// if !lmc::compute::is_portable() {
///     println!("copies are trained in the arithmetic of this processor");
/// }
/// ```
pub fn is_portable() -> bool {
    can_be_portable() && portable_variables().all(|(name, value)| is_set(name, value))
}

/// Returns whether portable arithmetic is possible here and not refused by [`ARITHMETIC`].
fn can_be_portable() -> bool {
    has_avx2() && !is_set(ARITHMETIC, "native")
}

/// Returns whether this program has to be started again with [`portable_variables`] for portable arithmetic:
/// it is possible here, and none of them is set by the user.
#[doc(hidden)]
pub fn should_become_portable() -> bool {
    can_be_portable() && portable_variables().all(|(name, _)| std::env::var_os(name).is_none())
}

fn is_set(name: &str, value: &str) -> bool {
    std::env::var_os(name).is_some_and(|set| set == value)
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}
