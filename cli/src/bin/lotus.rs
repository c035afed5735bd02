//! The program `lotus`.

fn main() {}
