//! Fetching from servers that the tests start.

mod downloads;
mod faults;
mod tls;
