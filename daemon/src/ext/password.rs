//! The password of the Auth API: what is stored of it, and which passwords are good.
//!
//! The store keeps a [`State`], and it is the only truth: it is read for every check, so several
//! daemons on one store agree. It holds two argon2id hashes: of the password that is in force, and
//! of the one that the password file had when it was last read. The second tells whether the file's
//! content has changed since; a plain digest would do that too, and would let whoever reads the
//! store guess the password a million times faster.

mod checker;
mod file;

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::{ARGON2ID_IDENT, Argon2, Params, PasswordHasher, PasswordVerifier, password_hash};
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroizing;
use zxcvbn::Score;

pub(crate) use checker::{CheckError, Checker};
pub(crate) use file::PasswordFile;

/// Under which key the store keeps the [`State`].
pub(crate) const VALUE_KEY: &str = "auth-api-password";

/// The longest password, in bytes.
pub(crate) const MAX_BYTES: usize = 1024;

/// How much of a password has to be strong, in characters, as in AvalancheGo. It bounds what the
/// estimate costs, too.
const JUDGED: usize = 50;

/// The most memory that a stored hash may ask for, in KiB, and the most passes. Our own hashes ask
/// for 19 MiB and two.
const MAX_MEMORY: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;

/// A password in memory. It is overwritten when it is dropped, and never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it can be a password at all.
    fn fits(&self) -> bool {
        (1..=MAX_BYTES).contains(&self.0.len())
    }

    /// Whether it may become the password.
    ///
    /// # Errors
    /// [`Unfit`] in the reference's words.
    pub(crate) fn judge(&self) -> Result<(), Unfit> {
        if self.is_empty() {
            return Err(Unfit::Empty);
        }
        if !self.fits() {
            return Err(Unfit::TooLong);
        }
        let end = self.0.char_indices().nth(JUDGED);
        let judged = &self.0[..end.map_or(self.0.len(), |(end, _)| end)];
        match zxcvbn::zxcvbn(judged, &["filecoin", "lotus"]).score() {
            Score::Zero | Score::One => Err(Unfit::Weak),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Why a text may not become the password. The words are AvalancheGo's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// Nothing.
    #[error("empty password")]
    Empty,
    /// Longer than [`MAX_BYTES`].
    #[error("password exceeds maximum length of {MAX_BYTES} chars")]
    TooLong,
    /// zxcvbn gives it less than 2 of 4.
    #[error("password is too weak")]
    Weak,
}

/// A password could not be hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub(crate) struct HashError(#[from] password_hash::Error);

/// What the store has under [`VALUE_KEY`] is no [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the token store's value {VALUE_KEY:?} is damaged: restore the token store from a backup, or move it away to start with an empty one (revocations in it are then lost)"
)]
pub(crate) struct Damaged;

/// The password as it is stored: hashes in the PHC string format.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Of the password in force.
    hash: String,
    /// Of the password file's content, trimmed, when it was last read.
    file_hash: String,
}

/// Hashes help those who guess.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

/// What has to be done with the store before the Auth API may answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Nothing: the stored password stays in force.
    Keep,
    /// Write the state: the file was brought in line with the password that is in force.
    Write(State),
    /// Write the state and revoke every token of the old password, in one step: the password is
    /// another one now. Also on the first start, when there is nothing to revoke.
    Change(State),
}

impl State {
    /// What counts after a start: the stored password, unless the file's content has changed since
    /// it was read into this state. Blocks for up to two hashes.
    ///
    /// # Errors
    /// [`HashError`] when there is no memory for a hash.
    pub(crate) fn start(file: &PasswordFile, stored: Option<&Self>) -> Result<Start, HashError> {
        let file = file.password();
        let Some(stored) = stored else {
            return Ok(Start::Change(Self::new(file)?));
        };
        if matches(file, &stored.file_hash)? {
            return Ok(Start::Keep);
        }
        if matches(file, &stored.hash)? {
            return Ok(Start::Write(Self {
                hash: stored.hash.clone(),
                file_hash: stored.hash.clone(),
            }));
        }
        Ok(Start::Change(Self::new(file)?))
    }

    fn new(password: &Secret) -> Result<Self, HashError> {
        let hash = hash(password)?;
        Ok(Self {
            file_hash: hash.clone(),
            hash,
        })
    }

    /// The state after a change of the password by the API: what the file had stays known, so that
    /// it does not come back. Blocks.
    ///
    /// # Errors
    /// [`HashError`] when there is no memory for a hash.
    pub(crate) fn changed(&self, password: &Secret) -> Result<Self, HashError> {
        Ok(Self {
            hash: hash(password)?,
            file_hash: self.file_hash.clone(),
        })
    }

    /// Whether this is the password in force. Compared in constant time. Blocks.
    ///
    /// # Errors
    /// [`HashError`] when there is no memory for a hash.
    pub(crate) fn matches(&self, password: &Secret) -> Result<bool, HashError> {
        matches(password, &self.hash)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`Damaged`] also for hashes that ask for more work than ours ever did.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Damaged> {
        let state: Self = serde_json::from_slice(bytes).map_err(|_| Damaged)?;
        let sound = |text: &str| {
            let hash = PasswordHash::new(text).ok()?;
            let params = Params::try_from(&hash).ok()?;
            let bounded = params.m_cost() <= MAX_MEMORY && params.t_cost() <= MAX_PASSES;
            (hash.algorithm == ARGON2ID_IDENT && hash.hash.is_some() && bounded).then_some(())
        };
        sound(&state.hash).ok_or(Damaged)?;
        sound(&state.file_hash).ok_or(Damaged)?;
        Ok(state)
    }

