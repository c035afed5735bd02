//! One connection: it calls without pause, and judges what it is answered.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use lotus_testutil::wire::Ws;
use rand::prelude::*;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::Storm;
use super::meter::Metered;

/// Calls that a healthy connection still makes when the storm is over.
const AFTERWARDS: u64 = 5;

/// The id of the call that opens the channel.
const CHANNEL: u64 = 0;

/// What the goodbye says, and a refusal before it.
const REVOKED: &str = "the token was revoked";

/// A client and its token.
pub(super) struct Client {
    storm: Arc<Storm>,
    subject: usize,
    rng: StdRng,
    /// Whether it has a channel open.
    channel: bool,
    last_id: u64,
}

/// How a round of calls ended.
enum Round {
    Answered,
    Closed(u16, String),
}

impl Client {
    pub(super) fn new(storm: &Arc<Storm>, subject: usize, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        Self {
            storm: storm.clone(),
            subject,
            channel: rng.random(),
            rng,
            last_id: CHANNEL,
        }
    }

    /// Calls until the token is revoked, or the storm is over, and says what is wrong.
    pub(super) async fn run(self, stream: Metered) -> Result<(), String> {
        let storm = self.storm.clone();
        let id = &storm.subjects[self.subject].id;
        let done = self.calls(stream).await;
        done.map_err(|wrong| format!("{id}: {wrong}"))
    }

    async fn calls(mut self, stream: Metered) -> Result<(), String> {
        let storm = self.storm.clone();
        let path = format!("/rpc/v1?token={}", storm.subjects[self.subject].text);
        let opened = Ws::over(stream, storm.socket, &path, &[]).await;
        let mut ws = opened.map_err(|status| format!("refused with {status}"))?;
        if self.channel {
            ws.try_send(&call(CHANNEL, "Filecoin.Closing")).await;
            let reply = json(ws.event().await)?;
            if reply["result"] != 1 {
                return Err(format!("no channel: {reply}"));
            }
        }
        let mut first = true;
        let mut left = AFTERWARDS;
        while left > 0 {
            if storm.over.load(Ordering::SeqCst) {
                left -= 1;
            }
            match self.round(&mut ws).await? {
                Round::Answered if first => {
                    storm.busy.fetch_add(1, Ordering::SeqCst);
                    first = false;
                }
                Round::Answered => {}
                Round::Closed(code, reason) => return self.ended(&mut ws, code, &reason).await,
            }
        }
        if self.is_doomed() {
            return Err("revoked, and still answered".to_owned());
        }
        if self.channel {
            let cancel = json!({ "jsonrpc": "2.0", "method": "xrpc.cancel", "params": [CHANNEL] });
            ws.try_send(&cancel.to_string()).await;
            let reply = json(ws.event().await)?;
            if reply["method"] != "xrpc.ch.close" {
                return Err(format!("the channel is gone: {reply}"));
            }
        }
        Ok(())
    }

    /// A few calls at a time; each must be answered, and nothing else may come. One of the methods
    /// answers at once, the other has to ask the token store.
    async fn round(&mut self, ws: &mut Ws<Metered>) -> Result<Round, String> {
        let mut open = Vec::new();
        for _ in 0..self.rng.random_range(1..=4) {
            self.last_id += 1;
            let method = match self.rng.random_range(0..4) {
                0 => "Auth.Self",
                _ => "Filecoin.Version",
            };
            ws.try_send(&call(self.last_id, method)).await;
            open.push(self.last_id);
        }
        while !open.is_empty() {
            let event = ws.event().await;
            if let Some(Message::Close(frame)) = event {
                let frame = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                let (code, reason) = frame.unwrap_or_default();
                return Ok(Round::Closed(code, reason));
            }
            let reply = json(event)?;
            let id = reply["id"].as_u64().unwrap_or_default();
            // A call may reach the gate before the goodbye reaches this side.
            let refused = reply["error"]["message"] == REVOKED && self.is_doomed();
            if !(reply["result"].is_object() || refused) || !open.contains(&id) {
                return Err(format!("{open:?} were called: {reply}"));
            }
            open.retain(|other| *other != id);
        }
        Ok(Round::Answered)
    }

    /// After a goodbye: it must be the right one, said to the right one, and the last thing said.
    async fn ended(&self, ws: &mut Ws<Metered>, code: u16, reason: &str) -> Result<(), String> {
        let is_doomed = self.is_doomed();
        if (is_doomed, code, reason) != (true, 4401, REVOKED) {
            return Err(format!("closed with {code} {reason}; revoked: {is_doomed}"));
        }
        match ws.event().await {
            None => Ok(()),
            Some(more) => Err(format!("after the goodbye: {more}")),
        }
    }

    /// Whether somebody may be revoking its token, or has.
    fn is_doomed(&self) -> bool {
        self.storm.subjects[self.subject]
            .doomed
            .load(Ordering::SeqCst)
    }
}

fn call(id: u64, method: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": [] }).to_string()
}

/// A text frame; anything else is an interruption.
fn json(event: Option<Message>) -> Result<Value, String> {
    match event {
        Some(Message::Text(text)) => serde_json::from_str(&text).map_err(|why| why.to_string()),
        Some(other) => Err(format!("a reply was expected: {other}")),
        None => Err("the connection ended without a goodbye".to_owned()),
    }
}
