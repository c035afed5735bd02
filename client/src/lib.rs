//! A typed client of Lotus-compatible nodes.
