//! What `#[permissioned]` expands to.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{
    Attribute, Error, Expr, ExprLit, FnArg, Ident, ItemTrait, Lit, Meta, Pat, Result, ReturnType,
    TraitItem, TraitItemFn, Type, parse_quote,
};

use crate::arguments::Arguments;
use crate::reader::Reader;

/// What to do about a `perm` that is not where it belongs.
const PLACE: &str = "`perm = …` goes inside each `#[method(…)]` and `#[subscription(…)]`";

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        let message = format!("`#[permissioned]` takes no arguments: {PLACE}");
        return Err(Error::new_spanned(arguments, message));
    }
    let mut item: ItemTrait = syn::parse2(item)?;
    let rpc = rpc(&item)?;
    let namespace = namespace(&rpc);
    let mut rows = Vec::new();
    let mut reader = Reader::default();
    let mut errors = Vec::new();
    errors.extend(misplaced(&item.attrs));
    for member in &mut item.items {
        if let TraitItem::Fn(function) = member {
            match row(function, &namespace, &item.ident, &mut reader) {
                Ok(row) => rows.push(row),
                Err(error) => errors.push(error),
            }
        }
    }
    if let Some(error) = errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    }) {
        return Err(error);
    }
    let reader = rpc.key("client").map(|_| reader.expand(&item));
    let outputs = outputs(&item);
    let table = format_ident!("{}", screaming(&item.ident.to_string()));
    let visibility = &item.vis;
    let docs = format!(
        "The methods of the trait `{}` and their permissions.",
        item.ident
    );
    Ok(quote! {
        #item

        #[doc = #docs]
        #visibility static #table: &[::lotus_core::Method] = &[#(#rows),*];

        #reader

        // A trait that is only called gets jsonrpsee's own error: without this, what the trait
        // imports for its results would be unused.
        #(const _: ::std::marker::PhantomData<#outputs> = ::std::marker::PhantomData;)*
    })
}

/// What the first function with a `Result<…>` returns, and the first channel.
fn outputs(item: &ItemTrait) -> Vec<&Type> {
    let outputs = item.items.iter().filter_map(|member| match member {
        TraitItem::Fn(function) => match &function.sig.output {
            ReturnType::Type(_, ty) => Some(&**ty),
            ReturnType::Default => None,
        },
        _ => None,
    });
    let (results, channels): (Vec<_>, Vec<_>) =
        outputs.partition(|ty| generic_argument(ty).is_some());
    let firsts = [results.first(), channels.first()];
    firsts.into_iter().flatten().copied().collect()
}

/// The arguments of the trait's `#[rpc(…)]`.
fn rpc(item: &ItemTrait) -> Result<Arguments> {
    let rpc = item
        .attrs
        .iter()
        .find(|attribute| is(attribute, "rpc"))
        .ok_or_else(|| {
            Error::new(
                item.ident.span(),
                "`#[permissioned]` belongs above `#[rpc(…)]` on the same trait",
            )
        })?;
    let arguments: Arguments = rpc.parse_args()?;
    if let Some(key) = arguments.key("perm") {
        return Err(Error::new(key.span(), PLACE));
    }
    Ok(arguments)
}

/// `Filecoin.` from `#[rpc(namespace = "Filecoin", namespace_separator = ".")]`.
fn namespace(rpc: &Arguments) -> String {
    let text = |key| rpc.text(key).map(|text| text.value());
    let separator = text("namespace_separator").unwrap_or_else(|| "_".to_owned());
    text("namespace")
        .map(|namespace| namespace + &separator)
        .unwrap_or_default()
}

/// Whether `attribute` is `name`, by whatever path it was written.
fn is(attribute: &Attribute, name: &str) -> bool {
    attribute
        .path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == name)
}

/// The error for an attribute `#[perm(…)]`, which does not exist.
fn misplaced(attributes: &[Attribute]) -> Option<Error> {
    let attribute = attributes.iter().find(|attribute| is(attribute, "perm"))?;
    Some(Error::new_spanned(attribute, PLACE))
}

