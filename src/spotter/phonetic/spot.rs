//! The streaming spotter: network, frames, search, and a second look at what was found.

use super::PhoneticEvidence;
use super::align::{pause_after, pause_before, phone_scores, rival_margin};
use super::emission::{Emission, WIDTH};
use super::history::History;
use super::phrase::{MAX_PHRASES, Phrase, PhraseSet};
use super::score::{Measures, PAUSE_AFTER, PAUSE_BEFORE};
use super::search::{self, MAX_FRAMES_PER_PHONE, Token};
use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::MelFrame;
use crate::lexicon::Phone;
use crate::nn::Net;
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::storage::Storage;
use crate::vad::VadFrame;

/// Samples of a frame of posteriors: 20 ms.
const HOP: u64 = 320;
/// Least log likelihood ratio per phone that is looked at again.
const CANDIDATE: f32 = -2.2;
/// Frames of posteriors before the first that may belong to a phrase: 0.2 s, in which the network has heard too little.
const WARM_UP: u32 = 10;
/// Mel frames after the end of speech in which a phrase may still be found: the look-ahead and the wait.
const AFTER_SPEECH: u32 = 50;

/// How a phonetic spotter decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhoneticConfig {
    /// Score that wakes, 0 to 1; `None` takes each phrase's.
    pub threshold: Option<f32>,
    /// Scores that miss the threshold by no more than this are told as near misses, 0 to 1.
    pub near_miss: f32,
    /// After a detection, nothing that begins before its end plus this long counts, 0 to 10,000 ms.
    pub refractory_ms: u32,
}

impl Default for PhoneticConfig {
    fn default() -> Self {
        PhoneticConfig { threshold: None, near_miss: 0.15, refractory_ms: 300 }
    }
}

/// A phrase that may just have been said.
#[derive(Clone, Copy, Debug, Default)]
struct Candidate {
    /// Log likelihood ratio per phone.
    ratio: f32,
    start: u32,
    end: u32,
    pronunciation: u16,
    live: bool,
}

/// Finds typed phrases in a stream of frames from [`FrontEndConfig::base`](crate::frontend::FrontEndConfig::base).
///
/// All phrases share the network, which is nearly all of the cost.
#[derive(Debug)]
pub struct PhoneticSpotter<'a> {
    net: Net<'a>,
    phrases: PhraseSet<'a>,
    config: PhoneticConfig,
    emission: Emission,
    tokens: Storage<'a, Token>,
    history: Storage<'a, f32>,
    candidates: [Candidate; MAX_PHRASES],
    /// Frames of posteriors so far.
    count: u32,
    mels_since_speech: u32,
    /// Of every phrase in the latest frame.
    scores: [f32; MAX_PHRASES],
    /// Nothing that begins before counts.
    deaf_until: SampleIndex,
}

impl<'a> PhoneticSpotter<'a> {
    /// Listens for `phrases` with `net`, an acoustic model such as `phones-m`: 40 mel bands in, 39 log posteriors out,
    /// two frames every four. `tokens` and `history` need [`required_tokens`](Self::required_tokens) and
    /// [`required_history`](Self::required_history) elements.
    ///
    /// # Errors
    /// [`ConfigError`] for a field out of range, another kind of network, or too little memory.
    pub fn new(
        config: PhoneticConfig,
        net: Net<'a>,
        phrases: PhraseSet<'a>,
        tokens: Storage<'a, Token>,
        history: Storage<'a, f32>,
    ) -> Result<Self, ConfigError> {
        ConfigError::check("threshold", f64::from(config.threshold.unwrap_or(0.5)), 0.0, 1.0)?;
        ConfigError::check("near_miss", f64::from(config.near_miss), 0.0, 1.0)?;
        ConfigError::check("refractory_ms", f64::from(config.refractory_ms), 0.0, 10_000.0)?;
        for (what, expected, actual) in [
            ("symbols of the acoustic model", Phone::SYMBOLS, net.model().output_channels()),
            ("output frames of a step", 2, net.model().output_frames()),
            ("mel frames of a step", 4, net.model().stride()),
        ] {
            if expected != actual {
                return Err(ConfigError::Mismatch { what, expected, actual });
            }
        }
        for (buffer, expected, actual) in [
            ("phonetic spotter tokens", Self::required_tokens(&phrases), tokens.len()),
            ("phonetic spotter history", Self::required_history(&phrases), history.len()),
        ] {
            if actual < expected {
                return Err(ConfigError::BufferTooSmall { buffer, expected, actual });
            }
        }
        let mut spotter = PhoneticSpotter {
            net,
            phrases,
            config,
            emission: Emission::new(),
            tokens,
            history,
            candidates: [Candidate::default(); MAX_PHRASES],
            count: 0,
            mels_since_speech: u32::MAX,
            scores: [0.0; MAX_PHRASES],
            deaf_until: SampleIndex(0),
        };
        spotter.reset();
        Ok(spotter)
    }

