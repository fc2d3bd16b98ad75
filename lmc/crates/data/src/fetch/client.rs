//! Single requests over HTTP, which an interrupt ends at once.
//!
//! The request runs on a thread of its own, because resolving a name, connecting and reading block. The
//! caller that waits for it checks for the interrupt in between. Dropping a reply closes the connection,
//! which ends the thread.

use std::io::Read;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use ureq::http::HeaderMap;
use ureq::tls::TlsConfig;
use ureq::{Agent, ProxyProtocol};

use super::address::{Origin, origin, redirect, shown};
use super::proxy::{Proxies, Via};
use super::retry::{Failure, refusal};
use super::trouble::Trouble;
use super::trust::Trust;
use lmc_base::error::{LmcError, Result};
use lmc_base::interrupt;

/// The time between two checks for the interrupt.
pub(super) const LOOK: Duration = Duration::from_millis(50);
const MAX_REDIRECTS: usize = 10;
const CHUNK: usize = 1 << 16;
/// The largest reply that is taken into memory.
const MAX_TEXT: usize = 16 << 20;

/// Sends requests to servers.
#[derive(Clone)]
pub(super) struct Client {
    /// The secret, and the only origin that it is sent to.
    pub token: Option<(Origin, String)>,
    pub trust: Trust,
    pub proxies: Proxies,
    pub connect_timeout: Duration,
    pub silence_timeout: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
}

/// The redirects that are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    All,
    /// Redirects within an origin, until an answer contains the name by which the hub calls the content.
    Hub,
}

enum Message {
    Head(u16, Box<HeaderMap>),
    Chunk(Vec<u8>),
    End,
    Failed(Trouble),
    /// The body breaks off.
    Broken(String),
}

/// The answer of a server; the body comes piece by piece.
pub(super) struct Reply {
    /// The address it came from in the end.
    pub url: String,
    pub status: u16,
    /// The headers of the answer and of the redirects before it, the last first.
    headers: Vec<HeaderMap>,
    /// The proxy that it came through.
    pub via: Option<Via>,
    messages: Receiver<Message>,
    agent: Agent,
}

impl Client {
    /// Returns the answer to a request, whatever its status.
    pub fn send(
        &self,
        method: Method,
        url: &str,
        fields: &[(&str, &str)],
        follow: Follow,
    ) -> Result<Reply, Failure> {
        let mut url = url.to_owned();
        let mut before = Vec::new();
        for _ in 0..=MAX_REDIRECTS {
            let mut reply = self.exchange(method, &url, fields)?;
            let location = match reply.status {
                301 | 302 | 303 | 307 | 308 => reply.header("location").map(str::to_owned),
                _ => None,
            };
            let Some(location) = location else {
                reply.headers.extend(before);
                return Ok(reply);
            };
            let nonsense =
                || network(&url, Some(reply.status), format!("redirect to `{}`", shown(&location)));
            let next = redirect(&url, &location).ok_or_else(|| Failure::last(nonsense()))?;
            let named = reply.header("x-linked-etag").is_some();
            if follow == Follow::Hub && (named || origin(&url) != origin(&next)) {
                reply.headers.extend(before);
                return Ok(reply);
            }
            before.splice(0..0, std::mem::take(&mut reply.headers));
            url = next;
        }
        Err(Failure::last(network(&url, None, format!("more than {MAX_REDIRECTS} redirects"))))
    }

    /// Returns the body of a reply with status 200, and its headers.
    pub fn text(&self, url: &str) -> Result<(Vec<u8>, Reply), Failure> {
        let mut reply = self.send(Method::Get, url, &[], Follow::Hub)?;
        if reply.status != 200 {
            return Err(refusal(&reply));
        }
        let mut text = Vec::new();
        while let Some(chunk) = reply.chunk()? {
            text.extend(chunk);
            if text.len() > MAX_TEXT {
                let problem = format!("more than {MAX_TEXT} bytes of text");
                return Err(Failure::last(network(url, Some(200), problem)));
            }
        }
        Ok((text, reply))
    }

