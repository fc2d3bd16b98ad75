//! Checks the rules that files of this project keep: code, pages and notebooks.

mod cargo;
mod code;
mod container;
mod gallery;
mod guide;
mod links;
mod notebook_files;
mod packages;
mod pages;
mod surface;
