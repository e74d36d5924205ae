//! What the device itself plays: a phrase in it must not wake.
//!
//! ```text
//!  microphone ──► front end ──► VAD ──► spotter ──► detection ──┐
//!                                                               ▼
//!                              was the phrase in what was played, up to one echo delay ago?
//!                              is all that was heard an echo of it?
//!                                                               ▲                 │
//!  what is    ──► front end ──► VAD ──► spotter ──► score of each frame           └─► wake, or near miss with the
//!  played                                                                             reason "in playback"
//! ```
//!
//! [`Playback`] is a second ear on the signal that goes to the loudspeaker, for
//! [`Pipeline::push_with_reference`](crate::pipeline::Pipeline::push_with_reference). It needs no echo canceller and
//! doesn't know the room or the delay. A phrase at the microphone doesn't count if
//!
//! - its own spotter, on the clean signal, heard the phrase too, within the longest delay before, or
//! - what the microphone heard while the phrase was said is what was played, later by one of the possible delays: the mel
//!   energies of both, each band less its mean, correlate. This is for phrases that one spotter just hears and the other
//!   just doesn't.
//!
//! A phrase that somebody speaks over playback without it is not touched.
//!
//! # Cost
//! As much as front end, VAD and spotter once more, while something is played. Two seconds after the last sample that
//! isn't zero it rests, and costs next to nothing; the spotter's state waits as it is. Memory: that of the three stages
//! and [`FRAMES`] of [`PlayedFrame`], 11 KiB. The correlation is computed only when a phrase was accepted.
//!
//! # What it can't do
//! Tell two phrases apart that come within one echo delay: what somebody says at the very moment at which the device plays
//! the phrase is taken for the echo. So is any other phrase of a spotter that listens for several. After a phrase that was
//! in playback, the spotter at the microphone is deaf for its refractory time as after any other.

use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::{FrontEnd, FrontEndConfig, MelFrame, MelSource};
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::storage::Storage;
use crate::vad::{MelVad, MelVadConfig, VoiceActivityDetector};
use core::fmt;

/// Samples from one frame to the next.
const HOP: u64 = FrontEndConfig::base().hop_samples as u64;
/// Frames that a [`Playback`] remembers: 2.56 s, more than the longest delay and any spotter's hesitation.
pub const FRAMES: usize = 256;
/// Bands of a frame that are remembered, each the mean of two.
const BANDS: usize = FrontEndConfig::base().mel_bins / 2;
/// Frames of a phrase that are compared, from its end back.
const COMPARED: usize = 100;
/// Silence after which it rests, samples: longer than any spotter looks back.
const REST: u64 = 32_000;
/// Silence that is fed on waking up, at most one hop.
const SILENCE: [i16; HOP as usize] = [0; HOP as usize];
/// Mean square from which a frame counts as playing: 60 dB below a full-scale square wave.
const PLAYING: f32 = 1e-6;

/// How what is played is compared with what is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaybackConfig {
    /// Longest time from a sample of the reference to its echo in the microphone's signal, buffers included,
    /// 0 to 1,000 ms.
    pub max_delay_ms: u32,
    /// Score that the phrase must have in the reference to count as played, as a share of the score that wakes, 0 to 1.
    pub share: f32,
    /// Correlation of what was heard with what was played from which it is nothing but an echo, 0 to 1.
    pub similarity: f32,
}

impl PlaybackConfig {
    /// Whether every number is in its range.
    ///
    /// # Errors
    /// [`ConfigError::OutOfRange`] for the first that isn't.
    pub fn check(&self) -> Result<(), ConfigError> {
        ConfigError::check("max_delay_ms", f64::from(self.max_delay_ms), 0.0, 1000.0)?;
        ConfigError::check("share", f64::from(self.share), 0.0, 1.0)?;
        ConfigError::check("similarity", f64::from(self.similarity), 0.0, 1.0)
    }
}

impl Default for PlaybackConfig {
    fn default() -> Self {
        PlaybackConfig { max_delay_ms: 500, share: 0.5, similarity: 0.6 }
    }
}

/// How far a phrase that was heard is in what the device played, and why it didn't count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PlaybackEvidence {
    /// Highest score of the phrase in what the device played, 0 to 1.
    pub score: f32,
    /// How long before the decision that was, ms.
    pub before_ms: u32,
    /// Highest correlation of what was heard with what was played, −1 to 1; 0 where there is nothing to compare.
    pub similarity: f32,
}

impl fmt::Display for PlaybackEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PlaybackEvidence { score, before_ms, similarity } = self;
        write!(
            f,
            "the device itself was playing it: score {score:.2} there, {before_ms} ms before, and what was heard is like \
             what was played to {similarity:.2}"
        )
    }
}

