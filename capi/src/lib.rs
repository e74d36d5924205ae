//! The C interface of earnest. What it promises is written in `earnest.h`, which is generated from here.
//!
//! | module | holds |
//! |---|---|
//! | `api::types` | what crosses the border, as C sees it |
//! | `api::engine` | which spotter a model asks for |
//! | `api::listener` | the chain up to the wake phrase, and what it has in the caller's memory |
//! | `api::ear` | the second ear, on what the device plays |
//! | `api::settings`, `api::guard_types`, `api::told_types` | the guard's part of it |
//! | `api::guard` | the guard, its journal, the permission that is out |
//! | `api::command_types`, `api::commands` | what commands are, and who listens for them |
//! | `api::chain_types`, `api::chain` | the whole chain |
//! | `api::pointer`, `api::room` | every check of a pointer, and with the functions the only `unsafe` |
//! | `api::ffi`, `api::guard_ffi`, `api::command_ffi`, `api::chain_ffi` | the functions |
#![cfg_attr(not(any(feature = "std", test)), no_std)]

mod api;

#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod command_tests;
#[cfg(test)]
mod guard_tests;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod tests;

/// Linked into every program without an operating system, and called by none: the chain has no panic, as
/// `firmware/table.sh` checks in the linked program.
#[cfg(not(any(feature = "std", test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
