//! Runs studies and their analyses from end to end, on small copies.

mod alignment;
mod convexity;
mod corpora;
mod devices;
mod early_checks;
mod families;
