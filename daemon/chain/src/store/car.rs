//! CAR files.
