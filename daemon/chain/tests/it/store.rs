//! The chain store, through its public API.

mod builder;
mod car;
mod car_bytes;
mod crash;
mod damage;
mod model;
mod real;
