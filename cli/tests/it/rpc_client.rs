//! The API of a running daemon, called over one connection after the other, with the repo's admin token.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::Home;
use crate::running::Running;

/// How long the daemon may take for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a call was not answered with a result.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The daemon said no: the code and the text.
    Error(i64, String),
    /// The daemon is gone.
    Gone,
}

#[derive(Clone)]
pub(crate) struct Rpc {
    pub(crate) socket: SocketAddr,
    token: String,
}

impl Rpc {
    pub(crate) fn of(home: &Home, daemon: &Running) -> Rpc {
        Rpc {
            socket: daemon.socket(),
            token: fs::read_to_string(home.repo().join("token")).unwrap(),
        }
    }

    pub(crate) fn call(&self, method: &str, params: Value) -> Result<Value, Refusal> {
        let method = format!("Filecoin.{method}");
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let body = body.to_string();
        let request = format!(
            "POST /rpc/v1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        let mut reply = self.exchange(&request).map_err(|_| Refusal::Gone)?;
        match reply.get("error") {
            None => Ok(reply["result"].take()),
            Some(error) => {
                let text = error["message"].as_str().unwrap().to_owned();
                Err(Refusal::Error(error["code"].as_i64().unwrap(), text))
            }
        }
    }

    /// The answer of a call that must succeed.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, params: Value) -> Value {
        match self.call(method, params) {
            Ok(answer) => answer,
            Err(error) => panic!("{method}: {error:?}"),
        }
    }

    /// The JSON at a path that is no method.
    pub(crate) fn get(&self, path: &str) -> Value {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
            self.token
        );
        self.exchange(&request).unwrap()
    }

    fn exchange(&self, request: &str) -> io::Result<Value> {
        let mut stream = TcpStream::connect(self.socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let mut reply = BufReader::new(stream);
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reply.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reply.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body).unwrap())
    }
}
