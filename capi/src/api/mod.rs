//! The interface, apart from the crate around it, so that a fuzzer can compile it into itself.

#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod types;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod settings;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod guard_types;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod told_types;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod command_types;
mod room;
mod engine;
mod ear;
mod listener;
mod commands;
mod guard;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod chain_types;
mod chain;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
mod pointer;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod ffi;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod guard_ffi;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod command_ffi;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod chain_ffi;

/// What a handle points to.
#[allow(unused_imports, reason = "for tests and fuzzers")]
pub(crate) use pointer::{
    ChainHead as ChainHandle, CommandsHead as CommandsHandle, GuardHead as GuardHandle, Head as Handle,
};
#[cfg(test)]
pub(crate) use {ear::Ear, engine::Engine};
