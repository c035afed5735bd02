//! What `#[object]` expands to.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Error, Fields, ItemStruct, Result, parse_quote};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(
            arguments,
            "`#[object]` takes no arguments",
        ));
    }
    let mut item: ItemStruct = syn::parse2(item)?;
    let Fields::Named(fields) = &mut item.fields else {
        return Err(Error::new_spanned(
            item,
            "`#[object]` is for structs with named fields: a JSON object has names",
        ));
    };
    let required: Vec<bool> = fields
        .named
        .iter_mut()
        .map(|field| take(&mut field.attrs, "required"))
        .collect();
    let zero = !required.contains(&true);
    for (field, required) in fields.named.iter_mut().zip(required) {
        if !zero && !required {
            field.attrs.push(parse_quote!(#[serde(default)]));
        }
        if take(&mut field.attrs, "nil") {
            let ty = &field.ty;
            let nullable = quote!(::std::option::Option<#ty>).to_string();
            field.attrs.push(parse_quote!(
                #[serde(serialize_with = "::lotus_types::go::nil")]
            ));
            field
                .attrs
                .push(parse_quote!(#[schemars(with = #nullable)]));
        }
    }
    let (default, absent) = match zero {
        true => (quote!(Default,), quote!(default)),
        false => (quote!(), quote!()),
    };
    let case = (!item.attrs.iter().any(renames)).then(|| quote!(rename_all = "PascalCase",));
    let name = &item.ident;
    Ok(quote! {
        #[derive(
            Clone, Debug, #default PartialEq,
            ::serde::Serialize, ::serde::Deserialize, ::schemars::JsonSchema,
        )]
        #[serde(remote = "Self", #case #absent)]
        #item

        impl ::serde::Serialize for #name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #name::serialize(self, serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #name::deserialize(::lotus_types::go::Object(deserializer))
            }
        }
    })
}

/// Removes the attribute `#[name]`, and says whether it was there.
fn take(attributes: &mut Vec<Attribute>, name: &str) -> bool {
    let before = attributes.len();
    attributes.retain(|attribute| !attribute.path().is_ident(name));
    attributes.len() < before
}

/// Whether an attribute is `#[serde(rename_all = …)]`.
fn renames(attribute: &Attribute) -> bool {
    let mut found = false;
    if attribute.path().is_ident("serde") {
        // What does not parse here is serde's own to complain about.
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("rename_all");
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            Ok(())
        });
    }
    found
}
