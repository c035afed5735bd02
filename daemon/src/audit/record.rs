//! What is recorded: one call, and the line that it becomes.

use std::borrow::Cow;
use std::net::SocketAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::chain::{Key, Seal, hex};

/// The longest text of one field, in bytes. A caller chooses some of them, and the log must not grow
/// faster than the limits on requests allow.
const MAX_TEXT: usize = 256;

/// What the gate decided about a call, or what the log says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Verdict {
    /// The call was let through.
    Allowed,
    /// The caller is known and may not do this.
    Refused,
    /// The caller showed no valid token.
    Unauthenticated,
    /// Written by the log itself: [`Record::count`] records could not be kept, because the disk had
    /// failed for too long.
    Lost,
    /// Written by the log itself: [`Record::count`] bytes that were no complete record were cut off
    /// the log when it was opened after a crash. They are kept in `audit/cut-<seq>`.
    Recovered,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// With a result.
    Ok,
    /// With an error of the method.
    Error,
}

/// What a call came in on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// An HTTP request.
    Http,
    /// A WebSocket.
    Ws,
}

/// A call to be recorded. There is no place for its parameters, which may be secrets. Texts beyond
/// 256 bytes are shortened, and the path ends at its `?`, where a token may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id of the caller's token.
    pub token: Option<String>,
    /// The name of that token.
    pub name: Option<String>,
    /// Where the call came from.
    pub address: SocketAddr,
    /// On which transport.
    pub transport: Transport,
    /// At which path of the server.
    pub path: Cow<'static, str>,
    /// The method on the wire; `None` if the request was refused before it was read.
    pub method: Option<Cow<'static, str>>,
    /// What the gate decided.
    pub verdict: Verdict,
    /// Which rule refused it.
    pub reason: Option<Cow<'static, str>>,
    /// The request's id as JSON text (`7`, `"a"`); `None` for a notification.
    pub request: Option<String>,
    /// How it ended; `None` if it was refused, or had not ended.
    pub outcome: Option<Outcome>,
}

/// One line of the log; it serialises without its `mac`. The fields that are those of [`Entry`] are described there; a record of the
/// log about itself has none of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The record's place in the log, from 1, without gaps.
    pub seq: u64,
    /// When it was recorded, in milliseconds.
    #[serde(serialize_with = "rfc3339")]
    pub time: Timestamp,
    /// The id of the caller's token.
    pub token: Option<String>,
    /// The name of that token.
    pub name: Option<String>,
    /// Where the call came from.
    pub address: Option<SocketAddr>,
    /// On which transport.
    pub transport: Option<Transport>,
    /// At which path of the server.
    pub path: Option<Cow<'static, str>>,
    /// The method on the wire.
    pub method: Option<Cow<'static, str>>,
    /// What the gate decided, or what happened to the log.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<Cow<'static, str>>,
    /// The request's id as JSON text.
    pub request: Option<String>,
    /// How the call ended.
    pub outcome: Option<Outcome>,
    /// How many records or bytes are gone; only where the log speaks of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The HMAC-SHA256 over the previous record's and this record without it.
    #[serde(
        deserialize_with = "hex::deserialize",
        rename = "mac",
        skip_serializing
    )]
    pub(super) seal: Seal,
}

impl Record {
    /// The record of a call at `time`, without its place in the log.
    pub(super) fn of(entry: Entry, time: Timestamp) -> Record {
        Record {
            token: entry.token.map(bounded),
            name: entry.name.map(bounded),
            address: Some(entry.address),
            transport: Some(entry.transport),
            path: Some(bounded_cow(without_query(entry.path))),
            method: entry.method.map(bounded_cow),
            reason: entry.reason.map(bounded_cow),
            request: entry.request.map(bounded),
            outcome: entry.outcome,
            ..Record::about_the_log(entry.verdict, None, None, time)
        }
    }

    /// `count` records are not in the log from here on.
    pub(super) fn lost(count: u64, time: Timestamp) -> Record {
        let reason = "the log could not be written for too long";
        Record::about_the_log(Verdict::Lost, Some(reason), Some(count), time)
    }

    /// `count` bytes were cut off here.
    pub(super) fn recovered(count: u64, time: Timestamp) -> Record {
        let reason = "bytes after the last complete record were cut off";
        Record::about_the_log(Verdict::Recovered, Some(reason), Some(count), time)
    }

    fn about_the_log(
        verdict: Verdict,
        reason: Option<&'static str>,
        count: Option<u64>,
        time: Timestamp,
    ) -> Record {
        Record {
            seq: 0,
            time: milliseconds(time),
            token: None,
            name: None,
            address: None,
            transport: None,
            path: None,
            method: None,
            verdict,
            reason: reason.map(Cow::Borrowed),
            request: None,
            outcome: None,
            count,
            seal: Seal::default(),
        }
    }

    /// Appends this record as line `seq` after `previous`, and returns its seal.
    pub(super) fn write(&mut self, seq: u64, key: &Key, previous: &Seal, to: &mut Vec<u8>) -> Seal {
        self.seq = seq;
        let start = to.len();
        serde_json::to_writer(&mut *to, self).expect("strings and integers serialise");
        self.seal = key.seal(to, start, previous);
        self.seal
    }
}

/// Whole milliseconds: what the log says and what is read back are the same.
fn milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

fn rfc3339<S: Serializer>(time: &Timestamp, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&format_args!("{time:.3}"))
}

fn bounded(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        let end = (0..=MAX_TEXT).rev().find(|&end| text.is_char_boundary(end));
        text.truncate(end.unwrap_or_default());
        text.push('…');
    }
    text
}

fn bounded_cow(text: Cow<'static, str>) -> Cow<'static, str> {
    match text {
        Cow::Owned(text) => bounded(text).into(),
        // The program's own words are as long as they are.
        Cow::Borrowed(_) => text,
    }
}

fn without_query(path: Cow<'static, str>) -> Cow<'static, str> {
    match path.split_once('?') {
        Some((path, _)) => path.to_owned().into(),
        None => path,
    }
}