/// A frame that is remembered, as the microphone heard it and as it was played.
#[derive(Clone, Copy, Debug)]
pub struct PlayedFrame {
    heard: [u8; BANDS],
    played: [u8; BANDS],
    /// The phrase's, in what was played.
    score: f32,
}

impl PlayedFrame {
    /// What memory holds before it is used: nothing but zeros, so that a static array of it takes no flash.
    pub const UNUSED: PlayedFrame = PlayedFrame { heard: [0; BANDS], played: [0; BANDS], score: 0.0 };
}

impl Default for PlayedFrame {
    fn default() -> Self {
        PlayedFrame::UNUSED
    }
}

/// What a pipeline is told of the device's own sound: [`Playback`], lent or not; `None` or `()`, nothing.
pub trait Reference: sealed::Sealed {
    /// Takes what is played while `len` samples are heard; what is missing of it is silence.
    fn hear(&mut self, pcm: &[i16], len: usize);

    /// A frame of the microphone's is complete, and so one of the reference.
    fn step(&mut self, heard: &MelFrame);

    /// Whether the device plays something, or did a moment ago.
    fn playing(&self) -> bool;

    /// How far a phrase at `span` is in what was played from the longest delay before until `now`, the end of the latest
    /// frame.
    fn evidence(&self, span: SampleSpan, now: SampleIndex) -> PlaybackEvidence;

    /// The same detection, or why it doesn't count.
    fn judge(&self, detection: Detection, now: SampleIndex) -> Detection;

    /// Nothing stays in memory of what was played; the next sample is sample `now`.
    fn forget(&mut self, now: SampleIndex);
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<K, V, F> Sealed for super::Playback<'_, K, V, F> {}
    impl<P: Sealed> Sealed for Option<P> {}
    impl<P: Sealed> Sealed for &mut P {}
}

/// Nothing is known of what is played.
impl Reference for () {
    fn hear(&mut self, _: &[i16], _: usize) {}
    fn step(&mut self, _: &MelFrame) {}
    fn playing(&self) -> bool {
        false
    }
    fn evidence(&self, _: SampleSpan, _: SampleIndex) -> PlaybackEvidence {
        PlaybackEvidence::default()
    }
    fn judge(&self, detection: Detection, _: SampleIndex) -> Detection {
        detection
    }
    fn forget(&mut self, _: SampleIndex) {}
}

/// What there is, if there is any: a chain that was made without one costs nothing but this.
impl<P: Reference> Reference for Option<P> {
    fn hear(&mut self, pcm: &[i16], len: usize) {
        if let Some(reference) = self {
            reference.hear(pcm, len);
        }
    }
    fn step(&mut self, heard: &MelFrame) {
        if let Some(reference) = self {
            reference.step(heard);
        }
    }
    fn playing(&self) -> bool {
        self.as_ref().is_some_and(P::playing)
    }
    fn evidence(&self, span: SampleSpan, now: SampleIndex) -> PlaybackEvidence {
        self.as_ref().map_or(PlaybackEvidence::default(), |reference| reference.evidence(span, now))
    }
    fn judge(&self, detection: Detection, now: SampleIndex) -> Detection {
        self.as_ref().map_or(detection, |reference| reference.judge(detection, now))
    }
    fn forget(&mut self, now: SampleIndex) {
        if let Some(reference) = self {
            reference.forget(now);
        }
    }
}

/// One that lies elsewhere.
impl<P: Reference> Reference for &mut P {
    fn hear(&mut self, pcm: &[i16], len: usize) {
        P::hear(self, pcm, len);
    }
    fn step(&mut self, heard: &MelFrame) {
        P::step(self, heard);
    }
    fn playing(&self) -> bool {
        P::playing(self)
    }
    fn evidence(&self, span: SampleSpan, now: SampleIndex) -> PlaybackEvidence {
        P::evidence(self, span, now)
    }
    fn judge(&self, detection: Detection, now: SampleIndex) -> Detection {
        P::judge(self, detection, now)
    }
    fn forget(&mut self, now: SampleIndex) {
        P::forget(self, now);
    }
}

/// A second ear, on what the device plays. `K` listens for the same phrases as the spotter at the microphone.
#[derive(Debug)]
pub struct Playback<'a, K, V = MelVad, F = FrontEnd> {
    front_end: F,
    vad: V,
    spotter: K,
    max_delay: u64,
    share: f32,
    similarity: f32,
    /// The latest frames, [`FRAMES`] of them.
    ring: Storage<'a, PlayedFrame>,
    /// Mel energies of the frame of the reference that is complete since the last step.
    row: [u8; BANDS],
    /// Where the next one goes.
    head: usize,
    /// Score of the frame that is complete since the last step.
    score: f32,
    /// Samples of silence in a row.
    silent: u64,
    /// Whether silence isn't listened to any more.
    resting: bool,
    /// Silence since the last step that wasn't listened to.
    owed: usize,
    /// Frames since one that was loud enough to count as playing.
    quiet: u32,
}

