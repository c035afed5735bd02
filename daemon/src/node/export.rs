//! `ChainExport`: a CAR file in pieces, on a channel.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use jsonrpsee::SubscriptionSink;
use lotus_chain::store::car::Export;
use lotus_core::types::{Bytes, TipSet};
use tokio::sync::mpsc;

use super::chain::send;
use crate::chain::Chain;
use crate::task;

/// How many bytes a piece has (Lotus sends as many).
const PIECE: usize = 1 << 20;

/// How many pieces may wait for the socket.
const WAITING: usize = 2;

/// Writes into a channel. It blocks while the other end is slow.
struct Pieces(mpsc::Sender<Bytes>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        let sent = self.0.blocking_send(Bytes(piece.to_vec()));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends the chain that ends with `head`. The last piece is empty, which says that nothing is
/// missing; without it the channel ends early.
pub(super) async fn run(
    chain: &Arc<dyn Chain>,
    head: Arc<TipSet>,
    what: Export,
    sink: &SubscriptionSink,
) {
    let (pieces, mut written) = mpsc::channel(WAITING);
    let chain = chain.clone();
    let export = task::blocking(move || {
        let mut writer = BufWriter::with_capacity(PIECE, Pieces(pieces));
        let exported = chain.store().export(&head, what, &mut writer, &mut |_| {});
        exported.map_err(|error| error.to_string())?;
        writer.flush().map_err(|error| error.to_string())
    });
    while let Some(piece) = written.recv().await {
        if !send(sink, &piece).await {
            break;
        }
    }
    drop(written);
    match export.await {
        Ok(Ok(())) => {
            send(sink, &Bytes::default()).await;
        }
        Ok(Err(error)) => tracing::warn!(target: "chain", %error, "an export was not completed"),
        Err(error) => tracing::error!(target: "chain", %error, "an export failed"),
    }
}
