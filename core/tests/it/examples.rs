//! Every example of Lotus's documentation is read as the type of the table and written again.

use lotus_core::api::{FULL_NODE_V0, FULL_NODE_V1, FULL_NODE_V2, MINER, Surface, WORKER};
use lotus_core::{Method, WireType};
use serde::Deserialize;
use serde_json::Value;

/// One line per method and example, from Lotus's generated documentation; `apis` are those that
/// document it like this. Methods without a result, and channels, show what Go prints of them.
const EXAMPLES: &str = include_str!("../../../testutil/fixtures/lotus-examples.jsonl");

/// Which surfaces answer as which API of Lotus. Lotus documents no examples of `lotus-wallet`.
pub(super) static SERVED: &[(&str, &Surface)] = &[
    ("full-v0", &FULL_NODE_V0),
    ("full-v1", &FULL_NODE_V1),
    ("full-v2", &FULL_NODE_V2),
    ("miner", &MINER),
    ("worker", &WORKER),
];

/// Examples that are no values of their type, with the reason.
pub(super) const ARTEFACTS: &[(&str, &str)] = &[
    ("Filecoin.AddPiece", READER),
    ("Filecoin.ComputeDataCid", READER),
    ("Filecoin.DataCid", READER),
    ("Filecoin.SectorAddPieceToAny", READER),
];

/// Lotus's documentation does not know that its client sends an `io.Reader` as a `ReaderStream`.
const READER: &str = "`{}` for a reader";

/// Examples that are no values of one type, wherever it stands: Lotus's generator knows the Go type,
/// but not what the type accepts, and not what an `interface{}` holds.
const ARTEFACTS_OF_TYPES: &[(&str, &str)] = &[
    ("EthBlockNumberOrHash", r#""string value""#),
    ("Vec<EthFilterMatch>", "[{}]"),
];

/// Members of which the elements are an `interface{}`, for which the generator prints `{}`.
const ARTEFACTS_IN_OBJECTS: &[(&str, &str)] = &[("transactions", "[{}]")];

/// A documented call.
#[derive(Deserialize)]
pub(super) struct Example {
    pub(super) apis: Vec<String>,
    pub(super) name: String,
    pub(super) params: Vec<Value>,
    pub(super) result: Value,
}

/// Every line of the fixture.
pub(super) fn documented() -> Vec<Example> {
    let example = |line| serde_json::from_str(line).expect("a line of the fixture");
    EXAMPLES.lines().map(example).collect()
}

/// What is wrong with an example of a type.
fn difference(ty: &WireType, example: &Value) -> Option<String> {
    // Lotus's documentation prints the absence of a result, and of a channel's items, as it can.
    if ty.name == "()" {
        return None;
    }
    let artefact =
        |of: &[(&str, &str)], what: &str, value: &Value| of.contains(&(what, &*value.to_string()));
    if artefact(ARTEFACTS_OF_TYPES, ty.name, example) {
        return None;
    }
    let mut example = example.clone();
    if let Value::Object(members) = &mut example {
        for (name, value) in members {
            if artefact(ARTEFACTS_IN_OBJECTS, name, value) {
                *value = Value::Array(Vec::new());
            }
        }
    }
    let written = match ty.normalise(&example.to_string()) {
        Ok(written) => written,
        Err(error) => return Some(format!("{} does not read {example}: {error}", ty.name)),
    };
    let written: Value = serde_json::from_str(&written).expect("written as JSON");
    (written != example).then(|| format!("{} writes {example} as {written}", ty.name))
}

fn differences(method: &Method, example: &Example) -> Vec<String> {
    let artefact = ARTEFACTS.iter().any(|(name, _)| *name == method.name);
    // Where Lotus reads the array of parameters itself, its documentation has the bytes of none.
    let raw = method.required < method.params.len();
    let params = method.params.iter().map(|param| &param.ty);
    let params = params.zip(&example.params).filter(|_| !raw);
    let values = params.chain([(&method.result, &example.result)]);
    let found: Vec<_> = values
        .filter_map(|(ty, value)| difference(ty, value))
        .map(|difference| format!("{} ({:?}): {difference}", method.name, example.apis))
        .collect();
    match artefact {
        true if found.is_empty() => vec![format!("{}: no artefact after all", method.name)],
        true => Vec::new(),
        false => found,
    }
}

#[test]
fn every_documented_example_round_trips() {
    let mut found = Vec::new();
    let mut seen = 0;
    for example in documented() {
        for (api, surface) in SERVED {
            if !example.apis.iter().any(|name| name == api) {
                continue;
            }
            if let Some(method) = surface.methods().get(&*example.name) {
                seen += 1;
                found.extend(differences(method, &example));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(seen > 600, "only {seen} examples");
}

#[test]
fn an_example_of_another_shape_is_found() {
    let methods = FULL_NODE_V1.methods();
    let method = methods["Filecoin.WalletSign"];
    let example = |params: &str, result: &str| Example {
        apis: vec!["full-v1".to_owned()],
        name: method.name.to_owned(),
        params: serde_json::from_str(params).unwrap(),
        result: serde_json::from_str(result).unwrap(),
    };
    let good = r#"{"Type":2,"Data":"Ynl0ZSBhcnJheQ=="}"#;
    let params = r#"["f01234","Ynl0ZSBhcnJheQ=="]"#;
    assert_eq!(differences(method, &example(params, good)), [""; 0]);
    for (params, result) in [
        (r#"["f01234",{}]"#, good),
        (r#"["01234","aGk="]"#, good),
        (params, r#"{"Type":2,"Data":"aGk=","More":1}"#),
        (params, r#"{"type":2,"Data":"aGk="}"#),
    ] {
        assert_eq!(differences(method, &example(params, result)).len(), 1);
    }
}