    fn exchange(&self, method: Method, url: &str, fields: &[(&str, &str)]) -> Result<Reply, Failure> {
        let via = self.proxies.of(url).map_err(Failure::last)?;
        let proxy = via.as_ref().map(|via| via.proxy.clone());
        let by_tls = proxy.as_ref().is_some_and(|proxy| proxy.protocol() == ProxyProtocol::Https);
        let mut tls = TlsConfig::builder();
        if by_tls || url.to_ascii_lowercase().starts_with("https:") {
            tls = tls.root_certs(self.trust.roots().map_err(Failure::last)?);
        }
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(proxy)
            .tls_config(tls.build())
            .user_agent(concat!("lmc/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(self.connect_timeout))
            .timeout_connect(Some(self.connect_timeout))
            .timeout_send_request(Some(self.silence_timeout))
            .timeout_recv_response(Some(self.silence_timeout))
            .timeout_per_read(Some(self.silence_timeout))
            .timeout_per_write(Some(self.silence_timeout))
            .build()
            .into();
        let mut request = match method {
            Method::Get => agent.get(url),
            Method::Head => agent.head(url),
        }
        .header("accept-encoding", "identity");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        if let Some((place, token)) = &self.token
            && origin(url).as_ref() == Some(place)
        {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let (sender, messages) = sync_channel(8);
        std::thread::spawn(move || deliver(request.call(), &sender));
        let (headers, agent) = (Vec::new(), agent.clone());
        let mut reply = Reply { url: url.to_owned(), status: 0, headers, via, messages, agent };
        match reply.receive()? {
            Message::Head(status, headers) => {
                reply.status = status;
                reply.headers = vec![*headers];
                Ok(reply)
            }
            Message::Failed(trouble) => Err(trouble.failure(url, reply.via.as_ref(), &self.trust)),
            Message::Chunk(_) | Message::End | Message::Broken(_) => {
                Err(Failure::again(network(url, None, "no answer".into()), None))
            }
        }
    }
}

/// Sends on what a request brings; ends when nobody listens any more.
fn deliver(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>, sender: &SyncSender<Message>) {
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            let _ = sender.send(Message::Failed(Trouble::from(&error)));
            return;
        }
    };
    let (parts, body) = response.into_parts();
    let mut going_on = sender.send(Message::Head(parts.status.as_u16(), Box::new(parts.headers))).is_ok();
    let mut reader = body.into_reader();
    while going_on {
        let mut chunk = vec![0; CHUNK];
        let message = match reader.read(&mut chunk) {
            Ok(0) => Message::End,
            Ok(n) => {
                chunk.truncate(n);
                Message::Chunk(chunk)
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => Message::Broken(error.to_string()),
        };
        let last = !matches!(message, Message::Chunk(_));
        going_on = sender.send(message).is_ok() && !last;
    }
}

impl Reply {
    /// Returns a header of the answer, or of the last redirect that has it.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|headers| headers.get(name)).and_then(|value| value.to_str().ok())
    }

    /// Returns the next piece of the body, or nothing at its end. A connection that breaks off is an error
    /// that may be tried again.
    pub fn chunk(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self.receive()? {
            Message::Chunk(chunk) => Ok(Some(chunk)),
            Message::End => Ok(None),
            Message::Broken(problem) => {
                Err(Failure::again(network(&self.url, Some(self.status), problem), None))
            }
            Message::Head(..) | Message::Failed(_) => {
                Err(Failure::last(network(&self.url, Some(self.status), "two answers".into())))
            }
        }
    }

    fn receive(&self) -> Result<Message, Failure> {
        loop {
            interrupt::check(|| format!("{} was being fetched", shown(&self.url))).map_err(Failure::last)?;
            match self.messages.recv_timeout(LOOK) {
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let problem = "the request ended without an answer".to_owned();
                    return Err(Failure::again(network(&self.url, None, problem), None));
                }
            }
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.agent.clone().shutdown();
    }
}

/// Returns an error of the network, with a remedy if the server said nothing.
pub(super) fn network(url: &str, status: Option<u16>, problem: String) -> LmcError {
    let remedy = "check the connection and run the same call again, what was fetched is kept; HF_HUB_OFFLINE=1 takes what is in the cache";
    LmcError::Network { url: shown(url), status, problem, remedy: remedy.into() }
}
