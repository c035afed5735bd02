//! Which code is which built-in actor, and the ids of the actors that exist once.
//!
//! The CIDs are those of the manifest in release v17 of the built-in actors, built for a `devnet`
//! network. The code itself is not here; a CID is all that the state needs of it.

use cid::Cid;
use cid::multihash::Multihash;
use fvm_shared::{ActorID, IPLD_RAW};

/// f00, the system actor: sends implicit messages, keeps the manifest.
pub const SYSTEM_ACTOR_ID: ActorID = 0;
/// f01, the init actor: gives out ids.
pub const INIT_ACTOR_ID: ActorID = 1;
/// f02, the reward actor: holds what is to be mined.
pub const REWARD_ACTOR_ID: ActorID = 2;
/// f03, the cron actor: runs at the end of every epoch.
pub const CRON_ACTOR_ID: ActorID = 3;
/// f04, the storage power actor.
pub const POWER_ACTOR_ID: ActorID = 4;
/// f05, the storage market actor.
pub const MARKET_ACTOR_ID: ActorID = 5;
/// f06, the verified registry.
pub const VERIFREG_ACTOR_ID: ActorID = 6;
/// f07, the datacap token.
pub const DATACAP_ACTOR_ID: ActorID = 7;
/// f010, the Ethereum address manager.
pub const EAM_ACTOR_ID: ActorID = 10;
/// f090, the reserve.
pub const RESERVE_ACTOR_ID: ActorID = 90;
/// f099, where burnt funds go.
pub const BURNT_FUNDS_ACTOR_ID: ActorID = 99;
/// The first id that the init actor gives out.
pub const FIRST_NON_SINGLETON_ID: ActorID = 100;

/// The CID of the manifest's list of actors, which the system actor's state names.
pub const MANIFEST_DATA: Cid = code(
    0x71,
    "66f39e54dcc31c05bc331210d8f63d5166116de54d73c3e8a4e65be491c5eaee",
);

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $digest:literal,)*) => {
        /// The built-in actors, in the manifest's order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ActorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ActorKind {
            /// All of them, in the manifest's order.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The name in the manifest, such as `storageminer`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// The CID of the code.
            pub const fn code(self) -> Cid {
                match self { $(Self::$kind => const { code(IPLD_RAW, $digest) },)* }
            }
        }
    };
}

kinds! {
    /// f00.
    System "system" "48f383e209c1cc5d61752de6b7cb4f7a6daf174a1e334be626d596fe4d588e4f",
    /// f01.
    Init "init" "852ff4f703fc616217cd30ea4949d8010da1d37048b77f266aecd443ba13c4ad",
    /// f03.
    Cron "cron" "f83035b488a967b793e368572360df22628f7f866139eea722480ae5c116f2ba",
    /// Of a secp256k1 or BLS key.
    Account "account" "4187c3d15c919ff51b790f81613f0642a0162d92e412a7f0ce98e32e15b6d3fc",
    /// f04.
    Power "storagepower" "17cdfd7a3d9386976fcd5219b6cb837efe9901197f1544145784d6d899fa66cb",
    /// A storage provider.
    Miner "storageminer" "73e787951b57fe388a8f779a236c335cdcbceba2ff4cd64cb896497785f3c813",
    /// f05.
    Market "storagemarket" "edb2173159d97683781716d885e88d3c0cf48e9fb488ceabfa722b07a22c2110",
    /// Payment channel.
    PaymentChannel "paymentchannel" "f1ba8b3d1c075c9c8cadbfa59cd20cf285724962bd7e8c72b7ae6bdcfddab167",
    /// M of n.
    Multisig "multisig" "cfda754c7c733626af8de5f104f034ee14294e2cd5c101d996460089a1aba409",
    /// f02.
    Reward "reward" "a69382e8c7bd6fef4249e22422c9a7d725d908ecee83c1ec985636234395ddcb",
    /// f06.
    VerifiedRegistry "verifiedregistry" "b4987fb0660c3c9a411a172287ca6695aca9da34c547b644bb3ed9fd6fb655d2",
    /// f07.
    Datacap "datacap" "03a96976ec4806bc3c936ebb3f66bb42806f2689539e50e3289daaee959d59f7",
    /// An f4 address that received funds before anything was deployed there.
    Placeholder "placeholder" "cb5a4f4cc1164c43df2ad228db8a531bd787a37e1d97553f4bdc4cf51168b717",
    /// An Ethereum contract. Not executed here.
    Evm "evm" "b2ea24b9b847de766780b22988b90738c045ecc6adbc2876d4d209d6c91f7bb4",
    /// f010.
    Eam "eam" "caa2ae117d3518917aec7f0b90032a97ab278d4087b5819ff6b36118a60be56c",
    /// Of an Ethereum key, an f410 address.
    EthAccount "ethaccount" "2a90cedc508f952f64af4bd34ea9e7d4c889acebfb07ea1f1a43f310f079c2d0",
}

impl ActorKind {
    /// Whose code a CID is; none if it is no built-in actor's.
    pub fn of(code: &Cid) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == *code)
    }

    /// May be the sender of a message: an account or an Ethereum account.
    pub fn signs(self) -> bool {
        matches!(self, Self::Account | Self::EthAccount)
    }

    /// Exists once, from genesis on, and so cannot be created (`SINGLETONS` of the init actor).
    pub fn is_singleton(self) -> bool {
        use ActorKind::*;
        matches!(
            self,
            System | Init | Cron | Power | Market | Reward | VerifiedRegistry | Datacap | Eam
        )
    }

    /// The manifest's list, as the system actor's state names it: `[[name, code], …]`.
    pub fn manifest() -> Vec<(&'static str, Cid)> {
        Self::ALL
            .iter()
            .map(|kind| (kind.name(), kind.code()))
            .collect()
    }
}

/// A CID of a blake2b-256 digest in hexadecimal.
const fn code(codec: u64, digest: &str) -> Cid {
    const BLAKE2B_256: u64 = 0xb220;
    let hex = digest.as_bytes();
    let mut bytes = [0; 32];
    let mut i = 0;
    while i < 32 {
        bytes[i] = nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]);
        i += 1;
    }
    let wrapped = Multihash::wrap(BLAKE2B_256, &bytes);
    let hash = match &wrapped {
        Ok(hash) => *hash,
        Err(_) => panic!("32 bytes fit into a multihash"),
    };
    // Nothing is dropped in a constant; there is nothing to drop in it either.
    std::mem::forget(wrapped);
    Cid::new_v1(codec, hash)
}

const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => panic!("a digest is in lower-case hexadecimal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_hashes_to_the_manifests_own_cid() {
        let store = fvm_ipld_blockstore::MemoryBlockstore::default();
        let cid = fvm_ipld_encoding::CborStore::put_cbor(
            &store,
            &ActorKind::manifest(),
            multihash_codetable::Code::Blake2b256,
        )
        .unwrap();
        assert_eq!(cid, MANIFEST_DATA);
    }

    #[test]
    fn a_code_names_its_actor() {
        for kind in ActorKind::ALL {
            assert_eq!(ActorKind::of(&kind.code()), Some(*kind));
        }
        assert_eq!(ActorKind::of(&MANIFEST_DATA), None);
    }
}
