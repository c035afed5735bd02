//! The OpenRPC document that `Filecoin.Discover` returns, made from the permission tables.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::api::Surface;
use crate::{Kind, Method};

/// Describes the methods of a surface as an OpenRPC 1.3.2 document, sorted by name.
///
/// Members that OpenRPC does not know, as it allows: `x-permission`, `x-channel` (answers with a
/// go-jsonrpc channel, over WebSocket only), `x-aliases`, and `x-retry` (may be repeated when the
/// connection fails). The `description` of a parameter or a result is the name of its type. The
/// discovery method lists itself under its Lotus name, `Filecoin.Discover`, with OpenRPC's own
/// `rpc.discover` as its alias.
pub fn document(title: &str, version: &str, surface: &Surface) -> Value {
    // OpenRPC's schemas are of JSON Schema's draft 7.
    let settings = SchemaSettings::draft07()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut schemas = settings.into_generator();
    let methods: Vec<_> = surface
        .methods()
        .into_values()
        .map(|method| entry(method, &mut schemas))
        .collect();
    json!({
        "openrpc": "1.3.2",
        "info": { "title": title, "version": version },
        "methods": methods,
        "components": { "schemas": schemas.take_definitions(true) },
    })
}

fn entry(method: &Method, schemas: &mut SchemaGenerator) -> Value {
    let result = method.result.schema(schemas);
    let params = method.params.iter().enumerate().map(|(position, param)| {
        json!({
            "name": param.name,
            "description": param.ty.name,
            "required": position < method.required,
            "schema": param.ty.schema(schemas),
        })
    });
    json!({
        "name": method.name,
        "summary": method.summary().replace('\n', " "),
        "description": method.docs,
        "paramStructure": "by-position",
        "params": params.collect::<Vec<_>>(),
        "result": { "name": "result", "description": method.result.name, "schema": result },
        "x-permission": method.permission,
        "x-channel": method.kind == Kind::Channel,
        "x-aliases": method.aliases,
        "x-retry": method.retry,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::FULL_NODE_V1;

    fn full_node() -> Value {
        document("Lotus RPC API", "0.1.0", &FULL_NODE_V1)
    }

    /// The members of `value`, which is an object.
    fn members(value: &Value) -> BTreeSet<&str> {
        value
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect()
    }

    fn text<'a>(value: &'a Value, member: &str) -> &'a str {
        value[member]
            .as_str()
            .unwrap_or_else(|| panic!("{member} of {value} is not a text"))
    }

    fn find<'a>(document: &'a Value, name: &str) -> &'a Value {
        let methods = document["methods"].as_array().unwrap();
        methods
            .iter()
            .find(|method| method["name"] == name)
            .unwrap()
    }

    /// The rules of the OpenRPC 1.3 meta-schema: what is required, and that no object has a member
    /// that the schema does not know, except `x-…`.
    #[test]
    fn it_obeys_the_meta_schema() {
        let document = full_node();
        assert_eq!(
            members(&document),
            BTreeSet::from(["components", "info", "methods", "openrpc"])
        );
        assert_eq!(text(&document, "openrpc"), "1.3.2");
        assert_eq!(
            members(&document["info"]),
            BTreeSet::from(["title", "version"])
        );
        assert_eq!(text(&document["info"], "title"), "Lotus RPC API");
        assert_eq!(text(&document["info"], "version"), "0.1.0");

        let known = BTreeSet::from([
            "description",
            "name",
            "paramStructure",
            "params",
            "result",
            "summary",
            "x-aliases",
            "x-channel",
            "x-permission",
            "x-retry",
        ]);
        for method in document["methods"].as_array().unwrap() {
            assert_eq!(members(method), known);
            assert_eq!(text(method, "paramStructure"), "by-position");
            assert!(
                !text(method, "summary").contains('\n'),
                "a summary is one line"
            );
            let descriptor = BTreeSet::from(["description", "name", "schema"]);
            assert_eq!(members(&method["result"]), descriptor);
            let mut names = BTreeSet::new();
            for param in method["params"].as_array().unwrap() {
                let members = members(param);
                assert!(members.is_superset(&descriptor));
                assert!(members.len() == 4 && param["required"].is_boolean());
                assert!(
                    names.insert(text(param, "name")),
                    "a name twice in {method}"
                );
            }
        }
    }

    #[test]
    fn methods_are_unique_and_sorted_and_all_of_them() {
        let document = full_node();
        let methods = document["methods"].as_array().unwrap();
        let names: Vec<_> = methods.iter().map(|method| text(method, "name")).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert_eq!(names.len(), FULL_NODE_V1.methods().len());
    }

    #[test]
    fn extensions_say_what_openrpc_cannot() {
        let document = full_node();
        assert_eq!(
            find(&document, "Filecoin.WalletSign")["x-permission"],
            "sign"
        );
        assert_eq!(find(&document, "Filecoin.Closing")["x-channel"], true);
        let discover = find(&document, "Filecoin.Discover");
        assert_eq!(discover["x-aliases"], json!(["rpc.discover"]));
        assert_eq!(discover["x-channel"], false);
    }

    #[test]
    fn params_keep_their_order() {
        let document = full_node();
        let sign = &find(&document, "Filecoin.WalletSign")["params"];
        let params: Vec<_> = sign.as_array().unwrap().iter().collect();
        let described = params
            .iter()
            .map(|param| (text(param, "name"), text(param, "description")));
        assert_eq!(
            described.collect::<Vec<_>>(),
            [("address", "Address"), ("data", "Bytes")]
        );
    }
}