    /// Elements of `tokens` that `phrases` need.
    pub fn required_tokens(phrases: &PhraseSet<'_>) -> usize {
        phrases
            .iter()
            .flat_map(|phrase| phrase.pronunciations().map(|phones| search::states(phones.len())))
            .sum()
    }

    /// Elements of `history` that `phrases` need: the longest phrase, and what is looked at around it.
    pub fn required_history(phrases: &PhraseSet<'_>) -> usize {
        let frames = MAX_FRAMES_PER_PHONE * phrases.longest() + (PAUSE_BEFORE + 3 * PAUSE_AFTER + 8) as usize;
        WIDTH * frames
    }

    /// The phrases it listens for; [`Detection::phrase`] counts in their order.
    pub fn phrases(&self) -> &PhraseSet<'a> {
        &self.phrases
    }

    /// Score of one phrase in this frame: not 0 only when something like it has just been looked at again.
    pub fn phrase_score(&self, phrase: usize) -> f32 {
        self.scores.get(phrase).copied().unwrap_or(0.0)
    }

    /// Takes a frame of posteriors.
    fn take(&mut self, log_posteriors: &[f32]) {
        let ring = self.history.as_chunks_mut::<WIDTH>().0;
        let capacity = ring.len().max(1) as u32;
        if let Some(place) = ring.get_mut((self.count % capacity) as usize) {
            self.emission.frame(log_posteriors, place);
        }
        let now = self.count;
        self.count += 1;
        let history = History::new(&self.history, self.count);
        let Some(frame) = history.frame(now) else { return };
        let mut tokens = &mut self.tokens[..];
        for (phrase, candidate) in self.phrases.iter().zip(&mut self.candidates) {
            for (index, phones) in phrase.pronunciations().enumerate() {
                let Some((own, rest)) = tokens.split_at_mut_checked(search::states(phones.len())) else {
                    return;
                };
                tokens = rest;
                let Some((ratio, start)) = search::advance(own, phones, &frame, now) else { continue };
                if ratio < CANDIDATE || start < WARM_UP {
                    continue;
                }
                if !candidate.live || ratio > candidate.ratio {
                    let pronunciation = index as u16;
                    *candidate = Candidate { ratio, start, end: now, pronunciation, live: true };
                }
            }
        }
    }

    /// Tells candidates that nothing better followed for long enough, if they are worth it.
    fn settle(&mut self, now: SampleIndex, tell: &mut impl FnMut(Detection)) {
        let history = History::new(&self.history, self.count);
        let mut deaf_until = self.deaf_until;
        let each = self.phrases.iter().zip(&mut self.candidates).zip(&mut self.scores);
        for (index, ((phrase, candidate), running)) in each.enumerate() {
            if !candidate.live || self.count <= candidate.end + PAUSE_AFTER {
                continue;
            }
            candidate.live = false;
            let span = SampleSpan { start: at(candidate.start), end: at(candidate.end + 1) };
            if span.start < self.deaf_until {
                continue;
            }
            let Some((measures, evidence)) = examine(&history, &phrase, candidate) else { continue };
            let score = measures.score();
            *running = running.max(score);
            let threshold = self.config.threshold.unwrap_or(phrase.threshold());
            if score < threshold - self.config.near_miss {
                continue;
            }
            let why = Evidence::Phonetic(evidence);
            let detection = Detection { phrase: index as u16, span, decided: now, score, threshold, why };
            if detection.accepted() {
                deaf_until = deaf_until.max(span.end.after(u64::from(self.config.refractory_ms) * 16));
            }
            tell(detection);
        }
        self.deaf_until = deaf_until;
    }

    /// As [`process`](KeywordSpotter::process), but tells of every phrase that was found in this frame, not only of
    /// the best one.
    pub fn process_all(&mut self, frame: &MelFrame, vad: &VadFrame, mut tell: impl FnMut(Detection)) {
        self.mels_since_speech = if vad.speech { 0 } else { self.mels_since_speech.saturating_add(1) };
        let mut outputs = [[0.0; Phone::SYMBOLS]; 2];
        let Some(given) = self.net.process(frame.mel()) else { return };
        for (output, given) in outputs.iter_mut().zip(given.chunks_exact(Phone::SYMBOLS)) {
            output.copy_from_slice(given);
        }
        self.scores.fill(0.0);
        for output in &outputs {
            self.take(output);
            if self.mels_since_speech > AFTER_SPEECH {
                self.candidates.fill(Candidate::default());
            }
            self.settle(frame.span.end, &mut tell);
        }
    }
}

