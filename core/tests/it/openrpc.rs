//! The OpenRPC documents: valid by OpenRPC's own meta-schema, whole, and true of every example in
//! Lotus's documentation.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::{Draft, Registry, Validator};
use lotus_core::api::{REMOTE_WALLET, Surface};
use lotus_core::openrpc;
use serde_json::{Value, json};

use crate::examples::{self, ARTEFACTS, SERVED};

/// Of the npm package `@open-rpc/meta-schema` 1.14.9 (Apache-2.0, see `LICENSE-APACHE`), as JSON and
/// otherwise unchanged.
const META_SCHEMA: &str = include_str!("../../../testutil/fixtures/openrpc-meta-schema.json");

/// The largest document that is still handed out in one reply, in bytes.
const LARGEST: usize = 400_000;

/// What the meta-schema refers to as the schema of schemas: JSON Schema's draft 7, with the one
/// definition of it that is named.
fn json_schema() -> Value {
    json!({
        "allOf": [{ "$ref": "http://json-schema.org/draft-07/schema#" }],
        "definitions": {
            "JSONSchemaObject": { "properties": { "$ref": { "type": "string" } } },
        },
    })
}

/// What is wrong with each document.
fn faults(documents: &[Value]) -> Vec<Vec<String>> {
    let registry = Registry::new()
        .draft(Draft::Draft7)
        .add("https://meta.json-schema.tools/", json_schema())
        .and_then(|registry| registry.add("https://meta.json-schema.tools", json_schema()))
        .and_then(|registry| registry.prepare())
        .expect("draft 7 is built in");
    let mut meta: Value = serde_json::from_str(META_SCHEMA).expect("the fixture is JSON");
    // A dialect that is draft 7 by another name.
    meta.as_object_mut()
        .expect("a schema is an object")
        .remove("$schema");
    let validator = jsonschema::options()
        .with_draft(Draft::Draft7)
        .with_registry(&registry)
        .build(&meta)
        .expect("the meta-schema is a schema");
    let faults = |document| {
        let errors = validator.iter_errors(document);
        errors
            .map(|error| {
                format!("{}: {error}", error.instance_path())
                    .chars()
                    .take(400)
                    .collect()
            })
            .collect()
    };
    documents.iter().map(faults).collect()
}

fn surfaces() -> impl Iterator<Item = (&'static str, &'static Surface)> {
    SERVED.iter().copied().chain([("wallet", &REMOTE_WALLET)])
}

fn document(surface: &Surface) -> Value {
    openrpc::document("Lotus RPC API", "0.1.0", surface)
}

#[test]
fn every_document_is_valid() {
    let (names, documents): (Vec<_>, Vec<_>) = surfaces()
        .map(|(name, surface)| (name, document(surface)))
        .unzip();
    for (name, faults) in names.iter().zip(faults(&documents)) {
        assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
    }
    for (name, document) in names.iter().zip(&documents) {
        assert!(document.to_string().len() < LARGEST, "{name}");
    }
}

#[test]
fn an_invalid_document_is_found() {
    let good = document(&REMOTE_WALLET);
    let spoilt = |spoil: fn(&mut Value)| {
        let mut document = good.clone();
        spoil(&mut document);
        document
    };
    let documents = [
        spoilt(|document| document["openrpc"] = json!("2.0")),
        spoilt(|document| document["info"] = json!({ "title": "no version" })),
        spoilt(|document| document["methods"][0]["name"] = json!(7)),
        spoilt(|document| document["methods"][0]["unknown"] = json!(true)),
        spoilt(|document| document["components"]["schemas"]["Address"]["type"] = json!("text")),
        spoilt(|document| document["methods"][1]["result"]["schema"] = json!(7)),
    ];
    for (number, faults) in faults(&documents).iter().enumerate() {
        assert!(!faults.is_empty(), "document {number} passes for valid");
    }
}

/// Every `$ref` below a value.
fn references<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get("$ref") {
                into.push(target);
            }
            members.values().for_each(|value| references(value, into));
        }
        Value::Array(elements) => elements.iter().for_each(|value| references(value, into)),
        _ => {}
    }
}

