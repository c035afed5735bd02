//! The arguments inside `#[rpc(…)]`, `#[method(…)]` and `#[subscription(…)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitStr, Token, Type, bracketed};

/// A comma-separated list of arguments.
pub(crate) struct Arguments(Vec<Argument>);

struct Argument {
    key: Ident,
    value: Value,
}

enum Value {
    /// `blocking`
    Flag,
    /// `name = "Closing"`
    Text(LitStr),
    /// `aliases = ["rpc.discover"]`
    List(Vec<LitStr>),
    /// `perm = read`
    Word(Ident),
    /// `item = Vec<u64>`
    Type(Box<Type>),
    /// Whatever else jsonrpsee knows.
    Other(TokenStream),
}

impl Arguments {
    pub(crate) fn text(&self, key: &str) -> Option<&LitStr> {
        match self.value(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn list(&self, key: &str) -> &[LitStr] {
        match self.value(key) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    pub(crate) fn ty(&self, key: &str) -> Option<&Type> {
        match self.value(key)? {
            Value::Type(ty) => Some(ty),
            _ => None,
        }
    }

    /// Removes the first `key = word`.
    pub(crate) fn take_word(&mut self, key: &str) -> Option<Ident> {
        let position = self.0.iter().position(|argument| argument.key == key)?;
        match self.0.remove(position).value {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Removes a bare `key`, and says whether it was there.
    pub(crate) fn take_flag(&mut self, key: &str) -> bool {
        let before = self.0.len();
        self.0
            .retain(|argument| argument.key != key || !matches!(argument.value, Value::Flag));
        self.0.len() < before
    }

    /// The key as it was written, if it is there.
    pub(crate) fn key(&self, key: &str) -> Option<&Ident> {
        self.0
            .iter()
            .map(|argument| &argument.key)
            .find(|written| *written == key)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|argument| argument.key == key)
            .map(|argument| &argument.value)
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let arguments = Punctuated::<Argument, Token![,]>::parse_terminated(input)?;
        Ok(Self(arguments.into_iter().collect()))
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key: Ident = input.parse()?;
        if !input.peek(Token![=]) {
            return Ok(Self {
                key,
                value: Value::Flag,
            });
        }
        input.parse::<Token![=]>()?;
        let value = match key.to_string().as_str() {
            "perm" => Value::Word(input.parse().map_err(|error| {
                Error::new(
                    error.span(),
                    "a permission is a bare word: read, write, sign or admin",
                )
            })?),
            "item" => Value::Type(Box::new(input.parse()?)),
            "aliases" => {
                let list;
                bracketed!(list in input);
                let list = Punctuated::<LitStr, Token![,]>::parse_terminated(&list)?;
                Value::List(list.into_iter().collect())
            }
            _ if input.peek(LitStr) && !input.peek2(Token![=>]) => Value::Text(input.parse()?),
            _ => Value::Other(input.parse::<Expr>()?.into_token_stream()),
        };
        Ok(Self { key, value })
    }
}

impl ToTokens for Arguments {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for Argument { key, value } in &self.0 {
            let value = match value {
                Value::Flag => quote!(),
                Value::Text(text) => quote!(= #text),
                Value::List(list) => quote!(= [#(#list),*]),
                Value::Word(word) => quote!(= #word),
                Value::Type(ty) => quote!(= #ty),
                Value::Other(other) => quote!(= #other),
            };
            tokens.extend(quote!(#key #value,));
        }
    }
}
