//! The exit codes that each method can raise by itself, listed by hand, and which of them were seen.
//!
//! Left out is what every method has in common and what is not its own: the machine's codes (below
//! 16), and those that a constructor, a token's receiver or the call of a voucher passes on.

use std::collections::BTreeSet;

use lotus_chain::vm::actors;
use lotus_chain::vm::manifest::ActorKind::{self, *};

use super::Report;

/// Actor, methods (without `Exported`, with which many exist a second time), exit codes.
const RAISES: &[(ActorKind, &[&str], &[u32])] = &[
    (System, &["Constructor"], &[16, 18, 20]),
    (Init, &["Constructor"], &[16, 18, 20, 21]),
    (Init, &["Exec"], &[16, 18, 21]),
    (Init, &["Exec4"], &[16, 18, 21]),
    (Cron, &["Constructor"], &[16, 18, 20, 21]),
    (Cron, &["EpochTick"], &[16, 18]),
    (Account, &["Constructor"], &[16, 18, 20, 21]),
    (Account, &["PubkeyAddress"], &[16]),
    (Account, &["AuthenticateMessage"], &[16, 21]),
    (EthAccount, &["Constructor"], &[16, 18]),
    (Reward, &["Constructor"], &[16, 18, 20, 21]),
    (Reward, &["AwardBlockReward"], &[16, 17, 18, 20, 21]),
    (Reward, &["ThisEpochReward"], &[16]),
    (Reward, &["UpdateNetworkKPI"], &[16, 18, 21]),
    (Power, &["Constructor"], &[16, 18, 20]),
    (Power, &["CreateMiner"], &[16, 19, 21]),
    (Power, &["UpdateClaimedPower"], &[16, 17, 18, 20, 21]),
    (Power, &["EnrollCronEvent"], &[16, 18, 21]),
    (Power, &["OnEpochTickEnd"], &[16, 18]),
    (Power, &["UpdatePledgeTotal"], &[16, 18, 20, 21]),
    (
        Power,
        &[
            "CurrentTotalPower",
            "NetworkRawPower",
            "MinerCount",
            "MinerConsensusCount",
        ],
        &[16],
    ),
    (Power, &["MinerRawPower"], &[16, 21]),
    (Power, &["MinerPower"], &[16, 17, 21]),
    (Market, &["Constructor"], &[16, 18, 20]),
    (Market, &["AddBalance", "GetBalance"], &[16, 21]),
    (Market, &["WithdrawBalance"], &[16, 18, 21]),
    (Market, &["CronTick"], &[16, 18]),
    (
        Market,
        &[
            "GetDealDataCommitment",
            "GetDealClient",
            "GetDealProvider",
            "GetDealLabel",
            "GetDealTerm",
            "GetDealTotalPrice",
            "GetDealClientCollateral",
            "GetDealProviderCollateral",
            "GetDealVerified",
            "GetDealActivation",
            "GetDealSector",
        ],
        &[16, 17, 21],
    ),
    (PaymentChannel, &["Constructor"], &[16, 17, 18, 21]),
    (PaymentChannel, &["UpdateChannelState"], &[16, 18, 21, 32]),
    (PaymentChannel, &["Settle"], &[16, 18, 20]),
    (PaymentChannel, &["Collect"], &[16, 18, 23]),
    (Multisig, &["Constructor"], &[16, 17, 18, 21]),
    (Multisig, &["Propose"], &[16, 18, 19, 21, 24]),
    (Multisig, &["Approve"], &[16, 17, 18, 19, 21, 24]),
    (Multisig, &["Cancel"], &[16, 17, 18, 20, 21]),
    (Multisig, &["AddSigner", "SwapSigner"], &[16, 17, 18, 21]),
    (
        Multisig,
        &["RemoveSigner", "ChangeNumApprovalsThreshold", "LockBalance"],
        &[16, 18, 21],
    ),
    (Multisig, &["UniversalReceiverHook"], &[16, 21]),
    (Miner, &["Constructor"], &[16, 18, 19, 21]),
    (
        Miner,
        &[
            "ChangeWorkerAddress",
            "ChangePeerID",
            "ChangeMultiaddrs",
            "ChangeOwnerAddress",
            "ChangeBeneficiary",
        ],
        &[16, 18, 21],
    ),
    (Miner, &["ConfirmChangeWorkerAddress"], &[16, 18]),
    (Miner, &["OnDeferredCronEvent"], &[16, 18, 20, 21, 1000]),
    (Miner, &["CheckSectorProven"], &[16, 17, 21]),
    (Miner, &["ApplyRewards"], &[16, 18, 19, 20, 21]),
    (Miner, &["WithdrawBalance"], &[16, 18, 19, 20, 21]),
    (Miner, &["RepayDebt"], &[16, 18, 20]),
    (
        Miner,
        &["IsControllingAddress", "MaxTerminationFee"],
        &[16, 21],
    ),
    (
        Miner,
        &[
            "ControlAddresses",
            "GetBeneficiary",
            "GetOwner",
            "GetSectorSize",
            "GetVestingFunds",
            "GetPeerID",
            "GetMultiaddrs",
            "InitialPledge",
        ],
        &[16],
    ),
    (Miner, &["GetAvailableBalance"], &[16, 20]),
    (VerifiedRegistry, &["Constructor"], &[16, 18, 20, 21]),
    (VerifiedRegistry, &["AddVerifier"], &[16, 17, 18, 21]),
    (VerifiedRegistry, &["RemoveVerifier"], &[16, 18, 21]),
    (VerifiedRegistry, &["AddVerifiedClient"], &[16, 17, 21]),
    (
        VerifiedRegistry,
        &[
            "RemoveExpiredAllocations",
            "GetClaims",
            "ExtendClaimTerms",
            "RemoveExpiredClaims",
        ],
        &[16, 21],
    ),
    (
        VerifiedRegistry,
        &["UniversalReceiverHook"],
        &[16, 17, 18, 20, 21],
    ),
    (Datacap, &["Constructor"], &[16, 18, 20, 21]),
    (Datacap, &["Mint"], &[16, 17, 18, 21]),
    (Datacap, &["Destroy"], &[16, 17, 18, 19, 21]),
    (Datacap, &["Name", "Symbol", "Granularity"], &[16]),
    (Datacap, &["Balance", "Allowance"], &[16, 21]),
    (
        Datacap,
        &["Transfer", "TransferFrom"],
        &[16, 17, 18, 19, 21],
    ),
    (
        Datacap,
        &["IncreaseAllowance", "DecreaseAllowance"],
        &[16, 17, 21],
    ),
    (Datacap, &["RevokeAllowance"], &[16, 21]),
    (Datacap, &["Burn", "BurnFrom"], &[16, 19, 21]),
];

