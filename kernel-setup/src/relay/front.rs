//! The sockets that Jupyter connects to.

use anyhow::{Context, Result};
use serde_json::json;
use tokio::sync::mpsc::Sender;
use zeromq::{
    PubSocket, RepSocket, RouterRecvHalf, RouterSendHalf, RouterSocket, Socket, SocketRecv, SocketSend,
};

use super::Input;
use crate::jupyter::{Channel, Connection, Message, Signer};

/// The sockets, ready to send.
pub struct Front {
    shell: RouterSendHalf,
    control: RouterSendHalf,
    stdin: RouterSendHalf,
    iopub: PubSocket,
    signer: Signer,
    /// The name of this kernel's session.
    pub session: String,
}

impl Front {
    /// Binds the sockets and reads from them.
    pub async fn bind(connection: &Connection, inputs: &Sender<Input>) -> Result<Front> {
        let signer = Signer::new(&connection.key)?;
        let router = async |channel| -> Result<RouterSendHalf> {
            let (send, receive) = bind::<RouterSocket>(connection, channel).await?.split();
            tokio::spawn(read(receive, channel, signer.clone(), inputs.clone()));
            Ok(send)
        };
        let (shell, control) = (router(Channel::Shell).await?, router(Channel::Control).await?);
        let stdin = router(Channel::Stdin).await?;
        let iopub = bind(connection, Channel::Iopub).await?;
        let heartbeat: RepSocket = bind(connection, Channel::Heartbeat).await?;
        tokio::spawn(echo(heartbeat));
        Ok(Front { shell, control, stdin, iopub, signer, session: uuid::Uuid::new_v4().to_string() })
    }

    /// Sends a message to the client it names. It does not matter if that client has gone.
    pub async fn send(&mut self, channel: Channel, message: &Message) -> Result<()> {
        let socket = match channel {
            Channel::Shell => &mut self.shell,
            Channel::Control => &mut self.control,
            _ => &mut self.stdin,
        };
        if let Err(error) = socket.send(self.signer.pack(message)?).await {
            eprintln!("a {} reached nobody: {error}", message.kind());
        }
        Ok(())
    }

    /// Sends a message to everybody.
    pub async fn publish(&mut self, message: &Message) -> Result<()> {
        self.iopub.send(self.signer.pack(message)?).await.context("publish")
    }

    /// Publishes a message that belongs to a request.
    pub async fn tell(&mut self, about: &Message, kind: &str, content: serde_json::Value) -> Result<()> {
        let message = about.about(kind, &self.session, content);
        self.publish(&message).await
    }

    /// Publishes whether the kernel is `busy` or `idle` with a request.
    pub async fn status(&mut self, about: &Message, state: &str) -> Result<()> {
        self.tell(about, "status", json!({ "execution_state": state })).await
    }
}

async fn bind<S: Socket>(connection: &Connection, channel: Channel) -> Result<S> {
    let (mut socket, address) = (S::new(), connection.address(channel));
    socket.bind(&address).await.with_context(|| format!("listen at {address}"))?;
    Ok(socket)
}

async fn read(mut socket: RouterRecvHalf, channel: Channel, signer: Signer, inputs: Sender<Input>) {
    while let Ok(frames) = socket.recv().await {
        match signer.unpack(frames) {
            Ok(message) => {
                if inputs.send(Input::Client(channel, message)).await.is_err() {
                    return;
                }
            }
            Err(error) => eprintln!("{error:#}"),
        }
    }
}

async fn echo(mut socket: RepSocket) {
    while let Ok(beat) = socket.recv().await {
        if socket.send(beat).await.is_err() {
            return;
        }
    }
}
