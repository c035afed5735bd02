//! The connection to a daemon that keeps a registry of tokens.

use anyhow::bail;
use lotus_client::{CallError, Client, Found, Token};
use lotus_core::api::auth::AuthClient;
use lotus_core::types::TokenInfo;

use super::given;
use crate::opts::{Answer, Connection, Context};

/// JSON-RPC's code for a method that does not exist.
const METHOD_NOT_FOUND: i32 = -32601;

/// How much of an id is shown in lists.
const SHORT_ID: usize = 12;

/// How much of an id has to be given.
const SHORTEST_ID: usize = 6;

/// A daemon's registry, as far as the daemon has one.
#[derive(Debug)]
pub(super) struct Registry {
    pub(super) client: Client,
    pub(super) found: Found,
}

impl Registry {
    pub(super) async fn open(context: &Context) -> anyhow::Result<Self> {
        let Connection { client, found } = context.connect_main().await?;
        Ok(Self { client, found })
    }

    /// Words an error of the registry.
    pub(super) fn answer<T>(&self, answer: Result<T, CallError>) -> anyhow::Result<T> {
        if answer.as_ref().is_err_and(is_unknown_method) {
            bail!(
                "this node does not keep a registry of tokens, as Lotus does not: {}; what works \
                 there is `auth create-token` with no other flag than --perm, `auth api-info` and \
                 `auth inspect`",
                self.client.endpoint()
            );
        }
        answer.answer()
    }

    /// The token of a name, of an id, or of the beginning of an id as `auth list` shows it.
    pub(super) async fn find(&self, text: &str) -> anyhow::Result<TokenInfo> {
        given::refuse_secret(text)?;
        let unknown = match self.client.get(text.to_owned()).await {
            Err(error @ CallError::Call(_))
                if !is_unknown_method(&error) && is_part_of_id(text) =>
            {
                error
            }
            answer => return self.answer(answer),
        };
        let Ok(mut all) = self.client.list(true).await else {
            return self.answer(Err(unknown));
        };
        all.retain(|info| info.id.starts_with(text));
        match (all.pop(), all.is_empty()) {
            (Some(info), true) => Ok(info),
            (Some(_), false) => bail!("more than one token has an id that begins with {text}"),
            (None, _) => self.answer(Err(unknown)),
        }
    }

    /// The token that this program itself uses.
    pub(super) fn own_token(&self) -> Option<&Token> {
        self.found.info.token.as_ref()
    }
}

/// Whether the daemon does not know the method.
pub(super) fn is_unknown_method(error: &CallError) -> bool {
    matches!(error, CallError::Call(object) if object.code() == METHOD_NOT_FOUND)
}

/// The beginning of an id, which is enough to name a token.
pub(super) fn short_id(id: &str) -> &str {
    id.get(..SHORT_ID).unwrap_or(id)
}

fn is_part_of_id(text: &str) -> bool {
    text.len() >= SHORTEST_ID && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_to_what_names_them() {
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(short_id(id), "0123456789ab");
        assert!(is_part_of_id(short_id(id)));
        assert_eq!(short_id("odd"), "odd");
        for name in ["curio", "12345", "0123456z"] {
            assert!(!is_part_of_id(name), "{name}");
        }
    }
}
