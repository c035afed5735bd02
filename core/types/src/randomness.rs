//! What randomness is drawn for.

use super::open_enum::int_enum;

int_enum! {
    /// What randomness is drawn for, so that two uses of the same beacon get different values
    /// (go-state-types `crypto.DomainSeparationTag`).
    pub enum DomainSeparationTag: i64 {
        /// A block's ticket.
        TicketProduction = 1,
        /// The election of a block's miner.
        ElectionProofProduction = 2,
        /// The sectors that the winner of an election proves.
        WinningPoStChallengeSeed = 3,
        /// The sectors that a miner proves at its deadline.
        WindowedPoStChallengeSeed = 4,
        /// The ticket with which a sector is sealed.
        SealRandomness = 5,
        /// What the proof of a sealed sector is asked for.
        InteractiveSealChallengeSeed = 6,
        /// Which deadlines a miner gets.
        WindowedPoStDeadlineAssignment = 7,
        /// In which epochs a deal is paid.
        MarketDealCronSeed = 8,
        /// What binds a proof of space-time to a chain.
        PoStChainCommit = 9,
    }
}
