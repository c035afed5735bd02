//! `chain list`: a segment of the chain.

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lotus_core::api::chain::ChainClient;
use lotus_core::types::{TipSet, TipSetKey};

use crate::opts::{Answer, Context};

/// View a segment of the chain
#[derive(Debug, Args)]
pub(super) struct List {
    /// The epoch of the last tipset; the head unless given
    #[arg(long, alias = "height", value_name = "EPOCH")]
    epoch: Option<i64>,

    /// How many tipsets
    #[arg(long, value_name = "COUNT", default_value_t = 30)]
    count: usize,
}

impl List {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let client = context.connect_main().await?.client;
        let head = TipSetKey::default();
        let mut tipset = match self.epoch {
            Some(epoch) => client.chain_get_tip_set_by_height(epoch, head).await,
            None => client.chain_head().await,
        }
        .answer()?;
        let mut tipsets = Vec::new();
        while tipsets.len() < self.count {
            let (height, parents) = (tipset.height(), tipset.parents());
            tipsets.push(tipset);
            if height == 0 || tipsets.len() == self.count {
                break;
            }
            tipset = client.chain_get_tip_set(parents).await.answer()?;
        }
        tipsets.reverse();
        let lines: Vec<_> = tipsets
            .iter()
            .map(|tipset| line(tipset, &TimeZone::system()))
            .collect();
        context.out.result(lines.join("\n"), &tipsets)
    }
}

/// A tipset as Lotus writes it, with the spaces that scripts expect.
fn line(tipset: &TipSet, zone: &TimeZone) -> String {
    let seconds = i64::try_from(tipset.min_timestamp()).unwrap_or(i64::MAX);
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    let time = time.to_zoned(zone.clone()).strftime("%b %e %H:%M:%S");
    let mut blocks = String::new();
    for (cid, block) in tipset.cids().iter().zip(tipset.blocks()) {
        blocks += &format!("{cid}: {},", block.miner);
    }
    format!("{}: ({time}) [ {blocks}  ]", tipset.height())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lotus_core::types::{Address, BigInt, BlockHeader, Cid, Ticket, TokenAmount};

    #[test]
    fn a_line_is_lotus_s() {
        let some = Cid::of_dag_cbor(&[0x80]);
        let header = BlockHeader {
            miner: Address::new_id(1000),
            ticket: Some(Ticket::default()),
            election_proof: None,
            beacon_entries: Vec::new(),
            win_po_st_proof: Vec::new(),
            parents: vec![some],
            parent_weight: BigInt::default(),
            height: 7,
            parent_state_root: some,
            parent_message_receipts: some,
            messages: some,
            bls_aggregate: None,
            timestamp: 1_691_323_230,
            block_sig: None,
            fork_signaling: 0,
            parent_base_fee: TokenAmount::default(),
        };
        let tipset = TipSet::new(vec![header]).unwrap();
        let expected = format!("7: (Aug  6 12:00:30) [ {}: f01000,  ]", tipset.cids()[0]);
        assert_eq!(line(&tipset, &TimeZone::UTC), expected);
    }
}
