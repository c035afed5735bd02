//! What `#[permissioned]` accepts, and what it says about everything else.
//!
//! After a deliberate change of a message: `TRYBUILD=overwrite cargo test -p lotus-core-macros`,
//! and read the difference.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
