//! The chain store, through its public API.

mod builder;
mod car;
mod crash;
mod damage;
mod model;
mod real;
