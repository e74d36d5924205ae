//! earnest on a microcontroller. Runs every stage over a clip in flash and prints, on any machine, lines that begin
//! with `bits` or `event`: a hash of all output bits, the events of the whole chain. On the board it also prints
//! lines that begin with `cost`: instructions, stack, state.
//!
//! The same program runs on the host (`cargo run --release`) and under QEMU (`cargo run --release --target
//! thumbv7em-none-eabihf`). What it prints before the costs must be the same.
#![cfg_attr(target_os = "none", no_std, no_main)]
#![cfg_attr(
    not(all(feature = "micro", feature = "template", feature = "command")),
    allow(dead_code, reason = "a program of fewer stages leaves something out")
)]

mod report;
mod stages;
#[cfg(feature = "wake")]
mod wake;
#[cfg(feature = "command")]
mod command;

#[cfg(target_os = "none")]
mod board;

#[cfg(not(target_os = "none"))]
fn main() {
    let mut state = stages::State::EMPTY;
    stages::run(&mut state, &mut host::Host);
}

#[cfg(not(target_os = "none"))]
mod host {
    pub(crate) struct Host;

    impl crate::report::Machine for Host {
        fn print(&mut self, line: &[u8]) {
            print!("{}", String::from_utf8_lossy(line));
        }
    }
}
