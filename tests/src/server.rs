//! A web server with a hub in memory: small, but real HTTP/1.1 with ranges, and with the faults that a test
//! asks for.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use lmc::file::sha256;
use rustls::ServerConfig;

use crate::tls::{Stream, identity, secure};

/// A fault with which a server answers; each is used up by one request for its path.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Says how long the body is, sends that many bytes of it and closes the connection.
    Drop(usize),
    /// Sends that many bytes of the body and says that this is all.
    Truncate(usize),
    /// Sends that many bytes of the body and then nothing, until the client goes.
    Hang(usize),
    /// Sends the body at that many bytes a second.
    Slow(usize),
    /// Answers with that status and header lines.
    Status(u16, &'static str),
    /// Sends other bytes of the same number.
    WrongBytes,
    /// Takes no notice of a range.
    WholeFile,
    /// Sends another part than was asked for.
    WrongRange,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `HEAD`.
    pub method: String,
    /// The path, with the text after a question mark.
    pub path: String,
    /// The header, with names in lower case.
    pub headers: BTreeMap<String, String>,
}

impl Request {
    /// Returns the number of the first byte that was asked for.
    fn start(&self) -> Option<usize> {
        self.headers.get("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

#[derive(Clone, Debug, Default)]
struct Resource {
    body: Vec<u8>,
    /// Lines of the header, such as an etag.
    header: String,
    /// The address where it lies instead.
    location: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    resources: BTreeMap<String, Resource>,
    /// The faults by path and method.
    faults: BTreeMap<(String, String), VecDeque<Fault>>,
    requests: Vec<Request>,
    bytes_sent: usize,
}

/// The server; it ends with the process.
#[derive(Debug)]
pub struct Server {
    /// Its address, without a slash at the end.
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// Starts a server without resources at a free port.
    ///
    /// # Panics
    /// If there is no free port.
    pub fn start() -> Server {
        Self::start_with(None)
    }

    /// Starts a server without resources at a free port of `localhost` that speaks TLS, with a certificate
    /// and its key.
    ///
    /// # Panics If there is no free port, or the files are no certificate and key.
    pub fn start_by_tls(certificate: &Path, key: &Path) -> Server {
        Self::start_with(Some(identity(certificate, key)))
    }

    fn start_with(identity: Option<Arc<ServerConfig>>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it has an address");
        let url = match &identity {
            None => format!("http://{address}"),
            Some(_) => format!("https://localhost:{}", address.port()),
        };
        let state = Arc::new(Mutex::new(State::default()));
        let of_thread = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, identity) = (of_thread.clone(), identity.clone());
                // A client that goes in mid-answer is the subject of many tests.
                std::thread::spawn(move || match &identity {
                    None => serve(stream, &state).ok(),
                    Some(identity) => serve(secure(stream, identity), &state).ok(),
                });
            }
        });
        Server { url, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Serves a body under a path, with lines of the header.
    pub fn put(&self, path: &str, body: impl Into<Vec<u8>>, header: &str) {
        let resource = Resource { body: body.into(), header: header.to_owned(), location: None };
        self.state().resources.insert(path.to_owned(), resource);
    }

    /// Redirects a path to another address, with lines of the header.
    pub fn redirect(&self, path: &str, location: &str, header: &str) {
        let resource =
            Resource { body: Vec::new(), header: header.to_owned(), location: Some(location.to_owned()) };
        self.state().resources.insert(path.to_owned(), resource);
    }

    /// Removes a path.
    pub fn remove(&self, path: &str) {
        self.state().resources.remove(path);
    }

    /// Serves a file of a hub's repository as the hub does: large files are called by their SHA-256 and lie
    /// elsewhere.
    pub fn hub_file(&self, repository: &str, commit: &str, path: &str, body: &[u8], large: bool) -> String {
        let (url, digest) = (format!("/{repository}/resolve/{commit}/{path}"), sha256(body));
        if large {
            let elsewhere = format!("/lfs/{digest}");
            let size = body.len();
            let header = format!(
                "X-Repo-Commit: {commit}\r\nX-Linked-Etag: \"{digest}\"\r\nX-Linked-Size: {size}\r\n"
            );
            self.redirect(&url, &format!("{}{elsewhere}", self.url), &header);
            self.put(&elsewhere, body, "ETag: \"of-the-store\"\r\n");
            elsewhere
        } else {
            let header = format!("X-Repo-Commit: {commit}\r\nETag: \"{:.40}\"\r\n", digest);
            self.put(&url, body, &header);
            url
        }
    }

    /// Sets the commit that a branch or tag of a model's repository points to.
    pub fn hub_revision(&self, repository: &str, revision: &str, commit: &str) {
        let body = format!("{{\"id\": \"{repository}\", \"sha\": \"{commit}\", \"siblings\": []}}");
        self.put(&format!("/api/models/{repository}/revision/{revision}"), body, "");
    }

    /// Lists commits (hash and title) of a model's repository, two on a page.
    pub fn hub_commits(&self, repository: &str, commits: &[(&str, &str)]) {
        let first = format!("/api/models/{repository}/commits/main");
        let pages: Vec<_> = commits.chunks(2).collect();
        for (index, page) in pages.iter().enumerate() {
            let items: Vec<String> = page
                .iter()
                .map(|(id, title)| {
                    format!("{{\"id\": \"{id}\", \"title\": \"{title}\", \"message\": \"\", \"authors\": [], \"date\": \"2022-05-24T00:00:00.000Z\"}}")
                })
                .collect();
            let path = if index == 0 { first.clone() } else { format!("{first}?cursor={index}") };
            let more = index + 1 < pages.len();
            let link = format!("Link: <{}{first}?cursor={}>; rel=\"next\"\r\n", self.url, index + 1);
            self.put(&path, format!("[{}]", items.join(", ")), if more { &link } else { "" });
        }
    }

    /// Makes the next requests of a method for a path fail, one after the other.
    pub fn fail(&self, method: &str, path: &str, faults: &[Fault]) {
        let key = (path.to_owned(), method.to_owned());
        self.state().faults.entry(key).or_default().extend(faults.iter().cloned());
    }

    /// Returns the requests since the last call.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state().requests)
    }

