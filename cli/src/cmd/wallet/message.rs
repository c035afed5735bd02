//! What is signed: a message from the command line, in its envelope.

use anyhow::Context as _;
use data_encoding::HEXLOWER_PERMISSIVE;

/// The prefix of FRC-0102, which keeps a signed text from being a valid transaction.
const ENVELOPE: &[u8] = b"\x19Filecoin Signed Message:\n";

/// The bytes to sign for a message in hex: the message alone if `raw`, else in the FRC-0102
/// envelope, prefix and decimal length before it.
pub(super) fn to_sign(message: &str, raw: bool) -> anyhow::Result<Vec<u8>> {
    let message = bytes("message", message)?;
    Ok(match raw {
        true => message,
        false => [ENVELOPE, message.len().to_string().as_bytes(), &message].concat(),
    })
}

/// Bytes in hex, with or without `0x`.
pub(crate) fn bytes(what: &str, hex: &str) -> anyhow::Result<Vec<u8>> {
    let digits = hex.strip_prefix("0x").unwrap_or(hex);
    HEXLOWER_PERMISSIVE
        .decode(digits.as_bytes())
        .with_context(|| format!("the {what} is not hex"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_in_its_envelope_unless_raw() {
        let signed = to_sign("68656c6c6f", false).unwrap();
        assert_eq!(signed, b"\x19Filecoin Signed Message:\n5hello");
        assert_eq!(
            to_sign("", false).unwrap(),
            b"\x19Filecoin Signed Message:\n0"
        );
        assert_eq!(to_sign("68656C6c6f", true).unwrap(), b"hello");
        assert_eq!(to_sign("0x68", true).unwrap(), b"h");
    }

    #[test]
    fn what_is_not_hex_is_refused() {
        for bad in ["hello", "6", "0x6", "0x0x68"] {
            let error = to_sign(bad, true).unwrap_err().to_string();
            assert_eq!(error, "the message is not hex", "{bad}");
        }
    }
}
