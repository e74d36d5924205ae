//! What the device itself plays: a phrase in it must not wake.
//!
//! ```text
//!  microphone ──► front end ──► VAD ──► spotter ──► detection ──┐
//!                                                               ▼
//!                              was the phrase in what was played, up to one echo delay ago?
//!                                                               ▲                 │
//!  what is    ──► front end ──► VAD ──► spotter ──► score of each frame           └─► wake, or near miss with the
//!  played                                                                             reason "in playback"
//! ```
//!
//! [`Playback`] is a second ear on the signal that goes to the loudspeaker, for
//! [`Pipeline::push_with_reference`](crate::pipeline::Pipeline::push_with_reference). It needs no echo canceller and
//! doesn't know the room or the delay: it only asks whether its own spotter, on the clean signal, heard the phrase within
//! the longest delay before the microphone did. A phrase that somebody speaks over playback without it is not touched.
//!
//! # Cost
//! As much as front end, VAD and spotter once more, while something is played. Two seconds after the last sample that
//! isn't zero it rests, and costs next to nothing; the spotter's state waits as it is. Memory: that of the three stages
//! and 1 KiB.
//!
//! # What it can't do
//! Tell two phrases apart that come within one echo delay: what somebody says at the very moment at which the device plays
//! the phrase is taken for the echo. So is any other phrase of a spotter that listens for several. After a phrase that was
//! in playback, the spotter at the microphone is deaf for its refractory time as after any other.

use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::{FrontEnd, FrontEndConfig, MelSource};
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::vad::{MelVad, MelVadConfig, VoiceActivityDetector};
use core::fmt;

/// Samples from one frame to the next.
const HOP: u64 = FrontEndConfig::base().hop_samples as u64;
/// Frames whose scores are remembered: 2.56 s, more than the longest delay and any spotter's hesitation.
const FRAMES: usize = 256;
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
}

impl Default for PlaybackConfig {
    fn default() -> Self {
        PlaybackConfig { max_delay_ms: 500, share: 0.5 }
    }
}

/// Why a phrase that was heard didn't count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaybackEvidence {
    /// Highest score of the phrase in what the device played, 0 to 1.
    pub score: f32,
    /// How long before the decision that was, ms.
    pub before_ms: u32,
}

impl fmt::Display for PlaybackEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the device itself was playing it: score {:.2} there, {} ms before", self.score, self.before_ms)
    }
}

/// What a pipeline is told of the device's own sound: [`Playback`], or `()`, nothing.
pub trait Reference: sealed::Sealed {
    /// Takes what is played while `len` samples are heard; what is missing of it is silence.
    fn hear(&mut self, pcm: &[i16], len: usize);

    /// A frame of the microphone's is complete, and so one of the reference.
    fn step(&mut self);

    /// Whether the device plays something, or did a moment ago.
    fn playing(&self) -> bool;

    /// Highest score in what was played from the longest delay before the end of `span` until `now`, the end of the latest
    /// frame.
    fn score_for(&self, span: SampleSpan, now: SampleIndex) -> f32;

    /// The same detection, or why it doesn't count.
    fn judge(&self, detection: Detection, now: SampleIndex) -> Detection;

    /// Nothing stays in memory of what was played; the next sample is sample `now`.
    fn forget(&mut self, now: SampleIndex);
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<K, V, F> Sealed for super::Playback<K, V, F> {}
}

/// Nothing is known of what is played.
impl Reference for () {
    fn hear(&mut self, _: &[i16], _: usize) {}
    fn step(&mut self) {}
    fn playing(&self) -> bool {
        false
    }
    fn score_for(&self, _: SampleSpan, _: SampleIndex) -> f32 {
        0.0
    }
    fn judge(&self, detection: Detection, _: SampleIndex) -> Detection {
        detection
    }
    fn forget(&mut self, _: SampleIndex) {}
}

/// A second ear, on what the device plays. `K` listens for the same phrases as the spotter at the microphone.
#[derive(Debug)]
pub struct Playback<K, V = MelVad, F = FrontEnd> {
    front_end: F,
    vad: V,
    spotter: K,
    max_delay: u64,
    share: f32,
    /// Score of each of the latest frames, a ring.
    scores: [f32; FRAMES],
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

impl<K: KeywordSpotter> Playback<K> {
    /// With the usual front end and VAD for `spotter`, which takes frames of [`FrontEndConfig::base`].
    ///
    /// # Errors
    /// [`ConfigError`] for a field out of range.
    pub fn new(config: PlaybackConfig, spotter: K) -> Result<Self, ConfigError> {
        let base = FrontEndConfig::base();
        let vad = MelVad::new(MelVadConfig::default(), &base)?;
        Playback::of(config, FrontEnd::new(base)?, vad, spotter)
    }
}

impl<K: KeywordSpotter, V: VoiceActivityDetector, F: MelSource> Playback<K, V, F> {
    /// Of stages that are there already, all as new and of the same kind as those of the microphone.
    ///
    /// # Errors
    /// [`ConfigError`] for a field out of range.
    pub fn of(config: PlaybackConfig, front_end: F, vad: V, spotter: K) -> Result<Self, ConfigError> {
        ConfigError::check("max_delay_ms", f64::from(config.max_delay_ms), 0.0, 1000.0)?;
        ConfigError::check("share", f64::from(config.share), 0.0, 1.0)?;
        Ok(Playback {
            front_end,
            vad,
            spotter,
            max_delay: u64::from(config.max_delay_ms) * 16,
            share: config.share,
            scores: [0.0; FRAMES],
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

    /// The highest score that counts for a phrase at `span`, and how many frames ago it was.
    fn highest(&self, span: SampleSpan, now: SampleIndex) -> (f32, u32) {
        let frames = (now.since(span.end) + self.max_delay) / HOP + 1;
        let latest = self.scores.iter().cycle().skip(self.head).take(FRAMES);
        // The oldest first.
        let ago = (0..FRAMES as u32).rev();
        latest
            .zip(ago)
            .filter(|(_, ago)| u64::from(*ago) < frames)
            .fold((0.0, 0), |best, (&score, ago)| if score > best.0 { (score, ago) } else { best })
    }
}

impl<K: KeywordSpotter, V: VoiceActivityDetector, F: MelSource> Reference for Playback<K, V, F> {
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

    fn step(&mut self) {
        self.owed = 0;
        if self.resting {
            self.quiet = self.quiet.saturating_add(1);
        }
        if let Some(slot) = self.scores.get_mut(self.head) {
            *slot = core::mem::take(&mut self.score);
        }
        self.head = (self.head + 1) % FRAMES;
        self.resting = self.silent >= REST;
    }

    fn playing(&self) -> bool {
        u64::from(self.quiet) * HOP <= self.max_delay
    }

    fn score_for(&self, span: SampleSpan, now: SampleIndex) -> f32 {
        self.highest(span, now).0
    }

    fn judge(&self, detection: Detection, now: SampleIndex) -> Detection {
        let (score, ago) = self.highest(detection.span, now);
        if !detection.accepted() || score <= 0.0 || score < self.share * detection.threshold {
            return detection;
        }
        let before_ms = ago * (HOP as u32) / 16;
        Detection { why: Evidence::Playback(PlaybackEvidence { score, before_ms }), ..detection }
    }

    fn forget(&mut self, now: SampleIndex) {
        self.front_end.reset_at(now);
        self.vad.reset();
        self.spotter.reset();
        self.scores = [0.0; FRAMES];
        (self.head, self.score, self.silent) = (0, 0.0, 0);
        (self.resting, self.owed, self.quiet) = (false, 0, u32::MAX);
    }
}
