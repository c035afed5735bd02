//! What it takes to talk to a node: an address, perhaps a token, and where both came from.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::address::{self, Address, AddressError};
use crate::token::{Token, TokenError};

/// An endpoint and the token for it, as `FULLNODE_API_INFO` holds them.
///
/// The text form is `[TOKEN:]ADDRESS`, where the address has one of the forms of [`Address`].
///
/// ```
/// use lotus_client::ApiInfo;
///
/// let info: ApiInfo = "mytoken:/ip4/127.0.0.1/tcp/1234/http".parse()?;
/// assert_eq!(info.address.to_string(), "/ip4/127.0.0.1/tcp/1234/http");
/// # Ok::<(), lotus_client::InfoError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiInfo {
    /// The token to send; without one, a node grants what it grants anyone.
    pub token: Option<Token>,
    /// The address of the node's API.
    pub address: Address,
    /// Where the address and the token were found.
    pub source: Source,
}

/// Where an [`ApiInfo`] was found; errors name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The program itself, or a flag of its command line, gave it.
    Explicit,
    /// An environment variable, by its name.
    Env(&'static str),
    /// The repo of a daemon: the path of its `api` file, beside which lies `token`.
    Repo(PathBuf),
}

impl Source {
    /// Where the token was looked for, in words.
    pub(crate) fn of_token(&self) -> String {
        match self {
            Source::Repo(api) => api.with_file_name("token").display().to_string(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Explicit => f.write_str("the caller"),
            Source::Env(name) => f.write_str(name),
            Source::Repo(api) => api.display().fmt(f),
        }
    }
}

/// The reason why a text is no [`ApiInfo`]. It never quotes the text, which may hold a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InfoError {
    /// There is no text.
    #[error("it is empty; set it to [TOKEN:]ADDRESS, such as TOKEN:/ip4/127.0.0.1/tcp/1234/http")]
    Empty,
    /// There is a token at most, and no address.
    #[error(
        "it has no address; it must be [TOKEN:]ADDRESS, such as \
         TOKEN:/ip4/127.0.0.1/tcp/1234/http or TOKEN:https://example.org"
    )]
    NoAddress,
    /// The part before the first `:` cannot be a token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The part after the token is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl ApiInfo {
    /// Reads one `[TOKEN:]ADDRESS`, or the first of a comma-separated list.
    ///
    /// The grammar is Lotus's (`cli/util/apiinfo.go`): a text that does not start with `/` is split
    /// at its first `:`, unless `//` follows. Beyond that, quotes around the text are dropped, and
    /// `host:port` is read as an address, where Lotus takes the host for a token.
    ///
    /// # Errors
    ///
    /// See [`InfoError`].
    pub fn parse(text: &str, source: Source) -> Result<Self, InfoError> {
        Self::parse_list(text, source)
            .and_then(|list| list.into_iter().next().ok_or(InfoError::Empty))
    }

    /// Reads a comma-separated list of `[TOKEN:]ADDRESS`; it has at least one element.
    ///
    /// # Errors
    ///
    /// See [`InfoError`]; one bad element spoils the list.
    pub fn parse_list(text: &str, source: Source) -> Result<Vec<Self>, InfoError> {
        let list: Vec<Self> = unquoted(text)
            .split(',')
            .map(unquoted)
            .filter(|entry| !entry.is_empty())
            .map(|entry| Self::parse_one(entry, source.clone()))
            .collect::<Result<_, _>>()?;
        if list.is_empty() {
            Err(InfoError::Empty)
        } else {
            Ok(list)
        }
    }

    /// `TOKEN:ADDRESS` with another token, as `lotus auth api-info` prints it.
    ///
    /// The result is a secret.
    pub fn api_info_string(&self, token: &Token) -> String {
        format!("{}:{}", token.expose(), self.address.in_full())
    }

    fn parse_one(text: &str, source: Source) -> Result<Self, InfoError> {
        let (token, address) = split(text);
        if address.is_empty() || (token.is_none() && !address.contains([':', '/'])) {
            return Err(InfoError::NoAddress);
        }
        let token = token.map(Token::new).transpose()?;
        Ok(Self {
            token,
            address: address.parse()?,
            source,
        })
    }
}

impl FromStr for ApiInfo {
    type Err = InfoError;

    fn from_str(text: &str) -> Result<Self, InfoError> {
        Self::parse(text, Source::Explicit)
    }
}

/// Separates the token from the address.
fn split(text: &str) -> (Option<&str>, &str) {
    // `[::1]:1234` is the one address with a colon that is neither a port's nor a scheme's.
    if text.starts_with(['/', '[']) || address::is_host_and_port(text) {
        return (None, text);
    }
    match text.split_once(':') {
        Some((before, after)) if !before.is_empty() && !after.starts_with("//") => {
            (Some(before), after)
        }
        _ => (None, text),
    }
}

