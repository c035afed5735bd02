//! The bearer token of a caller: opaque to the client, and never printed.

use std::fmt;

use http::HeaderValue;
use zeroize::Zeroizing;

/// A bearer token.
///
/// Usually a JWT, but the client does not look inside: Lotus takes any string, and so do we. The
/// memory is wiped on drop, and [`fmt::Debug`] prints a placeholder; [`Token::expose`] is the only
/// way to read it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

/// The reason why a text cannot be a token. It never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nothing is left after trimming white space.
    #[error("the token is empty; make one with `lotus auth create-token`")]
    Empty,
    /// The text holds a space, a control character or a character outside ASCII, which an HTTP
    /// header cannot carry.
    #[error("the token has a character that no token has (position {at}); copy it again")]
    Character {
        /// The position of the first such character, in bytes, from 0.
        at: usize,
    },
}

impl Token {
    /// Takes a token from a text, ignoring white space around it.
    ///
    /// # Errors
    ///
    /// An empty text, or one that an HTTP header cannot carry.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        match text.find(|c: char| !c.is_ascii_graphic()) {
            Some(at) => Err(TokenError::Character { at }),
            None => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }

    /// The token itself: a secret, so mind where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The value of the `Authorization` header, marked as sensitive.
    pub(crate) fn header(&self) -> HeaderValue {
        let text = Zeroizing::new(format!("Bearer {}", self.expose()));
        let mut value =
            HeaderValue::from_str(&text).expect("`Token::new` admits only printable ASCII");
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_trimmed_and_never_printed() {
        let token = Token::new(" s3cret\n").unwrap();
        assert_eq!(token.expose(), "s3cret");
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_eq!(token.header(), "Bearer s3cret");
        assert!(!format!("{:?}", token.header()).contains("s3cret"));
    }

    #[test]
    fn what_a_header_cannot_carry_is_refused_without_quoting_it() {
        assert_eq!(Token::new("  "), Err(TokenError::Empty));
        assert_eq!(Token::new("a\nb"), Err(TokenError::Character { at: 1 }));
        assert_eq!(Token::new("tokén"), Err(TokenError::Character { at: 3 }));
        assert!(
            !TokenError::Character { at: 3 }
                .to_string()
                .contains("tok\u{e9}n")
        );
    }
}
