//! Plays a unit to a subject and has a judge say what happened.

use crate::eval::augment::room::BLOCK;
use crate::eval::augment::{Augmented, Augmenter};
use crate::eval::clock::thread_time;
use crate::eval::decode::{AudioError, Source, open};
use crate::eval::plan::{PlannedFile, PlannedUnit};
use crate::eval::result::{ManifestId, Rules, Unit};
use crate::eval::score::{FileEnd, Judge};
use crate::eval::subject::Subject;
use crate::frontend::{FrontEnd, FrontEndConfig};
use crate::vad::{MelVad, MelVadConfig, SpeechEdge, VoiceActivityDetector};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::prelude::rust_2024::*;
use std::time::Duration;
use std::vec;

/// Samples that are decoded before they are heard: one second, so that looking at the clock costs nothing.
const GULP: usize = 4 * BLOCK;
/// Recordings up to this long are kept while they are measured; longer ones are decoded twice. About two minutes.
const KEPT: usize = 2_000_000;

/// What a unit cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnitCost {
    /// Samples that were heard, silence included.
    pub samples: u64,
    /// Processor time of decoding, ns.
    pub decode_ns: u64,
    /// Processor time of augmentation, ns.
    pub augment_ns: u64,
    /// Processor time of subject and judge, ns.
    pub listen_ns: u64,
}

/// What a player needs to know.
#[derive(Clone, Copy, Debug)]
pub struct PlayConfig<'a> {
    /// What counts as what.
    pub rules: Rules,
    /// Where files are.
    pub manifests: &'a [ManifestId],
    /// What to do to them.
    pub augmenter: &'a Augmenter,
}

/// Plays units, one at a time; each thread has its own.
#[derive(Debug)]
pub struct Player<'a> {
    config: PlayConfig<'a>,
    spoken: SpeechEnd,
    cost: UnitCost,
    since: Duration,
    silence: Vec<i16>,
    mixed: Vec<f32>,
    out: Vec<i16>,
}

/// Silence around a file.
#[derive(Clone, Copy, Default)]
struct Around {
    lead: u64,
    tail: u64,
}

