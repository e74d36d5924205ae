//! The interface, apart from the crate around it, so that a fuzzer can compile it into itself.

#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod types;
mod listener;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
mod pointer;
#[allow(unreachable_pub, reason = "cbindgen takes what is public")]
pub(crate) mod ffi;

/// What a handle points to.
#[allow(unused_imports, reason = "for tests and fuzzers")]
pub(crate) use pointer::Head as Handle;
