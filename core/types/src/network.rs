//! Which network a process serves, and so which prefix its addresses are printed with.
//!
//! The network is part of an address's text only (`f1…` on mainnet, `t1…` on every other network),
//! never of its bytes. A node states once which network it is on ([`Network::set_current`]) and from
//! then on every address prints with that prefix; a program that never does (a client of somebody
//! else's node) prints an address as it was read.

use std::sync::OnceLock;

static CURRENT: OnceLock<Network> = OnceLock::new();

/// Which prefix addresses are printed with: `f` on mainnet, `t` elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Network {
    /// Filecoin mainnet: `f`.
    #[default]
    Mainnet,
    /// Every other network, local ones included: `t`.
    Testnet,
}

/// This process already prints addresses for another network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this process already serves {current:?}; start another process for {refused:?}")]
pub struct NetworkAlreadySet {
    /// The network that stays in force.
    pub current: Network,
    /// The network that was refused.
    pub refused: Network,
}

impl Network {
    /// States which network this process serves: from now on every [`Address`](super::Address) prints with that
    /// network's prefix. Lotus's counterpart is `address.CurrentNetwork`.
    ///
    /// # Errors
    /// The process already serves the other network. Saying the same again is not an error.
    pub fn set_current(network: Network) -> Result<(), NetworkAlreadySet> {
        let current = *CURRENT.get_or_init(|| network);
        if current == network {
            Ok(())
        } else {
            Err(NetworkAlreadySet {
                current,
                refused: network,
            })
        }
    }

    /// The network that this process serves, if it has said so.
    pub fn current() -> Option<Network> {
        CURRENT.get().copied()
    }

    /// The first letter of every address on this network.
    pub fn prefix(self) -> char {
        match self {
            Network::Mainnet => 'f',
            Network::Testnet => 't',
        }
    }

    /// The network with the other prefix.
    pub fn other(self) -> Network {
        match self {
            Network::Mainnet => Network::Testnet,
            Network::Testnet => Network::Mainnet,
        }
    }
}