#[test]
fn every_reference_resolves_and_nothing_is_defined_in_vain() {
    for (name, surface) in surfaces() {
        let document = document(surface);
        let mut found = Vec::new();
        references(&document, &mut found);
        for target in &found {
            let pointer = target.strip_prefix('#').expect("all within the document");
            assert!(document.pointer(pointer).is_some(), "{name}: {target}");
        }
        let defined = document["components"]["schemas"].as_object().unwrap();
        for schema in defined.keys() {
            let target = format!("#/components/schemas/{schema}");
            assert!(
                found.contains(&&*target),
                "{name}: nothing refers to {target}"
            );
        }
    }
}

/// Judges by the schemas of one document; what is built is kept, by the name of its type.
struct Judge<'a> {
    registry: Registry<'a>,
    built: BTreeMap<&'static str, Validator>,
}

impl Judge<'_> {
    fn new(document: Value) -> Self {
        let registry = Registry::new().draft(Draft::Draft7);
        Self {
            registry: registry
                .add("urn:document", document)
                .and_then(|registry| registry.prepare())
                .expect("all references are within the document"),
            built: BTreeMap::new(),
        }
    }

    /// What the schema at `pointer`, which is that of the type `name`, has against a value.
    fn fault(&mut self, name: &'static str, pointer: &str, value: &Value) -> Option<String> {
        let registry = &self.registry;
        let validator = self.built.entry(name).or_insert_with(|| {
            jsonschema::options()
                .with_draft(Draft::Draft7)
                .with_registry(registry)
                .build(&json!({ "$ref": format!("urn:document#{pointer}") }))
                .expect("the pointer leads to a schema")
        });
        let error = validator.iter_errors(value).next()?;
        let text = format!("{name} at {}: {error}", error.instance_path());
        Some(text.chars().take(300).collect())
    }
}

#[test]
fn every_documented_example_is_valid() {
    let examples = examples::documented();
    let mut faults = Vec::new();
    let mut judged = 0;
    for (api, surface) in SERVED {
        let mut judge = Judge::new(document(surface));
        for (position, method) in surface.methods().into_values().enumerate() {
            if ARTEFACTS.iter().any(|(name, _)| *name == method.name) {
                continue;
            }
            let of_method = |example: &&examples::Example| {
                example.name == method.name && example.apis.iter().any(|name| name == api)
            };
            for example in examples.iter().filter(of_method) {
                // Where Lotus reads the array of parameters itself, its documentation has the bytes of
                // none.
                let raw = method.required < method.params.len();
                let params = method.params.iter().zip(&example.params).enumerate();
                let params = params.filter(|_| !raw);
                for (number, (param, value)) in params {
                    let pointer = format!("/methods/{position}/params/{number}/schema");
                    let fault = judge.fault(param.ty.name, &pointer, value);
                    faults.extend(fault.map(|fault| format!("{api} {}: {fault}", method.name)));
                    judged += 1;
                }
                // Lotus's documentation prints the absence of a result as it can.
                if method.result.name != "()" {
                    let pointer = format!("/methods/{position}/result/schema");
                    let fault = judge.fault(method.result.name, &pointer, &example.result);
                    faults.extend(fault.map(|fault| format!("{api} {}: {fault}", method.name)));
                    judged += 1;
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} of {judged}:\n{}",
        faults.len(),
        faults.join("\n")
    );
    assert!(judged > 1000, "only {judged} values");
}

/// Types of which a number with a fraction is a value.
const ANYTHING: &[&str] = &["Box<RawValue>", "Value", "f64"];

#[test]
fn a_schema_accepts_no_value_of_another_type() {
    let mut anything = BTreeSet::new();
    for (_, surface) in surfaces() {
        let mut judge = Judge::new(document(surface));
        for (position, method) in surface.methods().into_values().enumerate() {
            let params = method.params.iter().enumerate().map(|(number, param)| {
                let pointer = format!("/methods/{position}/params/{number}/schema");
                (param.ty.name, pointer)
            });
            let result = format!("/methods/{position}/result/schema");
            for (name, pointer) in params.chain([(method.result.name, result)]) {
                if judge.fault(name, &pointer, &json!(1.5)).is_none() {
                    anything.insert(name);
                }
            }
        }
    }
    let expected: BTreeSet<_> = ANYTHING.iter().copied().collect();
    assert_eq!(anything, expected);
}
