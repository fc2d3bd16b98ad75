//! Runs studies and their analyses from end to end, on small copies.

mod alignment;
mod convexity;
mod corpora;
mod devices;
mod early_checks;
mod families;
mod layers;
mod merging;
mod opened;
mod options;
mod own_analysis;
mod own_corpus;
mod pages;
mod precision;
mod recipes;
mod soups;
mod surfaces;
mod sweeps;
mod tasks;
mod training;
