//! The rows of input that one output of a convolution sees.

/// The newest input row and the history before it, a ring of whole rows.
#[derive(Clone, Copy)]
pub(super) struct Taps<'a, T> {
    /// The newest row.
    pub(super) current: &'a [T],
    /// Rows before it, (kernel − 1) · dilation of them; the oldest is row `oldest`.
    pub(super) history: &'a [T],
    pub(super) oldest: usize,
    /// Length of a row of the history.
    pub(super) row: usize,
    /// How much of a row is used.
    pub(super) used: usize,
    pub(super) kernel: usize,
    pub(super) dilation: usize,
}

impl<'a, T> Taps<'a, T> {
    /// A single row, for a kernel of 1.
    pub(super) fn one(current: &'a [T], used: usize) -> Self {
        Taps { current, history: &[], oldest: 0, row: 0, used, kernel: 1, dilation: 1 }
    }

    /// Row under tap `k`, the oldest first. Empty if the sizes don't fit together, which a checked model excludes.
    #[inline(always)]
    pub(super) fn tap(&self, k: usize) -> &'a [T] {
        let back = (self.kernel - 1).saturating_sub(k) * self.dilation;
        if back == 0 {
            return self.current.get(..self.used).unwrap_or_default();
        }
        let rows = (self.kernel - 1) * self.dilation;
        let mut index = self.oldest + rows - back;
        if index >= rows {
            index -= rows;
        }
        let from = index * self.row;
        self.history.get(from..from + self.used).unwrap_or_default()
    }
}