impl<'a, K: KeywordSpotter> Playback<'a, K> {
    /// With the usual front end and VAD for `spotter`, which takes frames of [`FrontEndConfig::base`]. `memory`: [`FRAMES`]
    /// elements; what is in them is overwritten.
    ///
    /// # Errors
    /// [`ConfigError`] for a field out of range, or for too little memory.
    pub fn new(
        config: PlaybackConfig,
        spotter: K,
        memory: Storage<'a, PlayedFrame>,
    ) -> Result<Self, ConfigError> {
        let base = FrontEndConfig::base();
        let vad = MelVad::new(MelVadConfig::default(), &base)?;
        Playback::of(config, FrontEnd::new(base)?, vad, spotter, memory)
    }
}

impl<'a, K: KeywordSpotter, V: VoiceActivityDetector, F: MelSource> Playback<'a, K, V, F> {
    /// Of stages that are there already, all as new and of the same kind as those of the microphone.
    ///
    /// # Errors
    /// As [`Playback::new`].
    // Inlined, as Pipeline::of: all that can fail is before the last step.
    #[inline]
    pub fn of(
        config: PlaybackConfig,
        front_end: F,
        vad: V,
        spotter: K,
        memory: Storage<'a, PlayedFrame>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let (mut ring, buffer) = (memory, "played frames");
        if ring.len() < FRAMES {
            return Err(ConfigError::BufferTooSmall { buffer, expected: FRAMES, actual: ring.len() });
        }
        ring.fill(PlayedFrame::UNUSED);
        Ok(Playback {
            front_end,
            vad,
            spotter,
            max_delay: u64::from(config.max_delay_ms) * 16,
            share: config.share,
            similarity: config.similarity,
            ring,
            row: [0; BANDS],
            head: 0,
            score: 0.0,
            silent: 0,
            resting: false,
            owed: 0,
            quiet: u32::MAX,
        })
    }

    /// Whether it rests, as nothing was played for a while.
    pub fn is_resting(&self) -> bool {
        self.resting
    }

    /// The spotter on the reference, for its running score.
    pub fn spotter(&self) -> &K {
        &self.spotter
    }

    fn listen(&mut self, mut pcm: &[i16]) {
        let ended = pcm.iter().rev().take_while(|sample| **sample == 0).count();
        self.silent = if ended == pcm.len() { self.silent + ended as u64 } else { ended as u64 };
        while !pcm.is_empty() {
            let before = pcm;
            let frame = self.front_end.process(&mut pcm);
            let taken = before.get(..before.len().saturating_sub(pcm.len())).unwrap_or(before);
            self.vad.hear(taken);
            self.spotter.hear(taken);
            let Some(frame) = frame else { continue };
            let vad = self.vad.process(frame);
            let told = self.spotter.process(frame, &vad).map_or(0.0, |detection| detection.score);
            self.score = self.score.max(self.spotter.score()).max(told);
            self.row = row(frame);
            self.quiet = if frame.mean_square > PLAYING { 0 } else { self.quiet.saturating_add(1) };
        }
    }

    fn silence(&mut self, mut len: usize) {
        while len > 0 {
            let some = SILENCE.get(..len).unwrap_or(&SILENCE);
            self.listen(some);
            len -= some.len();
        }
    }

    /// The frame that was complete `ago` frames ago, 0 being the latest.
    fn past(&self, ago: usize) -> Option<&PlayedFrame> {
        self.ring.get((self.head + 2 * FRAMES - 1 - ago) % FRAMES)
    }

