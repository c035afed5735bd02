//! An example of every parameter and result, as JSON on one line: Lotus's own where its
//! documentation has one.

mod token;

use lotus_core::Method;
use serde::Serialize;

use crate::documented;

/// An example of a parameter; the names of some texts tell more than their type.
pub(crate) fn parameter(method: &Method, number: usize) -> Option<String> {
    let param = &method.params[number];
    if let ("String", Some(text)) = (param.ty.name, text(param.name)) {
        return Some(json(&text));
    }
    let documented = documented::example(method, Some(number)).map(str::to_owned);
    documented.or_else(|| value(param.ty.name))
}

/// An example of a result, or of a channel's items.
pub(crate) fn result(method: &Method) -> Option<String> {
    let documented = documented::example(method, None).map(str::to_owned);
    documented.or_else(|| value(method.result.name))
}

/// An example of a text, by the name of its parameter.
fn text(name: &str) -> Option<&'static str> {
    Some(match name {
        "token" => token::TEXT,
        "method" => "Filecoin.LogSetLevel",
        "id" => token::ID,
        "subsystem" => "*",
        "level" => "debug",
        "address" => "f01234",
        _ => return None,
    })
}

/// An example of a type that Lotus's documentation never shows, by the type's name in the traits.
fn value(ty: &str) -> Option<String> {
    Some(match ty {
        "()" => json(&()),
        "EthBlockNumberOrHash" | "Option<EthBlockNumberOrHash>" | "Option<String>" => {
            json(&"latest")
        }
        "EthSubscriptionKind" => json(&"logs"),
        "EthSubscriptionParams" | "Option<EthSubscriptionParams>" => {
            r#"{"topics":[null],"address":[]}"#.to_owned()
        }
        "MsgMeta" => r#"{"Type":"unknown","Extra":null}"#.to_owned(),
        "Option<Vec<f64>>" => json(&[25.0, 75.0]),
        "String" => json(&"text"),
        "Box<RawValue>" => r#"{"openrpc":"1.3.2","info":{…},"methods":[…]}"#.to_owned(),
        _ => return token::value(ty),
    })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PAGES;

    #[test]
    fn every_parameter_and_result_has_an_example() {
        let mut missing = Vec::new();
        for page in PAGES {
            for (_, method) in page.methods() {
                for (number, param) in method.params.iter().enumerate() {
                    match parameter(method, number) {
                        None => missing.push(format!("{} {param:?}", method.name)),
                        Some(text) if param.ty.normalise(&text).is_err() => {
                            missing.push(format!("{} {param:?} is not {text}", method.name));
                        }
                        Some(_) => {}
                    }
                }
                if result(method).is_none() {
                    missing.push(format!("{} {:?}", method.name, method.result));
                }
            }
        }
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }
}
