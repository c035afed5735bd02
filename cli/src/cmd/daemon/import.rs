//! The flags that fill a repo with a chain from a file, and how far that is.

use clap::Args;
use lotus_daemon::{Import, Node, Progress, Source, Watch};
use serde_json::json;

use super::serve::{self, ServeOpts};
use crate::opts::Context;
use crate::output::Line;

/// What Lotus prints when it was asked to do no more than import.
const HALTING: &str = "Chain import complete, halting as requested...";

/// The flags of an import.
#[derive(Debug, Args)]
pub(super) struct ImportOpts {
    /// Import the chain in a CAR file, plain or compressed with Zstandard, or - for standard input;
    /// from then on the repo has that chain, read-only, instead of a local network
    #[arg(long, value_name = "FILE", value_parser = read_source)]
    import_chain: Option<Source>,

    /// The same as --import-chain: every block is verified, and nothing is executed again
    #[arg(long, value_name = "FILE", value_parser = read_source)]
    import_snapshot: Option<Source>,

    /// Remove the chain that is in the repo, when the import is complete; or, without one, at once
    #[arg(long)]
    pub(super) remove_existing_chain: bool,

    /// End when the import is complete
    #[arg(long)]
    pub(super) halt_after_import: bool,
}

impl ImportOpts {
    /// What to import, if anything.
    ///
    /// # Errors
    /// The flags contradict each other.
    pub(super) fn read(&self) -> anyhow::Result<Option<Import>> {
        let source = match (&self.import_chain, &self.import_snapshot) {
            (Some(_), Some(_)) => {
                anyhow::bail!("cannot specify both 'import-snapshot' and 'import-chain'")
            }
            (Some(source), None) | (None, Some(source)) => source.clone(),
            (None, None) if self.halt_after_import => anyhow::bail!(
                "--halt-after-import needs a chain to import; name its file with --import-chain"
            ),
            (None, None) => return Ok(None),
        };
        Ok(Some(Import {
            watch: Some(watch(source.to_string())),
            source,
            replace: self.remove_existing_chain,
        }))
    }
}

/// Imports, says so, and ends.
pub(super) fn halt(context: &Context, opts: ServeOpts, import: Import) -> anyhow::Result<()> {
    let options = serve::options(context, opts)?;
    let chain = serve::until_signal(Node::import(options, import))?;
    let json = json!({
        "network": chain.network,
        "chainId": chain.chain_id,
        "genesis": chain.genesis,
        "height": chain.height,
    });
    context.out.result(HALTING, json)
}

fn read_source(text: &str) -> Result<Source, String> {
    match text {
        "-" => Ok(Source::Stdin),
        "" => Err("it needs the name of a file".to_owned()),
        url if url.starts_with("http://") || url.starts_with("https://") => Err(format!(
            "nothing is downloaded here; use curl -fL {url} | lotus daemon --import-chain -"
        )),
        path => Ok(path.into()),
    }
}

/// Shows on a terminal how far the import of a file is.
fn watch(name: String) -> Watch {
    let mut line = Line::default();
    Watch::new(move |progress| line.show(|| text(&name, progress)))
}

/// One line.
fn text(name: &str, progress: Progress) -> String {
    let Progress {
        bytes,
        total,
        blocks,
        epoch,
    } = progress;
    let mebibytes = |bytes: u64| bytes / (1 << 20);
    match (epoch, total) {
        (Some(epoch), _) => format!("{name}: {blocks} blocks, indexing epoch {epoch}"),
        (None, Some(total)) if total > 0 => {
            let percent = u128::from(bytes) * 100 / u128::from(total);
            let (bytes, total) = (mebibytes(bytes), mebibytes(total));
            format!("{name}: {percent}% ({bytes} of {total} MiB), {blocks} blocks")
        }
        (None, _) => format!("{name}: {} MiB read, {blocks} blocks", mebibytes(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_file_or_standard_input() {
        assert_eq!(read_source("-"), Ok(Source::Stdin));
        assert_eq!(read_source("a.car"), Ok(Source::File("a.car".into())));
        let error = read_source("https://example.org/snapshot").unwrap_err();
        assert!(error.contains("--import-chain -"), "{error}");
        assert!(read_source("").is_err());
    }

    #[test]
    fn it_is_said_how_far_an_import_is() {
        let progress = Progress {
            bytes: 3 << 20,
            total: Some(4 << 20),
            blocks: 7,
            epoch: None,
        };
        assert_eq!(text("x.car", progress), "x.car: 75% (3 of 4 MiB), 7 blocks");
        let stream = Progress {
            total: None,
            ..progress
        };
        assert_eq!(text("x.car", stream), "x.car: 3 MiB read, 7 blocks");
        let indexing = Progress {
            epoch: Some(12),
            ..progress
        };
        assert_eq!(
            text("x.car", indexing),
            "x.car: 7 blocks, indexing epoch 12"
        );
    }
}
