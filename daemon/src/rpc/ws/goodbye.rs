//! How the daemon ends a WebSocket.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Socket;

/// How long a peer may take to let itself be told.
const LINGER: Duration = Duration::from_secs(1);

pub(super) fn goodbye(code: CloseCode, reason: String) -> CloseFrame {
    CloseFrame {
        code,
        reason: reason.into(),
    }
}

/// Says goodbye, and reads until the peer has closed its side as well. If the socket went while
/// something was on its way here, it would be reset, and the close frame and its reason be lost.
pub(super) async fn part(socket: &mut Socket, goodbye: CloseFrame) {
    let said = async {
        if socket.close(Some(goodbye)).await.is_err() {
            return;
        }
        let io = socket.get_mut();
        let mut scratch = [0; 4096];
        if io.shutdown().await.is_ok() {
            while io.read(&mut scratch).await.is_ok_and(|count| count > 0) {}
        }
    };
    let _ = tokio::time::timeout(LINGER, said).await;
}
