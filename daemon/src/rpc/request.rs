//! A JSON-RPC request as go-jsonrpc reads it, which is more leniently than jsonrpsee does.
//!
//! Member names match in any case (Go's `encoding/json`), `jsonrpc` is not looked at, unknown
//! members such as go-jsonrpc's `meta` are ignored, and an id is any JSON number or string and is
//! echoed as it was written. jsonrpsee takes a request whose id is `-3`, `1.5` or `true` for a
//! notification and answers nothing, which leaves the client waiting.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::elements::Elements;
use super::reply::Fault;

/// One request, borrowed from the body or frame it came in.
#[derive(Debug, Default)]
pub(crate) struct Request<'a> {
    /// Absent for a notification.
    pub(crate) id: Option<RequestId<'a>>,
    pub(crate) method: Cow<'a, str>,
    /// Absent also when the request said `null`.
    pub(crate) params: Option<&'a RawValue>,
}

/// A request's id in the JSON that the client wrote.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestId<'a>(Cow<'a, str>);

impl RequestId<'_> {
    pub(crate) fn json(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_owned(self) -> RequestId<'static> {
        RequestId(Cow::Owned(self.0.into_owned()))
    }
}

impl<'a> RequestId<'a> {
    /// # Errors
    /// Booleans, arrays and objects are no ids; the text is go-jsonrpc's.
    pub(crate) fn new(json: &'a str) -> Result<Option<Self>, Fault> {
        let kind = match json.as_bytes().first() {
            Some(b'n') => return Ok(None),
            Some(b'"' | b'-' | b'0'..=b'9') => return Ok(Some(Self(Cow::Borrowed(json)))),
            Some(b'[') => "[]interface {}",
            Some(b'{') => "map[string]interface {}",
            _ => "bool",
        };
        Err(Fault::parse(format!(
            "failed to parse ID: invalid id type: {kind}"
        )))
    }
}

impl<'a> Request<'a> {
    /// Reads one request. What follows it in `json` is ignored, as in go-jsonrpc.
    pub(crate) fn parse(json: &'a [u8]) -> Result<Self, Fault> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let Members(members) = Option::<Members<'_>>::deserialize(&mut deserializer)
            .map_err(|_| Fault::parse("Parse error"))?
            .unwrap_or_default();
        Self::from_members(members)
    }

    /// Reads the elements of a batch of at most `limit` calls. One that is no object spoils the
    /// whole batch.
    pub(crate) fn parse_batch(
        json: &'a [u8],
        limit: usize,
    ) -> Result<Vec<Result<Self, Fault>>, Fault> {
        let batch = Elements::parse(json, limit).map_err(|_| Fault::parse("Parse error"))?;
        if batch.count > limit {
            return Err(Fault::batch_too_long(batch.count, limit));
        }
        let read = batch.first.into_iter().map(RawValue::get);
        let read = read.filter(|element| *element != "null");
        let read = read.map(|element| match element.starts_with('{') {
            true => Ok(Self::parse(element.as_bytes())),
            false => Err(Fault::parse("Parse error")),
        });
        read.collect()
    }

    fn from_members(members: RawMembers<'a>) -> Result<Self, Fault> {
        let id = members
            .id
            .map(|id| RequestId::new(id.get()))
            .transpose()?
            .flatten();
        let params = members.params.filter(|params| params.get() != "null");
        Ok(Self {
            id,
            method: members.method,
            params,
        })
    }

    /// How many positional parameters there are.
    ///
    /// # Errors
    /// Named parameters and scalars; the text is go-jsonrpc's.
    pub(crate) fn param_count(&self) -> Result<usize, Fault> {
        let Some(params) = self.params else {
            return Ok(0);
        };
        let kind = match params.get().as_bytes().first() {
            Some(b'[') => {
                return Elements::parse(params.get().as_bytes(), 0)
                    .map(|elements| elements.count)
                    .map_err(|_| Fault::parse("Parse error"));
            }
            Some(b'{') => "object",
            Some(b'"') => "string",
            Some(b't' | b'f') => "bool",
            _ => "number",
        };
        Err(Fault::parse(format!(
            "unmarshaling param array: json: cannot unmarshal {kind} into Go value of type []jsonrpc.param"
        )))
    }
}

#[derive(Default)]
struct RawMembers<'a> {
    id: Option<&'a RawValue>,
    method: Cow<'a, str>,
    params: Option<&'a RawValue>,
}

