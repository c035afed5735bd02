//! Estimates and pushes through the virtual machine, on a network's genesis.

mod gas;
mod live;
mod push;