/// Looks again at the stretch of a candidate.
fn examine(
    history: &History<'_>,
    phrase: &Phrase<'_>,
    candidate: &Candidate,
) -> Option<(Measures, PhoneticEvidence)> {
    let phones = phrase.pronunciations().nth(candidate.pronunciation.into())?;
    let Candidate { ratio, start, end, .. } = *candidate;
    let (worst, at, second) = phone_scores(history, phones, start, end)?.worst();
    let (mut rival, mut margin) = (None, f32::NEG_INFINITY);
    for (index, sounds) in phrase.rivals().enumerate() {
        let found = rival_margin(history, sounds, (start, end), phones.len(), ratio);
        if found > margin {
            (rival, margin) = (Some(index as u16), found);
        }
    }
    let measures = Measures {
        ratio,
        worst,
        second,
        frames_per_phone: (end - start + 1) as f32 / phones.len() as f32,
        pause_before: pause_before(history, start, PAUSE_BEFORE),
        pause_after: pause_after(history, end, PAUSE_AFTER),
        rival: margin,
    };
    let worst_phone = phones.get(usize::from(at)).and_then(|&phone| Phone::new(phone))?;
    let evidence = PhoneticEvidence {
        ratio,
        phones: phones.len() as u16,
        worst,
        worst_phone,
        second_worst: second,
        pause_before_ms: (measures.pause_before * 20) as u16,
        pause_after_ms: (measures.pause_after * 20) as u16,
        rival,
        rival_margin: margin,
    };
    Some((measures, evidence))
}

/// The first sample that frame `number` of posteriors stands for.
fn at(number: u32) -> SampleIndex {
    SampleIndex(u64::from(number) * HOP)
}

impl KeywordSpotter for PhoneticSpotter<'_> {
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        let mut told: Option<Detection> = None;
        let rank = |detection: &Detection| (detection.accepted(), detection.score);
        self.process_all(frame, vad, |detection| {
            if told.as_ref().is_none_or(|told| rank(&detection) > rank(told)) {
                told = Some(detection);
            }
        });
        told
    }

    fn score(&self) -> f32 {
        self.scores.iter().take(self.phrases.len()).fold(0.0, |best, score| best.max(*score))
    }

    fn reset(&mut self) {
        self.net.reset();
        self.history.fill(0.0);
        search::clear(&mut self.tokens);
        self.candidates.fill(Candidate::default());
        self.count = 0;
        self.mels_since_speech = u32::MAX;
        self.scores.fill(0.0);
        self.deaf_until = SampleIndex(0);
    }
}
