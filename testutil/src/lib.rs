//! Test nodes, byte-level wire speakers and fixtures.
