//! Only a trait has methods to permit.

#[lotus_core::permissioned]
pub struct Test;

fn main() {}
