//! Checks the rules that files of this project keep: code, pages and notebooks.

mod code;
mod notebook_files;
mod pages;
mod surface;
