//! What the program tells: hashes, events, costs, without the formatting machinery and its panics.

/// The machine the stages run on. The host has neither a counter nor a painted stack.
pub(crate) trait Machine {
    fn print(&mut self, line: &[u8]);

    /// A counter that goes up with the instructions executed and wraps at 2²⁴.
    fn ticks(&mut self) -> Option<u32> {
        None
    }

    /// Marks the unused stack.
    fn paint(&mut self) {}

    /// Bytes of stack used since it was marked, below where it was marked.
    fn stack(&mut self) -> usize {
        0
    }

    /// Bytes of stack used since then, from the top on.
    fn stack_all(&mut self) -> usize {
        0
    }
}

/// A line of text of limited length; what doesn't fit is left out.
pub(crate) struct Line {
    text: [u8; 160],
    len: usize,
}

impl Line {
    pub(crate) fn new(first: &str) -> Self {
        let line = Line { text: [0; 160], len: 0 };
        line.push(first.as_bytes())
    }

    fn push(mut self, bytes: &[u8]) -> Self {
        for (slot, byte) in self.text.iter_mut().skip(self.len).zip(bytes) {
            *slot = *byte;
            self.len += 1;
        }
        self
    }

    pub(crate) fn word(self, word: &str) -> Self {
        self.push(b" ").push(word.as_bytes())
    }

    pub(crate) fn number(self, mut value: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut first = digits.len() - 1;
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            if value != 0 {
                *digit = b'0' + (value % 10) as u8;
                first = at;
            }
            value /= 10;
        }
        self.push(b" ").push(digits.get(first..).unwrap_or_default())
    }

    pub(crate) fn hex(mut self, value: u64) -> Self {
        self = self.push(b" ");
        for shift in (0..16).rev() {
            let digit = (value >> (4 * shift)) as u8 & 15;
            self = self.push(&[if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }]);
        }
        self
    }

    pub(crate) fn print(self, machine: &mut impl Machine) {
        let line = self.push(b"\n");
        machine.print(line.text.get(..line.len).unwrap_or(&line.text));
    }
}

/// FNV-1a over the bytes of 32-bit words.
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) fn new() -> Self {
        Hash(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn word(&mut self, word: u32) {
        for byte in word.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub(crate) fn value(&self) -> u64 {
        self.0
    }
}

/// Adds up what a stage costs, call by call.
pub(crate) struct Meter {
    total: u64,
    most: u32,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Meter { total: 0, most: 0 }
    }

    /// Runs `work` and counts what it takes. Never inlined, so that the stack of `work` lies below the paint.
    #[inline(never)]
    pub(crate) fn measure<M: Machine, R>(&mut self, machine: &mut M, work: impl FnOnce() -> R) -> R {
        let before = machine.ticks();
        let result = work();
        if let (Some(before), Some(after)) = (before, machine.ticks()) {
            let ticks = after.wrapping_sub(before) & 0xff_ffff;
            self.total += u64::from(ticks);
            self.most = self.most.max(ticks);
        }
        result
    }

    /// `cost NAME frames ticks most-ticks stack-bytes state-bytes all-stack-bytes`, on a machine that counts.
    pub(crate) fn print(&self, machine: &mut impl Machine, name: &str, frames: u64, state: usize) {
        if machine.ticks().is_none() {
            return;
        }
        let (stack, all) = (machine.stack(), machine.stack_all());
        let line =
            Line::new("cost").word(name).number(frames).number(self.total).number(u64::from(self.most));
        line.number(stack as u64).number(state as u64).number(all as u64).print(machine);
    }
}
