//! TLS for servers of tests, and a proxy in front of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A connection, plain or by TLS.
pub trait Stream: Read + Write {
    /// Says that nothing more comes.
    fn end(&mut self) {}
}

impl Stream for TcpStream {}

impl Stream for StreamOwned<ServerConnection, TcpStream> {
    fn end(&mut self) {
        self.conn.send_close_notify();
        let _ = self.flush();
    }
}

/// Returns the settings by which a server shows its identity.
pub fn identity(certificate: &Path, key: &Path) -> Arc<ServerConfig> {
    let certificates =
        CertificateDer::pem_file_iter(certificate).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(certificates, key).unwrap())
}

/// Returns the connection that a client makes; an error of TLS shows at the first read.
pub fn secure(stream: TcpStream, identity: &Arc<ServerConfig>) -> StreamOwned<ServerConnection, TcpStream> {
    StreamOwned::new(ServerConnection::new(identity.clone()).unwrap(), stream)
}

/// Starts a proxy that answers every `CONNECT` with a status, and for 200 lets the bytes through; returns
/// `host:port`.
///
/// # Panics
/// If there is no free port.
pub fn proxy(status: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || tunnel(stream, status).ok());
        }
    });
    address
}

fn tunnel(mut client: TcpStream, status: u16) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && !line.trim().is_empty() {
        line.clear();
    }
    client.write_all(format!("HTTP/1.1 {status} Proxy\r\nVia: test\r\n\r\n").as_bytes())?;
    if status != 200 {
        return Ok(());
    }
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let server = TcpStream::connect(target)?;
    let (mut to_server, mut from_server, mut to_client) = (server.try_clone()?, server, client.try_clone()?);
    let back = std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client).ok());
    std::io::copy(&mut client, &mut to_server)?;
    back.join().ok();
    Ok(())
}
