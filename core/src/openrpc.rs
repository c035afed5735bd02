//! The OpenRPC document that `Filecoin.Discover` returns, made from the permission tables.

use serde_json::{Value, json};

use crate::{Kind, Method};

/// Describes `methods` as an OpenRPC 1.3.2 document.
///
/// Lotus's extensions are `x-permission` and `x-channel`; parameter and result types are given by
/// name in `description`, and their schemas accept anything.
pub fn document(title: &str, version: &str, methods: &[&Method]) -> Value {
    let mut methods: Vec<&&Method> = methods.iter().collect();
    methods.sort_by_key(|method| method.name);
    json!({
        "openrpc": "1.3.2",
        "info": { "title": title, "version": version },
        "methods": methods.into_iter().map(|method| entry(method)).collect::<Vec<_>>(),
    })
}

fn entry(method: &Method) -> Value {
    let params = method.params.iter().map(|param| {
        json!({
            "name": param.name,
            "description": param.ty,
            "required": true,
            "schema": true,
        })
    });
    json!({
        "name": method.name,
        "summary": method.summary(),
        "description": method.docs,
        "paramStructure": "by-position",
        "params": params.collect::<Vec<_>>(),
        "result": { "name": "result", "description": method.result, "schema": true },
        "x-permission": method.permission,
        "x-channel": method.kind == Kind::Channel,
        "x-aliases": method.aliases,
    })
}
