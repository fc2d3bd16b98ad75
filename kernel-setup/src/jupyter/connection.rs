//! The file in which Jupyter says how it will talk to a kernel.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A connection file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// The transport: `tcp`, or `ipc` between the relay and evcxr.
    pub transport: String,
    /// The address, or for `ipc` the start of the sockets' paths.
    pub ip: String,
    /// The key that signs messages; none are signed if it is empty.
    pub key: String,
    /// The scheme of signatures: `hmac-sha256`.
    pub signature_scheme: String,
    shell_port: u16,
    iopub_port: u16,
    stdin_port: u16,
    control_port: u16,
    hb_port: u16,
}

/// The five sockets of a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Requests to run code.
    Shell,
    /// Publications of a kernel to all clients.
    Iopub,
    /// Questions to the user.
    Stdin,
    /// Interrupt and shut-down.
    Control,
    /// Echo.
    Heartbeat,
}

impl Connection {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Connection> {
        let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a connection file", path.display()))
    }

    /// Returns sockets in a folder, for processes of one user: the folder keeps others out, so nothing is
    /// signed.
    pub fn within(folder: &Path) -> Connection {
        Connection {
            transport: "ipc".into(),
            ip: folder.join("socket").to_string_lossy().into_owned(),
            key: String::new(),
            signature_scheme: "hmac-sha256".into(),
            shell_port: 1,
            iopub_port: 2,
            stdin_port: 3,
            control_port: 4,
            hb_port: 5,
        }
    }

    /// Returns the address of a socket.
    pub fn address(&self, channel: Channel) -> String {
        let port = match channel {
            Channel::Shell => self.shell_port,
            Channel::Iopub => self.iopub_port,
            Channel::Stdin => self.stdin_port,
            Channel::Control => self.control_port,
            Channel::Heartbeat => self.hb_port,
        };
        format!("{}://{}:{port}", self.transport, self.ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_jupyter_is_read() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("kernel.json");
        let text = r#"{"shell_port": 57503, "iopub_port": 40885, "stdin_port": 52597, "control_port": 50160,
            "hb_port": 42540, "ip": "127.0.0.1", "key": "a-b", "transport": "tcp",
            "signature_scheme": "hmac-sha256", "kernel_name": "lmc"}"#;
        std::fs::write(&path, text).unwrap();
        let connection = Connection::read(&path).unwrap();
        assert_eq!(connection.address(Channel::Shell), "tcp://127.0.0.1:57503");
        assert_eq!(connection.address(Channel::Heartbeat), "tcp://127.0.0.1:42540");
        std::fs::write(&path, "{}").unwrap();
        let error = format!("{:#}", Connection::read(&path).unwrap_err());
        assert!(error.contains("is not a connection file") && error.contains("transport"), "{error}");
    }

    #[test]
    fn sockets_in_a_folder_have_paths() {
        let connection = Connection::within(Path::new("/tmp/x"));
        assert_eq!(connection.address(Channel::Iopub), "ipc:///tmp/x/socket:2");
    }
}
