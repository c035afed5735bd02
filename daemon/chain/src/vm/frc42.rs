//! Numbers of exported methods, by name (FRC-0042).

use fvm_shared::MethodNum;

/// Methods from here on may be called by anyone, built-in actor or not.
pub const FIRST_EXPORTED_METHOD: MethodNum = 1 << 24;

/// The number of an exported method: the first four bytes, taken in fours, of the BLAKE2b-512 of
/// `1|Name` that make a number of at least [`FIRST_EXPORTED_METHOD`].
///
/// The actors have their numbers as constants; this checks them and serves those who call by name.
pub fn method_number(name: &str) -> MethodNum {
    let digest = blake2b_simd::blake2b(format!("1|{name}").as_bytes());
    digest
        .as_bytes()
        .chunks_exact(4)
        .map(|four| {
            four.iter()
                .fold(0, |number, byte| number << 8 | MethodNum::from(*byte))
        })
        .find(|number| *number >= FIRST_EXPORTED_METHOD)
        // All sixteen below 2^24 has a probability of 2^-128.
        .unwrap_or(FIRST_EXPORTED_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_standard() {
        assert_eq!(method_number("Receive"), 3726118371);
        assert_eq!(method_number("AuthenticateMessage"), 2643134072);
        assert_eq!(method_number("InvokeEVM"), 3844450837);
    }
}
