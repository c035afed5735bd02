//! A token that the user hands over: in a file, or on stdin.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail};
use lotus_client::Token;
use lotus_daemon::auth::MAX_TOKEN_BYTES;
use zeroize::Zeroizing;

use crate::opts::Context;
use crate::output;

/// Reads a token from a file, or from stdin if the path is `-`.
pub(super) fn read(path: &Path, context: &Context) -> anyhow::Result<Token> {
    if path.as_os_str() == "-" {
        return stdin(context);
    }
    File::open(path)
        .map_err(anyhow::Error::from)
        .and_then(read_all)
        .and_then(|text| Ok(Token::new(&text)?))
        .with_context(|| format!("cannot read a token from {}", path.display()))
}

/// Reads a token from stdin, without echo if that is a terminal.
pub(super) fn stdin(context: &Context) -> anyhow::Result<Token> {
    let text = match output::stdin_is_terminal() {
        true => context
            .out
            .ask_secret("Token (not displayed): ")
            .map(Zeroizing::new)
            .map_err(anyhow::Error::from),
        false => read_all(io::stdin()),
    };
    text.and_then(|text| Ok(Token::new(&text)?))
        .context("cannot read a token from stdin")
}

/// Refuses a token where a name or an id belongs: whoever lists the processes sees it.
pub(super) fn refuse_secret(name_or_id: &str) -> anyhow::Result<()> {
    if name_or_id.starts_with("eyJ") && name_or_id.matches('.').count() == 2 {
        bail!(
            "this is the text of a token, and other users of this machine can see arguments; give \
             a name or an id, or the text with --token-file FILE, where - is stdin"
        );
    }
    Ok(())
}

fn read_all(from: impl Read) -> anyhow::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    // Room for white space around the longest token that a daemon would look at.
    let limit = MAX_TOKEN_BYTES as u64 + 1024;
    if from.take(limit).read_to_string(&mut text)? as u64 == limit {
        bail!("it is longer than any token");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_for_a_token_is_not_read_to_its_end() {
        assert_eq!(&**read_all(&b"abc"[..]).unwrap(), "abc");
        let error = read_all(io::repeat(b'a')).unwrap_err().to_string();
        assert_eq!(error, "it is longer than any token");
        assert!(read_all(&b"\xff"[..]).is_err());
    }

    #[test]
    fn a_token_is_no_name() {
        let error = refuse_secret("eyJhbGci.eyJBbGxv.c2ln").unwrap_err();
        assert!(!error.to_string().contains("eyJ"), "{error}");
        for name in ["curio", "a.b.c", "eyJ", "0123456789abcdef"] {
            assert!(refuse_secret(name).is_ok(), "{name}");
        }
    }
}
