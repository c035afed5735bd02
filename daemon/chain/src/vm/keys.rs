//! Keys of HAMTs that are numbers: varints, as the built-in actors' `MapKey`.

use fvm_ipld_hamt::BytesKey;

/// The key of a number: a varint.
pub fn unsigned(number: u64) -> BytesKey {
    let mut buffer = unsigned_varint::encode::u64_buffer();
    unsigned_varint::encode::u64(number, &mut buffer)
        .to_vec()
        .into()
}

/// The key of a number that may be negative, such as an epoch: its zigzag code as a varint.
pub fn signed(number: i64) -> BytesKey {
    unsigned(((number << 1) ^ (number >> 63)).cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_varints() {
        assert_eq!(unsigned(0).0, [0]);
        assert_eq!(unsigned(300).0, [0xac, 0x2]);
        assert_eq!(signed(101).0, [0xca, 0x1]);
        assert_eq!(signed(103).0, [0xce, 0x1]);
        assert_eq!(signed(-1).0, [0x1]);
    }
}