impl<'a> Player<'a> {
    /// A player.
    pub fn new(config: PlayConfig<'a>) -> Player<'a> {
        Player {
            config,
            spoken: SpeechEnd::new(),
            cost: UnitCost::default(),
            since: Duration::ZERO,
            silence: vec![0; GULP],
            mixed: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Plays `planned` as unit `unit`.
    pub fn play(
        &mut self,
        unit: u64,
        repetition: u32,
        planned: &PlannedUnit,
        subject: &mut dyn Subject,
        judge: &mut dyn Judge,
    ) -> (Unit, UnitCost) {
        self.cost = UnitCost::default();
        self.since = thread_time();
        subject.reset();
        let Rules { lead, tail, .. } = self.config.rules;
        let last = planned.files.len().saturating_sub(1);
        let mut now = 0;
        for (i, file) in planned.files.iter().enumerate() {
            let around = Around {
                // The first that plays, should others have failed.
                lead: if now == 0 { lead } else { 0 },
                tail: if i == last { tail } else { 0 },
            };
            now += self.file(file, repetition, now, around, subject, judge);
        }
        let unit = Unit {
            unit,
            session: planned.session.clone(),
            speaker: planned.speaker.clone(),
            repetition,
            files: judge.finish(),
        };
        self.cost.samples = now;
        self.cost.listen_ns += self.lap();
        (unit, self.cost)
    }

    /// Nanoseconds since the last lap.
    fn lap(&mut self) -> u64 {
        let now = thread_time();
        let lap = now.saturating_sub(self.since);
        self.since = now;
        lap.as_nanos() as u64
    }

    /// Plays one file; gives the samples it took.
    fn file(
        &mut self,
        file: &PlannedFile,
        repetition: u32,
        now: u64,
        around: Around,
        subject: &mut dyn Subject,
        judge: &mut dyn Judge,
    ) -> u64 {
        let at = now + around.lead;
        let manifest = self.config.manifests.get(file.manifest as usize);
        let path = manifest.map_or(PathBuf::new(), |manifest| Path::new(&manifest.root).join(&file.file));
        judge.begin(file, at);
        let mut end = FileEnd::default();
        let augmented = self.config.augmenter.file(
            manifest.map_or("", |manifest| manifest.digest.as_str()),
            &file.file,
            repetition,
        );
        let mut source = if subject.begin(&path, at).is_err() {
            end.error = Some("the subject has nothing about this file".into());
            None
        } else {
            match Reader::open(&path, file.stretch) {
                Ok(reader) => Some(reader),
                Err(error) => {
                    end.error = Some(told(&error, &path));
                    None
                }
            }
        };
        let mut heard = 0;
        if let Some(reader) = &mut source {
            self.spoken.wanted(file.trials.as_ref().is_some_and(Vec::is_empty));
            heard += self.segment(reader, &path, file, augmented, around, subject, judge, &mut end);
            end.speech_end = self.spoken.finish();
        } else if now > 0 {
            heard += self.hush(around.tail, subject, judge);
        }
        judge.end(end);
        self.cost.listen_ns += self.lap();
        heard
    }

    /// Plays the silence before, the recording, the silence after.
    #[allow(clippy::too_many_arguments, reason = "one caller")]
    fn segment(
        &mut self,
        reader: &mut Reader,
        path: &Path,
        file: &PlannedFile,
        mut augmented: Option<Augmented>,
        around: Around,
        subject: &mut dyn Subject,
        judge: &mut dyn Judge,
        end: &mut FileEnd,
    ) -> u64 {
        self.cost.listen_ns += self.lap();
        let mut kept = None;
        if let Some(chain) = augmented.as_mut().filter(|chain| chain.measures()) {
            kept = self.measure(reader, around, chain);
            if kept.is_none() {
                match Reader::open(path, file.stretch) {
                    Ok(again) => *reader = again,
                    Err(error) => end.error = Some(told(&error, path)),
                }
            }
        }
        let mut heard = 0;
        let mut carry = Carry::new(augmented);
        let silence = std::mem::take(&mut self.silence);
        heard += self.quiet(around.lead, &silence, &mut carry, subject, judge);
        if let Some(kept) = &kept {
            for gulp in kept.chunks(GULP) {
                self.cost.decode_ns += self.lap();
                end.samples += gulp.len() as u64;
                self.spoken.hear(gulp);
                heard += self.pass(gulp, &mut carry, subject, judge);
            }
        } else {
            loop {
                let gulp = reader.gulp();
                self.cost.decode_ns += self.lap();
                if gulp.is_empty() {
                    break;
                }
                end.samples += gulp.len() as u64;
                self.spoken.hear(gulp);
                heard += self.pass(gulp, &mut carry, subject, judge);
            }
        }
        end.warnings = reader.source.warnings().iter().map(ToString::to_string).collect();
        if let Some(error) = &reader.error {
            end.error = Some(told(error, path));
        } else if end.samples == 0 && end.error.is_none() {
            end.error = Some("expected sound, found 0 samples".into());
        }
        heard += self.quiet(around.tail, &silence, &mut carry, subject, judge);
        heard += self.flush(&mut carry, subject, judge);
        self.silence = silence;
        heard
    }

    /// Silence on its own.
    fn hush(&mut self, samples: u64, subject: &mut dyn Subject, judge: &mut dyn Judge) -> u64 {
        let silence = std::mem::take(&mut self.silence);
        let heard = self.quiet(samples, &silence, &mut Carry::new(None), subject, judge);
        self.silence = silence;
        heard
    }

    fn quiet(
        &mut self,
        samples: u64,
        silence: &[i16],
        carry: &mut Carry,
        subject: &mut dyn Subject,
        judge: &mut dyn Judge,
    ) -> u64 {
        let mut heard = 0;
        let mut left = samples;
        while left > 0 {
            let now = silence.get(..(left as usize).min(silence.len())).unwrap_or_default();
            left -= now.len() as u64;
            heard += self.pass(now, carry, subject, judge);
        }
        heard
    }

    /// From the recording to the subject; gives the samples that arrived.
    fn pass(
        &mut self,
        pcm: &[i16],
        carry: &mut Carry,
        subject: &mut dyn Subject,
        judge: &mut dyn Judge,
    ) -> u64 {
        if carry.chain.is_none() {
            subject.push(pcm, &mut |heard| judge.heard(heard));
            self.cost.listen_ns += self.lap();
            return pcm.len() as u64;
        }
        carry.waiting.extend(pcm.iter().map(|sample| f32::from(*sample) / 32_768.0));
        let whole = carry.waiting.len() / BLOCK * BLOCK;
        self.forward(whole, carry, subject, judge)
    }

    fn flush(&mut self, carry: &mut Carry, subject: &mut dyn Subject, judge: &mut dyn Judge) -> u64 {
        let rest = carry.waiting.len();
        self.forward(rest, carry, subject, judge)
    }

    /// Augments the first `samples` that wait, and plays them.
    fn forward(
        &mut self,
        samples: usize,
        carry: &mut Carry,
        subject: &mut dyn Subject,
        judge: &mut dyn Judge,
    ) -> u64 {
        let Some(chain) = carry.chain.as_mut().filter(|_| samples > 0) else { return 0 };
        self.mixed.clear();
        self.mixed.extend(carry.waiting.drain(..samples));
        self.mixed.chunks_mut(BLOCK).for_each(|block| chain.process(block));
        self.out.clear();
        self.out.extend(self.mixed.iter().map(|sample| crate::audio::Unit::saturating(*sample).to_i16()));
        self.cost.augment_ns += self.lap();
        subject.push(&self.out, &mut |heard| judge.heard(heard));
        self.cost.listen_ns += self.lap();
        samples as u64
    }

    /// Measures the segment; gives the recording if it is short enough to keep.
    fn measure(&mut self, reader: &mut Reader, around: Around, chain: &mut Augmented) -> Option<Vec<i16>> {
        let mut kept = Some(Vec::new());
        let mut waiting: Vec<f32> = vec![0.0; around.lead as usize];
        let mut tell = |waiting: &mut Vec<f32>, all: bool| {
            let whole = if all { waiting.len() } else { waiting.len() / BLOCK * BLOCK };
            if let Some(blocks) = waiting.get_mut(..whole) {
                blocks.chunks_mut(BLOCK).for_each(|block| chain.measure(block));
            }
            waiting.drain(..whole);
        };
        loop {
            let gulp = reader.gulp();
            if gulp.is_empty() {
                break;
            }
            waiting.extend(gulp.iter().map(|sample| f32::from(*sample) / 32_768.0));
            kept = kept.filter(|kept| kept.len() + gulp.len() <= KEPT);
            if let Some(kept) = &mut kept {
                kept.extend_from_slice(gulp);
            }
            self.cost.decode_ns += self.lap();
            tell(&mut waiting, false);
            self.cost.augment_ns += self.lap();
        }
        waiting.resize(waiting.len() + around.tail as usize, 0.0);
        tell(&mut waiting, true);
        chain.measured();
        self.cost.augment_ns += self.lap();
        kept
    }
}

/// What waits for its block to be full.
struct Carry {
    chain: Option<Augmented>,
    waiting: Vec<f32>,
}

impl Carry {
    fn new(chain: Option<Augmented>) -> Carry {
        Carry { chain, waiting: Vec::new() }
    }
}

/// An error without the name of the file, which stands beside it.
fn told(error: &AudioError, path: &Path) -> String {
    let told = error.to_string();
    match told.strip_prefix(&*path.to_string_lossy()).and_then(|rest| rest.strip_prefix(": ")) {
        Some(rest) => rest.into(),
        None => told,
    }
}

/// A recording, or a stretch of it, in gulps.
struct Reader {
    source: Box<dyn Source>,
    held: Vec<i16>,
    /// Samples of `held` that were given.
    given: usize,
    skip: u64,
    left: u64,
    ended: bool,
    error: Option<AudioError>,
}

impl Reader {
    fn open(path: &Path, stretch: Option<(u64, u64)>) -> Result<Reader, AudioError> {
        let source = open(&path.to_string_lossy())?;
        let (skip, left) = stretch.unwrap_or((0, u64::MAX));
        Ok(Reader { source, held: Vec::new(), given: 0, skip, left, ended: false, error: None })
    }

    /// The next [`GULP`] samples, fewer at the end, none after it.
    fn gulp(&mut self) -> &[i16] {
        self.held.drain(..self.given);
        while self.held.len() < GULP && !self.ended && self.left > 0 {
            match self.source.next_block() {
                Ok(Some(block)) => {
                    let skipped = self.skip.min(block.len() as u64);
                    self.skip -= skipped;
                    let block = block.get(skipped as usize..).unwrap_or_default();
                    let taken = self.left.min(block.len() as u64);
                    self.left -= taken;
                    self.held.extend(block.iter().take(taken as usize));
                }
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    self.error = Some(error);
                }
            }
        }
        self.given = self.held.len().min(GULP);
        self.held.get(..self.given).unwrap_or_default()
    }
}

/// Where the last speech in a recording ends, by the VAD of the library.
#[derive(Debug)]
struct SpeechEnd {
    stages: Option<(FrontEnd, MelVad)>,
    wanted: bool,
    end: Option<u64>,
}

impl SpeechEnd {
    fn new() -> SpeechEnd {
        let front_end = FrontEndConfig::base();
        let stages = FrontEnd::new(front_end).ok().zip(MelVad::new(MelVadConfig::default(), &front_end).ok());
        SpeechEnd { stages, wanted: false, end: None }
    }

    fn wanted(&mut self, wanted: bool) {
        self.wanted = wanted;
        self.end = None;
        if let Some((front_end, vad)) = &mut self.stages {
            front_end.reset();
            vad.reset();
        }
    }

    fn hear(&mut self, pcm: &[i16]) {
        let Some((front_end, vad)) = self.stages.as_mut().filter(|_| self.wanted) else { return };
        let mut rest = pcm;
        while let Some(frame) = front_end.process(&mut rest) {
            if let Some(SpeechEdge::End(at)) = vad.process(frame).edge {
                self.end = Some(at.0);
            }
        }
    }

    fn finish(&mut self) -> Option<u64> {
        // Longer than any hangover.
        self.hear(&[0; GULP]);
        self.hear(&[0; GULP]);
        self.end.filter(|_| self.wanted)
    }
}