/// Strips `perm`, `retry` and `optional` from the method's attribute and returns the method's row of the table.
fn row(
    function: &mut TraitItemFn,
    namespace: &str,
    of: &Ident,
    reader: &mut Reader,
) -> Result<TokenStream> {
    if let Some(error) = misplaced(&function.attrs) {
        return Err(error);
    }
    let attribute = function
        .attrs
        .iter_mut()
        .find(|attribute| is(attribute, "method") || is(attribute, "subscription"))
        .ok_or_else(|| {
            Error::new(
                function.sig.ident.span(),
                "every function of a permissioned trait needs `#[method(…)]` or `#[subscription(…)]`",
            )
        })?;
    let channel = is(attribute, "subscription");
    let mut arguments: Arguments = attribute.parse_args()?;
    let name = arguments
        .text("name")
        .ok_or_else(|| Error::new_spanned(&*attribute, "a method needs a `name = \"…\"`"))?
        .value();
    let word = arguments.take_word("perm").ok_or_else(|| {
        Error::new_spanned(
            &*attribute,
            format!("`{name}` needs a permission: add `perm = read`, `write`, `sign` or `admin`"),
        )
    })?;
    let permission = permission(&word)?;
    let retry = arguments.take_flag("retry");
    let optional = arguments.take_flag("optional");
    let result = match (channel, arguments.ty("item")) {
        (true, Some(item)) => item.clone(),
        _ => result(&function.sig.output),
    };
    if channel {
        let cancel = format!("{name}.cancel");
        let path = attribute.path();
        *attribute = parse_quote!(#[#path(#arguments unsubscribe = #cancel)]);
    } else {
        let path = attribute.path();
        *attribute = parse_quote!(#[#path(#arguments)]);
    }

    let docs = docs(&function.attrs);
    let note = format!("\n\nPermission: `{word}`.");
    function.attrs.push(parse_quote!(#[doc = #note]));
    if permission == "Read" {
        reader.add(function, &result, channel);
    }

    let params: Vec<_> = function
        .sig
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(input) => Some(input),
            FnArg::Receiver(_) => None,
        })
        .collect();
    let required = match optional {
        true => {
            let last = params.iter().rposition(|param| !is_option(&param.ty));
            last.map_or(0, |last| last + 1)
        }
        false => params.len(),
    };
    if optional && required == params.len() {
        let message = format!("`{name}` is `optional`, but its last parameter is no `Option`");
        return Err(Error::new(function.sig.ident.span(), message));
    }
    let params = params.into_iter().map(|param| {
        let name = match &*param.pat {
            Pat::Ident(pattern) => pattern.ident.unraw().to_string(),
            _ => String::new(),
        };
        let ty = described(&param.ty);
        quote!(::lotus_core::Param { name: #name, ty: #ty })
    });
    let result = described(&result);
    let wire_name = format!("{namespace}{name}");
    // jsonrpsee names the trait of the client so.
    let client = format!("::{of}Client::{}", function.sig.ident.unraw());
    let aliases = arguments.list("aliases");
    let kind = if channel {
        quote!(Channel)
    } else {
        quote!(Call)
    };
    Ok(quote! {
        ::lotus_core::Method {
            name: #wire_name,
            aliases: &[#(#aliases),*],
            permission: ::lotus_core::Permission::#permission,
            kind: ::lotus_core::Kind::#kind,
            retry: #retry,
            params: &[#(#params),*],
            required: #required,
            result: #result,
            client: ::std::concat!(::std::module_path!(), #client),
            docs: #docs,
        }
    })
}

fn permission(word: &Ident) -> Result<Ident> {
    let variant = match word.to_string().as_str() {
        "read" => "Read",
        "write" => "Write",
        "sign" => "Sign",
        "admin" => "Admin",
        other => {
            let message = format!("unknown permission `{other}`: use read, write, sign or admin");
            return Err(Error::new(word.span(), message));
        }
    };
    Ok(Ident::new(variant, Span::call_site()))
}

/// The documentation comment as one text, without the space that begins each line.
fn docs(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(line),
                    ..
                }) => Some(line.value()),
                _ => None,
            },
            _ => None,
        });
    let text = |line: String| {
        line.strip_prefix(' ')
            .unwrap_or(&line)
            .trim_end()
            .to_owned()
    };
    lines.map(text).collect::<Vec<_>>().join("\n")
}

/// Whether a type is an `Option`, by whatever path it was written.
fn is_option(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "Option")
}

/// The `T` of `Result<T, E>`.
fn result(output: &ReturnType) -> Type {
    let ReturnType::Type(_, ty) = output else {
        return parse_quote!(());
    };
    generic_argument(ty).unwrap_or(ty).clone()
}

/// The `T` of `Something<T, …>`.
fn generic_argument(ty: &Type) -> Option<&Type> {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && let syn::PathArguments::AngleBracketed(generics) = &last.arguments
        && let Some(syn::GenericArgument::Type(first)) = generics.args.first()
    {
        return Some(first);
    }
    None
}

/// A type as the table has it.
fn described(ty: &Type) -> TokenStream {
    let name = spelled(ty);
    quote!(::lotus_core::WireType::of::<#ty>(#name))
}

/// A type as one would write it, without the spaces between tokens.
fn spelled(ty: &Type) -> String {
    quote!(#ty)
        .to_string()
        .replace(" :: ", "::")
        .replace(" < ", "<")
        .replace(" >", ">")
        .replace("< ", "<")
        .replace(" ,", ",")
}

/// `FullNode` → `FULL_NODE`
fn screaming(name: &str) -> String {
    let mut screaming = String::new();
    for (position, letter) in name.char_indices() {
        if letter.is_uppercase() && position > 0 {
            screaming.push('_');
        }
        screaming.extend(letter.to_uppercase());
    }
    screaming
}
