//! A connection that can be asked how much has reached it.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use lotus_testutil::bounded;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What has reached one connection.
pub(super) struct Meter {
    /// Another descriptor of the same socket.
    stream: OwnedFd,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Bytes that were read.
    read: u64,
    /// Bytes that had arrived when somebody's revoking call had returned.
    last: Option<u64>,
}

/// The stream itself.
pub(super) struct Metered {
    stream: TcpStream,
    meter: Arc<Meter>,
}

pub(super) async fn connect(socket: SocketAddr) -> (Metered, Arc<Meter>) {
    let stream = bounded(TcpStream::connect(socket)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let meter = Arc::new(Meter {
        stream: rustix::io::dup(&stream).unwrap(),
        counts: Mutex::default(),
    });
    let metered = Metered {
        stream,
        meter: meter.clone(),
    };
    (metered, meter)
}

impl Meter {
    /// From here on nothing may arrive. An earlier moment stays.
    pub(super) fn nothing_from_now_on(&self) {
        // Nobody reads meanwhile, so no byte is counted twice or not at all.
        let mut counts = self.counts.lock().unwrap();
        let waiting = rustix::io::ioctl_fionread(&self.stream).unwrap_or(0);
        let arrived = counts.read + waiting;
        counts.last.get_or_insert(arrived);
    }

    /// How many bytes arrived all the same. The stream must have been read to its end.
    pub(super) fn late(&self) -> Option<u64> {
        let counts = self.counts.lock().unwrap();
        let last = counts.last?;
        (counts.read > last).then(|| counts.read - last)
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let meter = self.meter.clone();
        let mut counts = meter.counts.lock().unwrap();
        let before = buf.filled().len();
        let done = Pin::new(&mut self.stream).poll_read(cx, buf);
        counts.read += (buf.filled().len() - before) as u64;
        done
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
