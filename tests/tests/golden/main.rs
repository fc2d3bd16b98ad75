//! Compares results with those of other implementations, whose scripts lie beside the golden files.

mod adapters;
mod alignment;
mod analysis;
mod attention;
mod checkpoints;
mod csv;
mod encoders;
mod families;
mod folders;
mod merging;
mod mini_roberta;
mod model;
mod modules;
mod piece_tokenizers;
mod simplex;
mod statistics;
mod surfaces;
mod tiny;
mod tokenizer_folders;
mod tokenizers;
mod training;