    /// What the store keeps.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("two strings serialise")
    }
}

/// argon2id with the library's parameters (those of OWASP: 19 MiB, two passes) and a random salt.
fn hash(password: &Secret) -> Result<String, HashError> {
    Ok(Argon2::default()
        .hash_password(password.0.as_bytes())?
        .to_string())
}

fn matches(password: &Secret, hash: &str) -> Result<bool, HashError> {
    if !password.fits() {
        return Ok(false);
    }
    let hash = PasswordHash::new(hash).map_err(|_| password_hash::Error::EncodingInvalid)?;
    match Argon2::default().verify_password(password.0.as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "correcthorsebatterystaple";
    const NEW: &str = "fejhkefjhefjhefhje";
    const OTHER: &str = "Tr0ub4dour&3";

    fn file(password: &str) -> PasswordFile {
        PasswordFile::of(password)
    }

    fn judged(password: &str) -> Result<(), Unfit> {
        Secret::new(password).judge()
    }

    /// The reference's, except that its zxcvbn is content with six random letters.
    #[test]
    fn the_reference_s_verdicts() {
        let tail = format!("{}{NEW}", "a".repeat(50));
        let blanks = " ".repeat(10);
        for weak in [
            "password",
            "password1",
            "avalanche",
            "abcd1234",
            "qwertyuiop",
            "9wQ!x",
            &blanks,
            &tail,
            &"a".repeat(MAX_BYTES),
        ] {
            assert_eq!(judged(weak), Err(Unfit::Weak), "{weak}");
        }
        for strong in [OLD, NEW, OTHER, "avalancheavax", "9wQ!xzK", "ёлка-палка"] {
            assert_eq!(judged(strong), Ok(()), "{strong}");
        }
    }

    #[test]
    fn lengths_are_bytes() {
        let long = format!("{NEW}{}", "x".repeat(MAX_BYTES - NEW.len()));
        assert_eq!(judged(&long), Ok(()));
        assert_eq!(judged(&format!("{long}x")), Err(Unfit::TooLong));
        assert_eq!(judged(""), Err(Unfit::Empty));
        assert_eq!(judged(&"ё".repeat(513)), Err(Unfit::TooLong));
        assert_eq!(
            Unfit::TooLong.to_string(),
            "password exceeds maximum length of 1024 chars"
        );
    }

    #[test]
    fn a_password_is_kept_as_a_salted_hash_and_never_shown() {
        let first = State::new(&Secret::new(OLD)).unwrap();
        let second = State::new(&Secret::new(OLD)).unwrap();
        assert_ne!(first, second);
        assert!(first.hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(first.matches(&Secret::new(OLD)).unwrap());
        assert!(!first.matches(&Secret::new(NEW)).unwrap());
        assert!(!first.matches(&Secret::new("")).unwrap());
        let shown = format!("{first:?} {:?} {:?}", Secret::new(OLD), file(OLD));
        assert!(!shown.contains("argon2") && !shown.contains(OLD), "{shown}");
    }

    #[test]
    fn the_file_counts_at_first_and_then_the_store_until_the_file_changes() {
        let Start::Change(first) = State::start(&file(OLD), None).unwrap() else {
            panic!("the first start takes the file");
        };
        let stored = State::from_bytes(&first.to_bytes()).unwrap();
        assert_eq!(stored, first);
        assert_eq!(State::start(&file(OLD), Some(&stored)), Ok(Start::Keep));

        // The old file does not undo a change.
        let changed = stored.changed(&Secret::new(NEW)).unwrap();
        assert_eq!(State::start(&file(OLD), Some(&changed)), Ok(Start::Keep));
        assert!(changed.matches(&Secret::new(NEW)).unwrap());

        // A file with the password in force is no change, but from now on it is the known one.
        let Start::Write(agreed) = State::start(&file(NEW), Some(&changed)).unwrap() else {
            panic!("the password has not changed");
        };
        assert_eq!(agreed.hash, changed.hash);
        assert_eq!(State::start(&file(NEW), Some(&agreed)), Ok(Start::Keep));
        assert!(matches!(
            State::start(&file(OLD), Some(&agreed)),
            Ok(Start::Change(_))
        ));

        // A file with another one is a change.
        let Start::Change(replaced) = State::start(&file(OTHER), Some(&changed)).unwrap() else {
            panic!("a changed file counts");
        };
        assert!(replaced.matches(&Secret::new(OTHER)).unwrap());
        assert!(!replaced.matches(&Secret::new(NEW)).unwrap());
    }

    #[test]
    fn a_damaged_state_is_an_error() {
        let state = State::new(&Secret::new(OLD)).unwrap();
        let with = |hash: String| {
            State {
                hash,
                ..state.clone()
            }
            .to_bytes()
        };
        for bytes in [
            b"".to_vec(),
            b"{}".to_vec(),
            b"\xff\x00".to_vec(),
            with(String::new()),
            with(OLD.to_owned()),
            with(state.hash.replace("argon2id", "argon2d")),
            with(state.hash.replace("m=19456", "m=4194304")),
            with(state.hash.replace("t=2", "t=4000000")),
            with(state.hash.rsplit_once('$').unwrap().0.to_owned()),
        ] {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(State::from_bytes(&bytes), Err(Damaged), "{text}");
        }
        assert_eq!(State::from_bytes(&state.to_bytes()), Ok(state));
    }
}
