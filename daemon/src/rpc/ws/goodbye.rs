//! How the daemon ends a WebSocket.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Socket;
use crate::auth::End;

/// The close code of a connection whose token died; the reason says of what.
const TOKEN_DIED: CloseCode = CloseCode::Library(4401);

/// The close code of a connection whose token may have died without anybody here knowing (1013, try
/// again later, RFC 6455's registry): the token may be as good as ever.
const TOKEN_UNKNOWN: CloseCode = CloseCode::Again;

/// How long a peer may take to let itself be told.
const LINGER: Duration = Duration::from_secs(1);

pub(super) fn goodbye(code: CloseCode, reason: String) -> CloseFrame {
    CloseFrame {
        code,
        reason: reason.into(),
    }
}

/// To a peer whose token can no longer be used.
pub(super) fn of_token(end: End) -> CloseFrame {
    let code = match end {
        End::Dead(_) => TOKEN_DIED,
        End::Stale => TOKEN_UNKNOWN,
    };
    goodbye(code, end.to_string())
}

/// Says goodbye; nothing more can reach the peer after that. Returns whether it could be said.
pub(super) async fn say(socket: &mut Socket, goodbye: CloseFrame) -> bool {
    matches!(
        tokio::time::timeout(LINGER, socket.close(Some(goodbye))).await,
        Ok(Ok(()))
    )
}

/// Reads until the peer has closed its side as well. If the socket went while something was on its
/// way here, it would be reset, and the close frame and its reason be lost.
pub(super) async fn linger(socket: &mut Socket) {
    let closed = async {
        let io = socket.get_mut();
        let mut scratch = [0; 4096];
        if io.shutdown().await.is_ok() {
            while io.read(&mut scratch).await.is_ok_and(|count| count > 0) {}
        }
    };
    let _ = tokio::time::timeout(LINGER, closed).await;
}
