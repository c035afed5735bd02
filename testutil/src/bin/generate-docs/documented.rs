//! The examples of Lotus's own documentation.

use std::collections::HashMap;
use std::sync::LazyLock;

use lotus_core::api::{FULL_NODE_V0, FULL_NODE_V1, FULL_NODE_V2, MINER, Surface, WORKER};
use lotus_core::{Method, WireType};
use serde::Deserialize;
use serde_json::value::RawValue;

/// One line per method and example; `apis` are those of which the documentation has it.
const LINES: &str = include_str!("../../../fixtures/lotus-examples.jsonl");

/// What Lotus calls our surfaces. Its `lotus-wallet` is not documented.
static APIS: [(&str, &Surface); 5] = [
    ("full-v1", &FULL_NODE_V1),
    ("full-v0", &FULL_NODE_V0),
    ("full-v2", &FULL_NODE_V2),
    ("miner", &MINER),
    ("worker", &WORKER),
];

/// What the documentation shows for any text.
const ANY_TEXT: &str = r#""string value""#;

#[derive(Deserialize)]
struct Line {
    apis: Vec<String>,
    name: String,
    params: Vec<Box<RawValue>>,
    result: Box<RawValue>,
}

/// Examples by type and place. The place is a method and the number of a parameter, or `None` for
/// the result.
struct Documented {
    places: HashMap<(&'static str, Option<usize>), String>,
    types: HashMap<&'static str, String>,
}

static DOCUMENTED: LazyLock<Documented> = LazyLock::new(|| {
    let mut documented = Documented {
        places: HashMap::new(),
        types: HashMap::new(),
    };
    let lines: Vec<Line> = LINES
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of the fixture"))
        .collect();
    for (api, surface) in APIS {
        let methods = surface.methods();
        for line in lines
            .iter()
            .filter(|line| line.apis.iter().any(|of| of == api))
        {
            if let Some(method) = methods.get(&*line.name) {
                documented.learn(method, line);
            }
        }
    }
    documented
});

impl Documented {
    fn learn(&mut self, method: &'static Method, line: &Line) {
        // Where Lotus reads the array of parameters itself, its documentation has the bytes of none.
        let raw = method.required < method.params.len();
        let params = method.params.iter().zip(&line.params).enumerate();
        let params = params.filter(|_| !raw);
        let params = params.map(|(number, (param, text))| (Some(number), param.ty, text));
        for (place, ty, text) in params.chain([(None, method.result, &line.result)]) {
            if tells(&ty, text.get()) {
                let text = text.get().to_owned();
                self.types.entry(ty.name).or_insert_with(|| text.clone());
                self.places.entry((method.client, place)).or_insert(text);
            }
        }
    }
}

/// Whether an example is a value of its type, and of this one more than of others.
fn tells(ty: &WireType, text: &str) -> bool {
    text != ANY_TEXT && text != "null" && ty.normalise(text).is_ok()
}

/// The example of a method's parameter, or without a number of its result; if there is none, that of
/// the same type elsewhere.
pub(crate) fn example(method: &Method, place: Option<usize>) -> Option<&'static str> {
    let ty = place.map_or(method.result, |number| method.params[number].ty);
    let documented = &*DOCUMENTED;
    let here = documented.places.get(&(method.client, place));
    let elsewhere = || {
        documented
            .types
            .get(ty.name)
            .filter(|text| tells(&ty, text))
    };
    here.or_else(elsewhere).map(String::as_str)
}
