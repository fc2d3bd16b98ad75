//! The parts of Jupyter's messaging protocol that the relay needs.
//!
//! See the [specification](https://jupyter-client.readthedocs.io/en/stable/messaging.html).

mod connection;
mod message;

pub use connection::{Channel, Connection};
pub use message::{Message, Signer};
