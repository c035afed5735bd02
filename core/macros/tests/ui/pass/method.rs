//! A method with aliases, extensions, parameters and documentation.

use jsonrpsee::core::async_trait;
use jsonrpsee::proc_macros::rpc;
use jsonrpsee::{Extensions, RpcModule};
use lotus_core::{Api, Error, Kind, Permission, permissioned};

#[permissioned]
#[rpc(server, client, namespace = "Filecoin", namespace_separator = ".")]
pub trait TwoWords {
    /// Says hello
    /// to someone.
    ///
    /// * at length
    ///   and indented
    #[method(name = "Hello", aliases = ["hello", "say.hello"], perm = sign, with_extensions)]
    async fn hello(&self, who: String, r#type: Vec<Option<u64>>) -> Result<Vec<String>, Error>;

    /// Does nothing.
    #[method(perm = admin, name = "Nothing", blocking)]
    fn nothing(&self) -> Result<(), Error>;

    /// Takes two or three parameters.
    #[method(name = "Some", perm = read, optional)]
    fn some(&self, first: Option<u64>, second: u64, third: Option<u64>) -> Result<u64, Error>;
}

struct Impl;

#[async_trait]
impl TwoWordsServer for Impl {
    async fn hello(
        &self,
        _extensions: &Extensions,
        who: String,
        r#type: Vec<Option<u64>>,
    ) -> Result<Vec<String>, Error> {
        Ok(vec![who; r#type.len()])
    }

    fn nothing(&self) -> Result<(), Error> {
        Ok(())
    }

    fn some(&self, _: Option<u64>, second: u64, third: Option<u64>) -> Result<u64, Error> {
        Ok(second + third.unwrap_or_default())
    }
}

fn main() {
    let [hello, nothing, some] = TWO_WORDS else {
        panic!("one row per method")
    };
    assert_eq!((hello.name, hello.bare_name()), ("Filecoin.Hello", "Hello"));
    assert_eq!(hello.aliases, ["hello", "say.hello"]);
    assert_eq!(
        (hello.permission, hello.kind),
        (Permission::Sign, Kind::Call)
    );
    let params: Vec<_> = hello
        .params
        .iter()
        .map(|param| (param.name, param.ty.name))
        .collect();
    assert_eq!(params, [("who", "String"), ("type", "Vec<Option<u64>>")]);
    assert_eq!(hello.result.name, "Vec<String>");
    assert_eq!(
        hello.docs,
        "Says hello\nto someone.\n\n* at length\n  and indented"
    );

    assert_eq!(
        (nothing.name, nothing.permission),
        ("Filecoin.Nothing", Permission::Admin)
    );
    assert_eq!((nothing.params.len(), nothing.result.name), (0, "()"));

    assert_eq!((hello.required, some.required), (2, 2));
    assert!(some.takes(2) && some.takes(3) && !some.takes(1) && !some.takes(4));
    assert!(hello.takes(2) && !hello.takes(1) && !hello.takes(3));

    let module: RpcModule<Impl> = Impl.into_rpc();
    Api::new(module, TWO_WORDS).expect("the module serves what the table lists");
}
