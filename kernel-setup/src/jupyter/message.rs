//! Messages, and the signed frames in which they travel.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use zeromq::ZmqMessage;

const DELIMITER: &[u8] = b"<IDS|MSG>";
const PROTOCOL: &str = "5.3";

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The sender or the recipient.
    pub identities: Vec<Bytes>,
    /// `msg_id`, `msg_type`, `session` and more.
    pub header: Value,
    /// The header of the request that it belongs to.
    pub parent: Value,
    /// Anything else.
    pub metadata: Value,
    /// The content.
    pub content: Value,
    /// Binary data.
    pub buffers: Vec<Bytes>,
}

impl Message {
    /// Returns a message to everybody that belongs to a request, in the name of a kernel's session.
    pub fn about(&self, kind: &str, session: &str, content: Value) -> Message {
        let header = json!({
            "msg_id": uuid::Uuid::new_v4().to_string(),
            "msg_type": kind,
            "session": session,
            "username": "kernel",
            "date": chrono::Utc::now().to_rfc3339(),
            "version": PROTOCOL,
        });
        let (identities, buffers) = (Vec::new(), Vec::new());
        Message { identities, header, parent: self.header.clone(), metadata: json!({}), content, buffers }
    }

    /// Returns the answer to a request, addressed to its sender.
    pub fn reply(&self, session: &str, content: Value) -> Message {
        let kind = self.kind().replace("_request", "_reply");
        let identities = self.identities.clone();
        Message { identities, ..self.about(&kind, session, content) }
    }

    /// Returns the type, such as `execute_request`.
    pub fn kind(&self) -> &str {
        self.header["msg_type"].as_str().unwrap_or_default()
    }

    /// Returns the number of the request that this belongs to.
    pub fn parent_id(&self) -> &str {
        self.parent["msg_id"].as_str().unwrap_or_default()
    }

    /// Returns its own number.
    pub fn id(&self) -> &str {
        self.header["msg_id"].as_str().unwrap_or_default()
    }
}

/// A key of a connection, to sign messages and to check signatures.
#[derive(Clone)]
pub struct Signer(Option<Hmac<Sha256>>);

impl Signer {
    /// Returns a signer with a key; an empty key signs nothing.
    pub fn new(key: &str) -> Result<Signer> {
        if key.is_empty() {
            return Ok(Signer(None));
        }
        Ok(Signer(Some(Hmac::new_from_slice(key.as_bytes()).context("the key of the connection")?)))
    }

    /// Returns the frames of a message.
    pub fn pack(&self, message: &Message) -> Result<ZmqMessage> {
        let parts = [&message.header, &message.parent, &message.metadata, &message.content];
        let parts = parts.map(|part| Bytes::from(part.to_string()));
        let mut frames = message.identities.clone();
        frames.push(Bytes::from_static(DELIMITER));
        frames.push(Bytes::from(self.signature(&parts).map(hex).unwrap_or_default()));
        frames.extend(parts);
        frames.extend(message.buffers.iter().cloned());
        ZmqMessage::try_from(frames).ok().context("a message without frames")
    }

    /// Returns the message in frames; fails if they are not a message or the signature is wrong.
    pub fn unpack(&self, frames: ZmqMessage) -> Result<Message> {
        let mut frames = frames.into_vec();
        let delimiter = frames.iter().position(|frame| &frame[..] == DELIMITER);
        let delimiter = delimiter.context("not a Jupyter message: no delimiter")?;
        let rest = frames.split_off(delimiter);
        let [_, signature, header, parent, metadata, content, buffers @ ..] = rest.as_slice() else {
            bail!("not a Jupyter message: {} frames", rest.len());
        };
        let parts = [header, parent, metadata, content].map(Clone::clone);
        if let Some(mac) = self.mac(&parts) {
            let signature = unhex(signature).context("the signature is not hexadecimal")?;
            mac.verify_slice(&signature).ok().context("a message whose signature is wrong was refused")?;
        }
        let [header, parent, metadata, content] = parts.map(|part| serde_json::from_slice(&part));
        Ok(Message {
            identities: frames,
            header: header?,
            parent: parent?,
            metadata: metadata?,
            content: content?,
            buffers: buffers.to_vec(),
        })
    }

    fn mac(&self, parts: &[Bytes; 4]) -> Option<Hmac<Sha256>> {
        let mut mac = self.0.clone()?;
        parts.iter().for_each(|part| mac.update(part));
        Some(mac)
    }

    fn signature(&self, parts: &[Bytes; 4]) -> Option<Vec<u8>> {
        Some(self.mac(parts)?.finalize().into_bytes().to_vec())
    }
}

fn hex(bytes: Vec<u8>) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.is_ascii() && text.len() % 2 == 0)?;
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Message {
        Message {
            identities: vec![Bytes::from_static(b"client")],
            header: json!({ "msg_id": "1", "msg_type": "execute_request" }),
            parent: json!({}),
            metadata: json!({}),
            content: json!({ "code": "1 + 1" }),
            buffers: vec![Bytes::from_static(b"\0\xff")],
        }
    }

    #[test]
    fn a_message_travels_unchanged_and_a_forged_one_is_refused() {
        let signer = Signer::new("secret").unwrap();
        let frames = signer.pack(&request()).unwrap();
        assert_eq!(signer.unpack(frames.clone()).unwrap(), request());
        let error = Signer::new("guess").unwrap().unpack(frames).unwrap_err().to_string();
        assert!(error.contains("signature is wrong"), "{error}");
        let unsigned = Signer::new("").unwrap();
        assert_eq!(unsigned.unpack(unsigned.pack(&request()).unwrap()).unwrap(), request());
        assert!(signer.unpack(unsigned.pack(&request()).unwrap()).is_err());
        assert!(signer.unpack(ZmqMessage::from("noise")).is_err());
    }

    #[test]
    fn signatures_are_those_of_the_specification() {
        // Python: hmac.new(b"secret", b'{"a":1}{}{}{}', hashlib.sha256).hexdigest()
        let parts = [r#"{"a":1}"#, "{}", "{}", "{}"].map(Bytes::from);
        let signature = Signer::new("secret").unwrap().signature(&parts).map(hex).unwrap();
        assert_eq!(signature, "5439160579203ae5952244a353b0f81b6ca58a3fb44727217799b393ee79601c");
    }

    #[test]
    fn replies_go_to_the_sender_and_news_to_everybody() {
        let reply = request().reply("session", json!({ "status": "ok" }));
        assert_eq!((reply.kind(), reply.parent_id()), ("execute_reply", "1"));
        assert_eq!(reply.identities, request().identities);
        let news = request().about("status", "session", json!({}));
        assert_eq!((news.kind(), news.identities.len()), ("status", 0));
    }
}