/// A string that borrows where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Default)]
struct Members<'a>(RawMembers<'a>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON-RPC request object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = RawMembers::default();
        while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
            if key.eq_ignore_ascii_case("method") {
                members.method = map
                    .next_value::<Option<Text<'de>>>()?
                    .map_or_else(Cow::default, |Text(name)| name);
            } else if key.eq_ignore_ascii_case("params") {
                members.params = Some(map.next_value()?);
            } else if key.eq_ignore_ascii_case("id") {
                members.id = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<(Option<String>, String, Option<String>), String> {
        let request =
            Request::parse(json.as_bytes()).map_err(|fault| fault.message().to_owned())?;
        let params = request.params.map(|params| params.get().to_owned());
        Ok((
            request.id.map(|id| id.json().to_owned()),
            request.method.into_owned(),
            params,
        ))
    }

    #[test]
    fn ids_are_echoed_as_written() {
        for id in [
            "0",
            "-3",
            "1.5",
            "1.0",
            "9007199254740993",
            "1e21",
            r#""""#,
            r#""a\u0062""#,
        ] {
            let (echoed, ..) = parse(&format!(r#"{{"id":{id},"method":"m"}}"#)).unwrap();
            assert_eq!(echoed.as_deref(), Some(id));
        }
        assert_eq!(parse(r#"{"id":null,"method":"m"}"#).unwrap().0, None);
        assert_eq!(parse(r#"{"method":"m"}"#).unwrap().0, None);
        for (id, kind) in [
            ("true", "bool"),
            ("[1]", "[]interface {}"),
            ("{}", "map[string]interface {}"),
        ] {
            let message = parse(&format!(r#"{{"id":{id},"method":"m"}}"#)).unwrap_err();
            assert_eq!(
                message,
                format!("failed to parse ID: invalid id type: {kind}")
            );
        }
    }

    #[test]
    fn members_match_in_any_case_and_others_are_ignored() {
        let json = r#"{"JSONRPC":"1.0","ID":1,"Method":"a.b","PARAMS":[1],"meta":{"SpanContext":"x"}} junk"#;
        let expected = (
            Some("1".to_owned()),
            "a.b".to_owned(),
            Some("[1]".to_owned()),
        );
        assert_eq!(parse(json).unwrap(), expected);
    }

    #[test]
    fn null_params_are_no_params() {
        assert_eq!(
            parse(r#"{"id":1,"method":"m","params":null}"#).unwrap().2,
            None
        );
        assert_eq!(parse("null").unwrap(), (None, String::new(), None));
    }

    #[test]
    fn what_is_not_an_object_is_a_parse_error() {
        for json in [
            "1",
            "\"a\"",
            "{",
            "",
            "[1]",
            r#"{"method":5}"#,
            r#"{"id":1"#,
        ] {
            assert_eq!(parse(json).unwrap_err(), "Parse error", "{json}");
        }
    }

    /// Three bytes of a body must not become a hundred of memory before the limit is looked at.
    #[test]
    fn a_batch_beyond_the_limit_is_counted_and_not_kept() {
        let batch = format!("[{}{{}}]", "{},".repeat(5_000_000));
        let refused = Request::parse_batch(batch.as_bytes(), 1000).unwrap_err();
        assert!(
            refused
                .message()
                .contains("5000001 calls exceeds the limit of 1000"),
            "{}",
            refused.message()
        );
        assert_eq!(Request::parse_batch(b"[{},null,{}]", 3).unwrap().len(), 2);
    }

    #[test]
    fn params_are_counted_and_named_ones_refused() {
        let count = |params: &str| {
            let json = format!(r#"{{"method":"m","params":{params}}}"#);
            let request = Request::parse(json.as_bytes()).unwrap();
            request
                .param_count()
                .map_err(|fault| fault.message().to_owned())
        };
        assert_eq!(count("[]"), Ok(0));
        assert_eq!(count(r#"[1,[2,3],{"a":[4]}]"#), Ok(3));
        assert_eq!(count("null"), Ok(0));
        assert!(count("{}").unwrap_err().contains("cannot unmarshal object"));
        assert!(count("7").unwrap_err().contains("cannot unmarshal number"));
    }

    /// A request nested as deeply as the size limit allows must not exhaust the stack.
    #[test]
    fn deep_nesting_is_not_fatal() {
        let deep = format!(
            r#"{{"id":1,"method":"m","params":{}{}}}"#,
            "[".repeat(1_000_000),
            "]".repeat(1_000_000)
        );
        let request = Request::parse(deep.as_bytes()).expect("raw values are not walked into");
        assert_eq!(
            request
                .param_count()
                .map_err(|fault| fault.message().to_owned()),
            Ok(1)
        );
    }
}