    /// Of the `frames` frames of the microphone's that end `from` frames ago, and those of the reference `delay` frames
    /// before them; each band less its mean.
    fn correlation(&self, from: usize, frames: usize, delay: usize) -> f32 {
        if frames < 2 || from + frames + delay > FRAMES {
            return 0.0;
        }
        // Of each band: x, y, x², y², xy. All are whole numbers, so the order of adding doesn't matter.
        let mut sums = [[0u32; 5]; BANDS];
        for ago in from..from + frames {
            let (Some(x), Some(y)) = (self.past(ago), self.past(ago + delay)) else { continue };
            for ((sums, &x), &y) in sums.iter_mut().zip(&x.heard).zip(&y.played) {
                let (x, y) = (u32::from(x), u32::from(y));
                let new = [x, y, x * x, y * y, x * y];
                sums.iter_mut().zip(new).for_each(|(sum, new)| *sum += new);
            }
        }
        let (mut xx, mut yy, mut xy) = (0i64, 0i64, 0i64);
        for [x, y, squares_x, squares_y, products] in sums.map(|sums| sums.map(i64::from)) {
            let n = frames as i64;
            xx += n * squares_x - x * x;
            yy += n * squares_y - y * y;
            xy += n * products - x * y;
        }
        let spread = libm::sqrtf(xx as f32) * libm::sqrtf(yy as f32);
        if spread > 0.0 { xy as f32 / spread } else { 0.0 }
    }

    /// The highest score that counts for a phrase at `span`, and how many frames ago it was.
    fn highest(&self, span: SampleSpan, now: SampleIndex) -> (f32, u32) {
        let frames = (now.since(span.end) + self.max_delay) / HOP + 1;
        // The oldest first: of equals, that one counts.
        let ago = (0..frames.min(FRAMES as u64) as usize).rev();
        ago.filter_map(|ago| Some((self.past(ago)?.score, ago as u32)))
            .fold((0.0, 0), |best, one| if one.0 > best.0 { one } else { best })
    }
}

/// The logarithms of a frame's energies in steps of 1/6, from −20 up: pairs of bands, each by its mean.
fn row(frame: &MelFrame) -> [u8; BANDS] {
    let mut row = [0; BANDS];
    let pairs = frame.mel().chunks_exact(2);
    // A float too large or small for a byte becomes the nearest.
    row.iter_mut().zip(pairs).for_each(|(slot, pair)| {
        *slot = ((pair.iter().sum::<f32>() / 2.0 + 20.0) * 6.0) as u8;
    });
    row
}

impl<K: KeywordSpotter, V: VoiceActivityDetector, F: MelSource> Reference for Playback<'_, K, V, F> {
    fn hear(&mut self, pcm: &[i16], len: usize) {
        if self.resting && pcm.iter().all(|sample| *sample == 0) {
            self.owed += len;
            return;
        }
        if self.resting {
            // It begins where this step of the microphone's began, so that frames go on ending together.
            self.resting = false;
            let owed = core::mem::take(&mut self.owed);
            self.silence(owed);
        }
        self.listen(pcm);
        self.silence(len.saturating_sub(pcm.len()));
    }

    fn step(&mut self, heard: &MelFrame) {
        self.owed = 0;
        if self.resting {
            self.quiet = self.quiet.saturating_add(1);
        }
        let played = PlayedFrame {
            heard: row(heard),
            played: core::mem::take(&mut self.row),
            score: core::mem::take(&mut self.score),
        };
        if let Some(place) = self.ring.get_mut(self.head) {
            *place = played;
        }
        self.head = (self.head + 1) % FRAMES;
        self.resting = self.silent >= REST;
    }

    fn playing(&self) -> bool {
        u64::from(self.quiet) * HOP <= self.max_delay
    }

    // Seldom called, and its sums would lie on the stack of whoever hears a frame.
    #[inline(never)]
    fn evidence(&self, span: SampleSpan, now: SampleIndex) -> PlaybackEvidence {
        let (score, ago) = self.highest(span, now);
        let from = (now.since(span.end) / HOP).min(FRAMES as u64) as usize;
        let frames = (span.len() / HOP).min(COMPARED as u64) as usize;
        let delays = 0..=(self.max_delay / HOP) as usize;
        let similarity = delays.map(|delay| self.correlation(from, frames, delay)).fold(0.0, f32::max);
        PlaybackEvidence { score, before_ms: ago * (HOP as u32) / 16, similarity }
    }

    fn judge(&self, detection: Detection, now: SampleIndex) -> Detection {
        if !detection.accepted() || !self.playing() {
            return detection;
        }
        let evidence = self.evidence(detection.span, now);
        let said = evidence.score > 0.0 && evidence.score >= self.share * detection.threshold;
        let echo = evidence.similarity > 0.0 && evidence.similarity >= self.similarity;
        if said || echo { Detection { why: Evidence::Playback(evidence), ..detection } } else { detection }
    }

    fn forget(&mut self, now: SampleIndex) {
        self.front_end.reset_at(now);
        self.vad.reset();
        self.spotter.reset();
        self.ring.fill(PlayedFrame::UNUSED);
        self.row = [0; BANDS];
        (self.head, self.score, self.silent) = (0, 0.0, 0);
        (self.resting, self.owed, self.quiet) = (false, 0, u32::MAX);
    }
}
