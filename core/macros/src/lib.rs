//! The permission annotation of `lotus-core`'s API traits.

use proc_macro::TokenStream;

mod arguments;
mod permissioned;

/// Gives every method of a jsonrpsee `#[rpc]` trait a permission.
///
/// Placed above `#[rpc(…)]`, it reads `perm = read|write|sign|admin` from each `#[method(…)]` and
/// `#[subscription(…)]`, removes it (jsonrpsee rejects arguments that it does not know, so
/// forgetting this attribute does not compile), names the permission in the method's documentation,
/// and adds one item: a table of `lotus_core::Method`, a constant named like the trait in capitals.
///
/// A subscription also gets the unsubscribe name that jsonrpsee insists on, `<Name>.cancel`. It
/// never reaches the wire: go-jsonrpc's channels are cancelled with `xrpc.cancel`.
#[proc_macro_attribute]
pub fn permissioned(arguments: TokenStream, item: TokenStream) -> TokenStream {
    permissioned::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