/// Without white space and a pair of quotes around it: some tools print the value in quotes, and
/// `export $(…)` keeps them.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return inner.trim();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::address::any_address;

    const JWT: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJBbGxvdyI6WyJyZWFkIl19.c2ln";

    fn parts(text: &str) -> (Option<String>, String) {
        let info: ApiInfo = text.parse().unwrap();
        (
            info.token.map(|token| token.expose().to_owned()),
            info.address.to_string(),
        )
    }

    fn some(token: &str, address: &str) -> (Option<String>, String) {
        (Some(token.to_owned()), address.to_owned())
    }

    fn bare(address: &str) -> (Option<String>, String) {
        (None, address.to_owned())
    }

    #[test]
    fn lotus_grammar() {
        assert_eq!(
            parts("tok:/ip4/1.2.3.4/tcp/1/http"),
            some("tok", "/ip4/1.2.3.4/tcp/1/http")
        );
        assert_eq!(parts("tok:wss://h"), some("tok", "wss://h"));
        assert_eq!(parts("tok:https://h/x"), some("tok", "https://h/x"));
        assert_eq!(parts("http://h:1"), bare("http://h:1"));
        assert_eq!(parts("/ip6/::1/tcp/1"), bare("/ip6/::1/tcp/1"));
        assert_eq!(
            parts(&format!("{JWT}:/ip4/127.0.0.1/tcp/1234/http")),
            some(JWT, "/ip4/127.0.0.1/tcp/1234/http")
        );
    }

    #[test]
    fn host_and_port_are_not_taken_for_a_token() {
        assert_eq!(parts("1.2.3.4:1234"), bare("ws://1.2.3.4:1234"));
        assert_eq!(parts("localhost:1234/rpc/v1"), bare("ws://localhost:1234"));
        assert_eq!(parts("[::1]:1234"), bare("ws://[::1]:1234"));
        assert_eq!(
            parts("tok:localhost:1234"),
            some("tok", "ws://localhost:1234")
        );
        assert_eq!(parts("tok:[::1]:1234"), some("tok", "ws://[::1]:1234"));
    }

    #[test]
    fn quotes_and_white_space_are_tolerated() {
        assert_eq!(
            parts("\"tok:/ip4/1.2.3.4/tcp/1\""),
            some("tok", "/ip4/1.2.3.4/tcp/1")
        );
        assert_eq!(parts(" 'tok:ws://h' \n"), some("tok", "ws://h"));
    }

    #[test]
    fn a_list_keeps_its_order() {
        let list = ApiInfo::parse_list("a:ws://x, \"b:ws://y\",", Source::Explicit).unwrap();
        let names: Vec<_> = list.iter().map(|info| info.address.to_string()).collect();
        assert_eq!(names, ["ws://x", "ws://y"]);
        assert_eq!(parts("a:ws://x,b:ws://y"), some("a", "ws://x"));
    }

    #[test]
    fn errors_tell_what_is_missing_and_never_quote() {
        let error = |text: &str| text.parse::<ApiInfo>().unwrap_err();
        assert_eq!(error(""), InfoError::Empty);
        assert_eq!(error("\"\""), InfoError::Empty);
        assert_eq!(error(JWT), InfoError::NoAddress);
        assert_eq!(error("tok:"), InfoError::NoAddress);
        assert_eq!(
            error("a b:ws://h"),
            InfoError::Token(TokenError::Character { at: 1 })
        );
        for text in [
            format!("{JWT}:1234"),
            format!("{JWT}:nonsense"),
            format!("nonsense:{JWT}"),
            format!("/ip4/127.0.0.1/tcp/1234/http:{JWT}"),
            format!("ws://h:{JWT}"),
            JWT.to_owned(),
        ] {
            let error = error(&text);
            assert!(!error.to_string().contains("eyJ"), "{error}");
            assert!(!format!("{error:?}").contains("eyJ"), "{error:?}");
        }
    }

    #[test]
    fn debug_shows_the_address_and_hides_the_token() {
        let info: ApiInfo = "s3cret:ws://h:1?token=s3cret".parse().unwrap();
        let debug = format!("{info:?}");
        assert!(
            debug.contains("ws://h:1") && !debug.contains("s3cret"),
            "{debug}"
        );
    }

    proptest! {
        #[test]
        fn info_survives_printing(
            token in "[A-Za-z0-9_.~+/=-]{1,40}".prop_filter("starts an address", |t| !t.starts_with('/')),
            address in any_address(),
        ) {
            let info: ApiInfo = format!("{token}:{address}").parse().unwrap();
            let token = Token::new(&token).unwrap();
            prop_assert_eq!(info.token.as_ref(), Some(&token));
            prop_assert_eq!(info.api_info_string(&token).parse::<ApiInfo>().unwrap(), info);
        }

        #[test]
        fn an_address_alone_has_no_token(address in any_address()) {
            let info: ApiInfo = address.parse().unwrap();
            prop_assert_eq!(info.token, None);
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = text.parse::<ApiInfo>();
        }
    }
}
