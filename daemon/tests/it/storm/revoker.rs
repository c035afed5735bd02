//! Those who revoke: on threads of their own, so that nothing lies between the daemon's answer and
//! the look at the meters.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use lotus_testutil::{PATIENCE, TestDaemon};
use serde_json::{Value, json};

use super::{MINTED, Storm};

/// The age of the old tokens, in seconds.
const AGE: u64 = 3600;

/// What to revoke, by what. Numbers are those of the subjects.
#[derive(Clone, Debug)]
pub(super) enum By {
    Id(usize),
    Name(usize),
    Text(usize),
    /// All old ones at once.
    Age,
}

/// Somebody with an admin token.
pub(super) struct Revoker {
    storm: Arc<Storm>,
    token: String,
}

impl Revoker {
    pub(super) fn new(storm: &Arc<Storm>, token: String) -> Self {
        let storm = storm.clone();
        Self { storm, token }
    }

    /// Revokes, and returns what is wrong about it.
    pub(super) fn revoke(&self, by: By) -> Option<String> {
        let subjects = &self.storm.subjects;
        let (meant, selector) = match by {
            By::Id(one) => (one..one + 1, json!({ "Id": subjects[one].id })),
            By::Name(one) => (one..one + 1, json!({ "Name": subjects[one].name })),
            By::Text(one) => (one..one + 1, json!({ "Token": subjects[one].text })),
            By::Age => (MINTED..subjects.len(), json!({ "OlderThan": AGE / 2 })),
        };
        for subject in &subjects[meant.clone()] {
            subject.doomed.store(true, Ordering::SeqCst);
        }
        let reply = self.call("Auth.Revoke", &json!([selector]));
        // What the daemon says it has revoked is silent from this moment on. A token that another
        // one is just revoking is not among it.
        let Some(revoked) = reply["result"].as_array() else {
            return Some(format!("{by:?}: {reply}"));
        };
        for info in revoked {
            let subject = subjects[meant.clone()]
                .iter()
                .find(|subject| info["Id"] == subject.id.as_str());
            let Some(subject) = subject else {
                return Some(format!("{by:?} revoked {info}"));
            };
            for meter in &subject.meters {
                meter.nothing_from_now_on();
            }
        }
        None
    }

    fn call(&self, method: &str, params: &Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let body = body.to_string();
        let (socket, token) = (self.storm.socket, &self.token);
        let mut stream = TcpStream::connect(socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = format!(
            "POST /rpc/v1 HTTP/1.1\r\nHost: {socket}\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut stream = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut reply = vec![0; length];
        stream.read_exact(&mut reply).unwrap();
        serde_json::from_slice(&reply).unwrap()
    }
}

/// A token that is an hour old: made elsewhere with the daemon's secret.
pub(super) fn old_token(node: &TestDaemon, id: &str) -> String {
    let entry = data_encoding::BASE32_NOPAD.encode(b"auth-jwt-private");
    let entry = std::fs::read(node.repo().join("keystore").join(entry)).unwrap();
    let entry: Value = serde_json::from_slice(&entry).unwrap();
    let secret = entry["PrivateKey"].as_str().unwrap();
    let secret = BASE64.decode(secret.as_bytes()).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let claims = json!({ "Allow": ["read"], "jti": id, "iat": now.as_secs() - AGE });
    let key = jsonwebtoken::EncodingKey::from_secret(&secret);
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    jsonwebtoken::encode(&header, &claims, &key).unwrap()
}