impl Report {
    /// Each method that raises something, which codes, and which of these were not seen.
    pub(super) fn raised(&self) -> Vec<(ActorKind, &'static str, Vec<u32>, Vec<u32>)> {
        let mut rows = Vec::new();
        for (kind, methods, codes) in RAISES {
            for method in *methods {
                let seen = self.exits(*kind, method);
                let unseen = codes.iter().filter(|code| !seen.contains(code));
                rows.push((*kind, *method, codes.to_vec(), unseen.copied().collect()));
            }
        }
        rows
    }

    /// What is missing: exit codes that were not seen, methods that never succeeded.
    pub(super) fn unseen(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (kind, method, _, unseen) in self.raised() {
            if !unseen.is_empty() {
                lines.push(format!("{} {method}: {unseen:?}", kind.name()));
            }
        }
        for kind in ActorKind::ALL {
            for (_, name) in actors::methods(*kind) {
                let method = name.strip_suffix("Exported").unwrap_or(name);
                if !self.exits(*kind, method).contains(&0) {
                    lines.push(format!("{} {name}: success", kind.name()));
                }
            }
        }
        lines
    }

    /// All exit codes of a method, of messages and of calls, under either number.
    fn exits(&self, kind: ActorKind, method: &str) -> BTreeSet<u32> {
        [method.to_owned(), format!("{method}Exported")]
            .into_iter()
            .filter_map(|name| self.counts.get(&(kind.name().to_owned(), name)))
            .flat_map(|count| count.messages.exits.keys().chain(count.inner.exits.keys()))
            .copied()
            .collect()
    }
}
