//! Samples, their scale, their clock, and the short memory that wipes itself.

mod pcm;
mod clock;
mod preroll;

pub use clock::{SampleIndex, SampleSpan};
pub use pcm::{Sample, Unit};
pub use preroll::PreRoll;

/// The one sample rate of the chain. Whoever has another resamples before.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
