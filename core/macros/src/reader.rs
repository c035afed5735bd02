//! The trait of the methods that a `read` token may call.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{FnArg, ItemTrait, Pat, TraitItemFn, Type};

/// The methods seen so far.
#[derive(Default)]
pub(crate) struct Reader {
    /// As the trait declares them.
    declared: Vec<TokenStream>,
    /// As they are passed on to the client.
    passed_on: Vec<TokenStream>,
}

impl Reader {
    /// Adds a method of which the permission is `read`.
    pub(crate) fn add(&mut self, function: &TraitItemFn, result: &Type, channel: bool) {
        let name = &function.sig.ident;
        let params: Vec<_> = function
            .sig
            .inputs
            .iter()
            .filter_map(|input| match input {
                FnArg::Typed(input) => Some(input),
                FnArg::Receiver(_) => None,
            })
            .collect();
        let names: Vec<_> = params
            .iter()
            .filter_map(|param| match &*param.pat {
                Pat::Ident(pattern) => Some(&pattern.ident),
                _ => None,
            })
            .collect();
        let result = if channel {
            quote!(::jsonrpsee::core::client::Subscription<#result>)
        } else {
            quote!(#result)
        };
        let signature = quote! {
            fn #name(&self #(, #params)*) -> impl ::std::future::Future<
                Output = ::std::result::Result<#result, ::jsonrpsee::core::ClientError>
            > + Send
        };
        let docs = function
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("doc"));
        self.declared.push(quote!(#(#docs)* #signature;));
        self.passed_on.push(quote! {
            #signature {
                ::lotus_core::read_only::passed_on(self).#name(#(#names),*)
            }
        });
    }

    /// The trait, and that a read-only client has it. Nothing without methods.
    pub(crate) fn expand(self, item: &ItemTrait) -> TokenStream {
        let Self {
            declared,
            passed_on,
        } = self;
        if declared.is_empty() {
            return TokenStream::new();
        }
        let visibility = &item.vis;
        let client = format_ident!("{}Client", item.ident);
        let reader = format_ident!("{}Reader", item.ident);
        let docs = format!("The methods of [`{client}`] that need no more than `read`.");
        quote! {
            #[doc = #docs]
            #visibility trait #reader {
                #(#declared)*
            }

            impl<C: #client + Send + Sync> #reader for ::lotus_core::ReadOnly<C> {
                #(#passed_on)*
            }
        }
    }
}
