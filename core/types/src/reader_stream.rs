//! Streams of bytes that are too long for a parameter.

use uuid::Uuid;

use super::open_enum::text_enum;
use crate::object;

/// Where the method finds the bytes of a parameter that is an `io.Reader` in Go (Lotus
/// `lib/rpcenc/reader.go`).
///
/// Lotus's API documentation shows `{}`, which is an artefact of its generator.
#[object]
#[derive(Eq, Hash)]
pub struct ReaderStream {
    /// How they are had.
    #[serde(rename = "Type")]
    pub kind: StreamType,
    /// For `null` their number in decimal, for `push` the stream's UUID, for `http` the URL.
    pub info: String,
}

text_enum! {
    /// How the bytes of a [`ReaderStream`] are had.
    pub enum StreamType {
        /// They are zeros; nothing is transferred.
        Null = "null",
        /// The caller POSTs them to `/rpc/streams/v0/push/<uuid>` of the endpoint that it calls.
        Push = "push",
        /// The method fetches them with a GET.
        Http = "http",
    }
}

impl ReaderStream {
    /// This many bytes of zero.
    pub fn zeros(bytes: u64) -> ReaderStream {
        ReaderStream {
            kind: StreamType::Null,
            info: bytes.to_string(),
        }
    }

    /// The bytes that the caller pushes under this id.
    pub fn pushed(stream: Uuid) -> ReaderStream {
        ReaderStream {
            kind: StreamType::Push,
            info: stream.to_string(),
        }
    }

    /// The bytes at a URL that the method can reach.
    pub fn at(url: impl Into<String>) -> ReaderStream {
        ReaderStream {
            kind: StreamType::Http,
            info: url.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_what_lotus_s_client_sends() {
        let json = |stream| serde_json::to_string(&stream).unwrap();
        assert_eq!(
            json(ReaderStream::zeros(2032)),
            r#"{"Type":"null","Info":"2032"}"#
        );
        assert_eq!(
            json(ReaderStream::pushed(Uuid::from_bytes([7; 16]))),
            r#"{"Type":"push","Info":"07070707-0707-0707-0707-070707070707"}"#
        );
        assert_eq!(
            json(ReaderStream::at("http://h/piece")),
            r#"{"Type":"http","Info":"http://h/piece"}"#
        );
    }
}
