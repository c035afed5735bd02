//! The permission annotation of `lotus-core`'s API traits.

use proc_macro::TokenStream;

mod arguments;
mod object;
mod permissioned;
mod reader;

/// Gives every method of a jsonrpsee `#[rpc]` trait a permission.
///
/// Placed above `#[rpc(…)]`, it reads `perm = read|write|sign|admin` from each `#[method(…)]` and
/// `#[subscription(…)]`, removes it (jsonrpsee rejects arguments that it does not know, so
/// forgetting this attribute does not compile), names the permission in the method's documentation,
/// and adds a table of `lotus_core::Method`, a constant named like the trait in capitals. `retry`
/// beside `perm` marks a method that Lotus's own clients repeat when the connection fails;
/// `optional` one of which the `Option`s at the end may be left out of a call.
///
/// A trait with a client also gets one for `lotus_core::ReadOnly`, `<Trait>Reader`: only what a
/// `read` token may call.
///
/// A subscription also gets the unsubscribe name that jsonrpsee insists on, `<Name>.cancel`. It
/// never reaches the wire: go-jsonrpc's channels are cancelled with `xrpc.cancel`.
#[proc_macro_attribute]
pub fn permissioned(arguments: TokenStream, item: TokenStream) -> TokenStream {
    permissioned::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a struct a JSON object as Go writes and reads it.
///
/// Derives `Clone`, `Debug`, `Default`, `PartialEq`, `Serialize`, `Deserialize` and `JsonSchema`.
/// Fields are written in PascalCase unless `#[serde(rename = "…")]` or a `rename_all` on the struct
/// says otherwise; they are read whatever their case, an absent field or `null` is the type's zero,
/// unknown fields are ignored, and a field given twice is an error.
///
/// `#[required]` on a field whose type has no zero (a CID) makes its absence an error; the struct
/// then has no `Default`. `#[nil]` on a field that holds a list, bytes or a map writes an empty one as `null`: Go's nil.
#[proc_macro_attribute]
pub fn object(arguments: TokenStream, item: TokenStream) -> TokenStream {
    object::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
