//! The board: semihosting for text, SysTick for instructions (QEMU with `-icount shift=0` lets a nanosecond pass for
//! every instruction), a painted stack for its high-water mark.

use crate::report::{Line, Machine};
use crate::stages;
use core::panic::PanicInfo;
use cortex_m::asm;
use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_semihosting::{debug, hio};

/// Rounds, less one, of the loop of two instructions that tells how many a tick of the counter stands for.
const CALIBRATION: u32 = 2_000_000;
const PAINT: u32 = 0x5aa5_c33c;
/// Left alone below the stack pointer while painting, for the painting itself.
const MARGIN: usize = 256;

struct Board {
    counter: SYST,
    text: Option<hio::HostStream>,
    /// Stack pointer when the stack was painted.
    painted_from: usize,
}

unsafe extern "C" {
    /// First address behind all static data, from the linker script.
    static mut __sheap: u32;
    /// Where the stack begins, going down.
    static mut _stack_start: u32;
}

/// The words between the static data and `top`.
fn unused(top: usize) -> (*mut u32, usize) {
    let bottom = &raw mut __sheap;
    (bottom, top.saturating_sub(bottom as usize) / 4)
}

impl Machine for Board {
    fn print(&mut self, line: &[u8]) {
        if let Some(text) = &mut self.text {
            // A host that takes no text leaves nobody to tell.
            let _ = text.write_all(line);
        }
    }

    fn ticks(&mut self) -> Option<u32> {
        // It counts down.
        Some(0u32.wrapping_sub(SYST::get_current()) & 0xff_ffff)
    }

    #[inline(never)]
    fn paint(&mut self) {
        self.painted_from = cortex_m::register::msp::read() as usize;
        let (bottom, words) = unused(self.painted_from.saturating_sub(MARGIN));
        for i in 0..words {
            // SAFETY: between the static data and the stack pointer less a margin for this function there is memory
            // that nothing refers to: the program has no heap, no second stack and no interrupt.
            unsafe { bottom.add(i).write_volatile(PAINT) };
        }
    }

    #[inline(never)]
    fn stack(&mut self) -> usize {
        let (bottom, words) = unused(self.painted_from);
        // SAFETY: as in `paint`; reading only.
        let untouched = (0..words).take_while(|&i| unsafe { bottom.add(i).read_volatile() } == PAINT).count();
        4 * (words - untouched)
    }

    #[inline(never)]
    fn stack_all(&mut self) -> usize {
        self.stack() + (&raw mut _stack_start as usize).saturating_sub(self.painted_from)
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    static mut STATE: stages::State = stages::State::EMPTY;
    let Some(peripherals) = cortex_m::Peripherals::take() else {
        loop {
            debug::exit(debug::EXIT_FAILURE);
        }
    };
    let mut board = Board { counter: peripherals.SYST, text: hio::hstdout().ok(), painted_from: 0 };
    board.counter.set_clock_source(SystClkSource::Core);
    board.counter.set_reload(0xff_ffff);
    board.counter.clear_current();
    board.counter.enable_counter();
    let before = board.ticks();
    asm::delay(CALIBRATION);
    if let (Some(before), Some(after)) = (before, board.ticks()) {
        let ticks = after.wrapping_sub(before) & 0xff_ffff;
        Line::new("calibration")
            .number(u64::from(2 * (CALIBRATION + 1)))
            .number(u64::from(ticks))
            .print(&mut board);
    }
    stages::run(STATE, &mut board);
    loop {
        debug::exit(debug::EXIT_SUCCESS);
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loop {
        debug::exit(debug::EXIT_FAILURE);
    }
}
