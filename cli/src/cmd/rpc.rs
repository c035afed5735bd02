//! `rpc`: calls any method by its name.

mod params;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use jsonrpsee::core::client::{ClientT, Subscription, SubscriptionClientT};
use lotus_client::{ApiPath, Client};
use lotus_core::api::Surface;
use lotus_core::{Kind, Method, Role};
use serde_json::value::RawValue;

use crate::opts::{Answer, Context};
use params::Params;

/// Call a method of the API by name, and print its result as JSON
///
/// Parameters are JSON; one that is none is taken as a string, so that addresses and CIDs need no
/// quotes. Number and types are checked before anything is sent. A method that answers with a
/// channel prints one value per line until it is interrupted.
#[derive(Debug, Args)]
pub(crate) struct Rpc {
    /// The method, such as Filecoin.ChainHead, ChainHead or eth_chainId
    #[arg(index = 1)]
    method: String,

    /// Its parameters, in order
    #[arg(index = 2, value_name = "PARAM", allow_hyphen_values = true)]
    params: Vec<String>,

    /// The file with all parameters as one JSON array, for what must not be on a command line; -
    /// is stdin
    #[arg(long, value_name = "FILE", conflicts_with = "params")]
    params_file: Option<PathBuf>,

    /// The version of the API: v0, v1 or v2 of a node, v0 of a miner
    #[arg(long, value_name = "VERSION", hide_possible_values = true)]
    api: Option<Version>,

    /// Send the call whatever is known of the method here
    #[arg(long)]
    unchecked: bool,
}

/// A version of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Version {
    V0,
    V1,
    V2,
}

impl Version {
    fn path(self) -> ApiPath {
        match self {
            Version::V0 => ApiPath::V0,
            Version::V1 => ApiPath::V1,
            Version::V2 => ApiPath::V2,
        }
    }
}

/// The methods that a version of a daemon's API has.
fn surface(role: Role, version: Option<Version>) -> anyhow::Result<(&'static Surface, ApiPath)> {
    let surfaces = role.surfaces();
    let main = match role {
        Role::FullNode => Version::V1,
        Role::StorageMiner => Version::V0,
    };
    let path = version.unwrap_or(main).path();
    let surface = surfaces
        .iter()
        .find(|surface| surface.path.ends_with(&format!("/{path}")));
    match surface {
        Some(surface) => Ok((surface, path)),
        None => {
            let paths: Vec<_> = surfaces.iter().map(|surface| surface.path).collect();
            bail!(
                "{} has no API {path}; it has {}",
                role.program(),
                paths.join(", ")
            )
        }
    }
}

/// Every name that `rpc` takes for a method of a daemon's main path.
pub(super) fn names(role: Role) -> Vec<&'static str> {
    let methods = role.surfaces().iter().flat_map(|surface| surface.methods());
    let mut names: Vec<_> = methods
        .flat_map(|(name, method)| std::iter::once(name).chain(method.aliases.iter().copied()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A method by its wire name, an alias, or its name without the namespace.
fn find(surface: &Surface, name: &str) -> Option<&'static Method> {
    let methods = surface.methods();
    methods.get(name).copied().or_else(|| {
        methods
            .into_values()
            .find(|method| method.bare_name() == name || method.aliases.contains(&name))
    })
}

impl Rpc {
    pub(crate) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let (surface, path) = surface(context.role, self.api)?;
        let method = find(surface, &self.method).filter(|_| !self.unchecked);
        let params = match &self.params_file {
            Some(file) => Params::read(file)?,
            None => Params::given(&self.params, method),
        };
        let Some(method) = method else {
            if !self.unchecked {
                bail!(unknown(surface, &self.method));
            }
            let client = context.connect_at(context.role, path).await?.client;
            return call(&client, &self.method, params, context).await;
        };
        params
            .check(method)
            .with_context(|| params::signature(method))?;
        let client = context.connect_at(context.role, path).await?.client;
        match method.kind {
            Kind::Call => call(&client, method.name, params, context).await,
            Kind::Channel => follow(&client, method.name, params).await,
        }
    }
}

/// That a name is none, and which ones are like it.
fn unknown(surface: &Surface, name: &str) -> String {
    let mut close: Vec<_> = surface
        .methods()
        .into_values()
        .map(|method| (strsim::jaro_winkler(method.bare_name(), name), method.name))
        .filter(|(likeness, _)| *likeness > 0.85)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0));
    let close: Vec<_> = close.into_iter().take(3).map(|(_, name)| name).collect();
    let hint = match &close[..] {
        [] => "`auth methods` lists them".to_owned(),
        names => format!("did you mean {}?", names.join(", ")),
    };
    format!(
        "{} has no method {name} on {}; {hint} (--unchecked calls it all the same)",
        surface.program, surface.path
    )
}

async fn call(
    client: &Client,
    method: &str,
    params: Params,
    context: &Context,
) -> anyhow::Result<()> {
    let result: Box<RawValue> = client.request(method, params).await.answer()?;
    let value: serde_json::Value = serde_json::from_str(result.get())?;
    let pretty = serde_json::to_string_pretty(&value)?;
    context.out.result(pretty, &value)
}

/// Prints what a channel brings, until it ends.
async fn follow(client: &Client, method: &str, params: Params) -> anyhow::Result<()> {
    let cancel = format!("{method}.cancel");
    let mut values: Subscription<Box<RawValue>> =
        client.subscribe(method, params, &cancel).await.answer()?;
    loop {
        tokio::select! {
            value = values.next() => match value {
                Some(value) => crate::output::stdout(value?.get())?,
                None => return Ok(()),
            },
            signal = tokio::signal::ctrl_c() => return Ok(signal?),
        }
    }
}

#[cfg(test)]
mod tests {
    use lotus_core::api::{FULL_NODE_V1, MINER};

    use super::*;

    #[test]
    fn a_method_has_several_names() {
        for name in ["Filecoin.WalletSign", "WalletSign"] {
            assert_eq!(
                find(&FULL_NODE_V1, name).unwrap().name,
                "Filecoin.WalletSign"
            );
        }
        assert_eq!(
            find(&MINER, "rpc.discover").unwrap().name,
            "Filecoin.Discover"
        );
        assert!(find(&MINER, "WalletSign").is_none());
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_like_it() {
        let text = unknown(&FULL_NODE_V1, "WaletSign");
        assert!(text.contains("did you mean Filecoin.WalletSign"), "{text}");
        let text = unknown(&FULL_NODE_V1, "xyz");
        assert!(text.contains("lists them"), "{text}");
    }

    #[test]
    fn a_version_that_a_daemon_does_not_have_is_refused() {
        let error = surface(Role::StorageMiner, Some(Version::V1)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "lotus-miner has no API v1; it has /rpc/v0"
        );
        assert_eq!(surface(Role::FullNode, None).unwrap().1, ApiPath::V1);
    }
}
