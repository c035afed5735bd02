//! For forest-cli: `auth create-token` always sends `AuthNew` a second parameter, the token's
//! lifetime in seconds. Lotus refuses the call for its number of parameters; here the lifetime is
//! honoured.

use lotus_core::Method;
use serde_json::value::RawValue;

use super::elements::Elements;

/// The lifetime that forest-cli asked for, in seconds; `None` where it is no whole number. Travels
/// in the extensions of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestedLifetime(pub(crate) Option<u64>);

/// Whether `count` parameters are one more than `method` has, and that one is forest-cli's.
pub(crate) fn is_extra_parameter(method: &Method, count: usize) -> bool {
    method.name == "Filecoin.AuthNew" && count == method.params.len() + 1
}

/// The lifetime in the parameters of `AuthNew`, where there is one.
pub(crate) fn requested_lifetime(method: &Method, params: &RawValue) -> Option<RequestedLifetime> {
    if method.name != "Filecoin.AuthNew" {
        return None;
    }
    let params = Elements::parse(params.get().as_bytes(), 2).ok()?;
    Some(RequestedLifetime(params.first.get(1)?.get().parse().ok()))
}
