//! What is judged.

use crate::ConfigError;
use crate::event::Event;
use crate::pipeline::{Pipeline, PipelineConfig};
use crate::spotter::KeywordSpotter;
use crate::storage::Storage;
use crate::vad::{MelVad, VoiceActivityDetector};
use std::path::Path;
use std::prelude::rust_2024::*;

/// From one value of the running score to the next, samples: 80 ms.
pub const TRACE_EVERY: u64 = 1280;

/// A decision that depends on the threshold: a device whose threshold is at most `score` wakes when sample `at` is
/// in. Positions are samples since the last reset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// When.
    pub at: u64,
    /// Where what was heard begins, if the subject knows; else `at`.
    pub start: u64,
    /// Where it ends, if the subject knows; else `at`.
    pub end: u64,
    /// Highest threshold that it reaches.
    pub score: f32,
}

/// What a subject tells, in the order of `at`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    /// A decision.
    Mark(Mark),
    /// The highest running score of the last [`TRACE_EVERY`] samples: for drawing, nothing follows from it.
    Running {
        /// When they ended.
        at: u64,
        /// The score.
        score: f32,
    },
}

/// Something that listens: samples in, decisions out.
pub trait Subject: Send {
    /// As new: the next sample is sample 0.
    fn reset(&mut self);

    /// The file `path` begins at sample `at`, now or later. Only those need it who know files, not sounds.
    ///
    /// # Errors
    /// Why this file can't be judged; it is then left out, and told.
    fn begin(&mut self, path: &Path, at: u64) -> Result<(), NotJudged> {
        let _ = (path, at);
        Ok(())
    }

    /// Takes in samples, 16 kHz mono, any number. What it tells doesn't depend on how they are cut.
    fn push(&mut self, pcm: &[i16], tell: &mut dyn FnMut(Heard));
}

/// The subject has nothing to say about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJudged;

impl<S: Subject + ?Sized> Subject for Box<S> {
    fn reset(&mut self) {
        (**self).reset();
    }
    fn begin(&mut self, path: &Path, at: u64) -> Result<(), NotJudged> {
        (**self).begin(path, at)
    }
    fn push(&mut self, pcm: &[i16], tell: &mut dyn FnMut(Heard)) {
        (**self).push(pcm, tell);
    }
}

/// How a spotter decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// By its detections. It must tell them whatever their score, as near misses, and without being deaf after one:
    /// a threshold above all scores and a near-miss margin of 1 do that. The scorer's refractory takes its place.
    ByDetection,
    /// By its running score: it wakes in the first frame in which that reaches the threshold.
    ByScore,
}

/// A spotter in the whole chain.
#[derive(Debug)]
pub struct Chain<K, V = MelVad> {
    pipeline: Pipeline<'static, K, V>,
    decides: Decides,
    now: u64,
    /// Highest running score since the last one that was told.
    highest: f32,
}

/// Running scores are looked at this often: once a frame.
const FRAME: u64 = 160;

impl<K: KeywordSpotter> Chain<K> {
    /// The chain of `config` around `spotter`.
    ///
    /// # Errors
    /// [`ConfigError`] of the stage whose configuration is wrong.
    pub fn new(config: PipelineConfig, spotter: K, decides: Decides) -> Result<Self, ConfigError> {
        // Nobody looks back here.
        let pipeline = Pipeline::new(config, spotter, Storage::owned(FRAME as usize))?;
        Ok(Chain { pipeline, decides, now: 0, highest: 0.0 })
    }
}

impl<K, V> Subject for Chain<K, V>
where
    K: KeywordSpotter + Send,
    V: VoiceActivityDetector + Send,
{
    fn reset(&mut self) {
        self.pipeline.reset();
        self.now = 0;
        self.highest = 0.0;
    }

    fn push(&mut self, pcm: &[i16], tell: &mut dyn FnMut(Heard)) {
        let mut rest = pcm;
        while !rest.is_empty() {
            let due = (FRAME - self.now % FRAME) as usize;
            let (now, later) = rest.split_at(due.min(rest.len()));
            rest = later;
            self.now += now.len() as u64;
            let by_detection = self.decides == Decides::ByDetection;
            self.pipeline.push(now, |event| {
                if let (true, Event::Wake(told) | Event::NearMiss(told)) = (by_detection, event) {
                    tell(Heard::Mark(Mark {
                        at: told.decided.0,
                        start: told.span.start.0,
                        end: told.span.end.0,
                        score: told.score,
                    }));
                }
            });
            if self.now.is_multiple_of(FRAME) {
                let (at, score) = (self.now, self.pipeline.spotter().score());
                self.highest = self.highest.max(score);
                if self.decides == Decides::ByScore && score > 0.0 {
                    tell(Heard::Mark(Mark { at, start: at, end: at, score }));
                }
                if at.is_multiple_of(TRACE_EVERY) {
                    tell(Heard::Running { at, score: self.highest });
                    self.highest = 0.0;
                }
            }
        }
    }
}