    /// Returns the number of bytes of bodies that were sent since the last call.
    pub fn bytes_sent(&self) -> usize {
        std::mem::take(&mut self.state().bytes_sent)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn serve(mut stream: impl Stream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(&mut stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let read = reader.read_line(&mut line);
        if read.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidData) {
            // The client speaks TLS to a server that does not.
            return reader.get_mut().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
        if read? == 0 || line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let field = |line: &String| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let request = Request { method, path, headers: lines.iter().skip(1).filter_map(field).collect() };
    let (resource, fault) = {
        let mut state = lock(state);
        state.requests.push(request.clone());
        let key = (request.path.clone(), request.method.clone());
        let fault = state.faults.get_mut(&key).and_then(VecDeque::pop_front);
        (state.resources.get(&request.path).cloned(), fault)
    };
    answer(&mut stream, &request, resource, fault, state)?;
    stream.end();
    Ok(())
}

fn answer(
    stream: &mut impl Stream,
    request: &Request,
    resource: Option<Resource>,
    fault: Option<Fault>,
    state: &Mutex<State>,
) -> std::io::Result<()> {
    let mut head = |status: &str, header: &str, length: usize| {
        let text =
            format!("HTTP/1.1 {status}\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(text.as_bytes())
    };
    if let Some(Fault::Status(status, header)) = fault {
        return head(&format!("{status} Fault"), header, 0);
    }
    let Some(resource) = resource else {
        return head("404 Not Found", "X-Error-Message: Entry not found\r\n", 0);
    };
    if let Some(location) = &resource.location {
        return head("302 Found", &format!("{}Location: {location}\r\n", resource.header), 0);
    }
    let mut body = resource.body.as_slice();
    let whole = body.len();
    let same = request.headers.get("if-range").is_none_or(|tag| resource.header.contains(tag));
    let start = request.start().filter(|_| same && !matches!(fault, Some(Fault::WholeFile)));
    let (status, header) = match start {
        Some(start) if start >= whole => {
            return head("416 Range Not Satisfiable", &format!("Content-Range: bytes */{whole}\r\n"), 0);
        }
        Some(start) => {
            body = &body[start..];
            let said = if matches!(fault, Some(Fault::WrongRange)) { start + 1 } else { start };
            let range = format!("Content-Range: bytes {said}-{}/{whole}\r\n", whole - 1);
            ("206 Partial Content", resource.header.clone() + &range)
        }
        None => ("200 OK", resource.header.clone()),
    };
    let wrong: Vec<u8> = body.iter().map(|byte| byte ^ 1).collect();
    let length = match fault {
        Some(Fault::Truncate(length)) => length,
        _ => body.len(),
    };
    head(status, &header, length)?;
    if request.method == "HEAD" {
        return Ok(());
    }
    let (sent, pace) = match fault {
        Some(Fault::Drop(bytes) | Fault::Truncate(bytes) | Fault::Hang(bytes)) => (&body[..bytes], None),
        Some(Fault::WrongBytes) => (wrong.as_slice(), None),
        Some(Fault::Slow(pace)) => (body, Some(pace)),
        _ => (body, None),
    };
    for chunk in sent.chunks(pace.map_or(1 << 16, |pace| (pace / 50).max(1))) {
        stream.write_all(chunk)?;
        lock(state).bytes_sent += chunk.len();
        if pace.is_some() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    if matches!(fault, Some(Fault::Hang(_))) {
        // Returns when the client closes the connection.
        let mut silent = BufReader::new(&mut *stream);
        while silent.fill_buf().is_ok_and(|bytes| !bytes.is_empty()) {
            let n = silent.buffer().len();
            silent.consume(n);
        }
    }
    Ok(())
}
