//! The streaming spotter: network all the time, acoustic model on the stretches that the network points at.

use super::CascadeEvidence;
use crate::audio::{SampleIndex, SampleSpan};
use crate::error::ConfigError;
use crate::frontend::{FrontEndConfig, MelFrame};
use crate::lexicon::Phone;
use crate::nn::Net;
use crate::spotter::net::{NetConfig, NetEvidence, NetModel, NetSpotter};
use crate::spotter::phonetic::{Finder, PhraseSet, Token, required_history, required_tokens};
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::storage::Storage;
use crate::vad::VadFrame;

/// Mel bands of a frame.
const BANDS: usize = FrontEndConfig::base().mel_bins;
/// Samples from one frame to the next.
const HOP: u64 = FrontEndConfig::base().hop_samples as u64;
/// Mel frames of a frame of posteriors.
const MELS: u64 = 2;
/// Kept frames that the acoustic model goes through with each new one, at most.
pub const PACE: usize = 32;
/// Mel frames that are kept besides those of the longest phrase: 1.1 s for what comes before it and for a network that
/// was late.
const AROUND: usize = 110;
/// Mel frames of the slowest phrase, per phone.
const PER_PHONE: usize = 14;
/// Frames without the network being sure enough after which a check is over: 600 ms, the acoustic model's look-ahead
/// and what it waits after the phrase among them.
const IDLE: u32 = 60;
/// Frames between the end that the check found and where the network should have been surest: 400 ms.
const APART: u64 = 40;
/// Log likelihood ratio per phone from which on a better one is not waited for, and the frames for which anything worse must not
/// have been beaten before it wakes: 200 ms. In noise the phrase stretched over what came before it can be enough for the
/// threshold before its end was heard, and where it was is then told wrongly: a command after it would be listened to too early.
const GOOD: f32 = -1.0;
const RISING: u64 = 20;
/// Steps of the network that are remembered: 2.5 s.
const STEPS: usize = 64;
/// Least log likelihood ratio per phone that counts as found at all.
const LEAST: f32 = -4.0;
/// Level of nothing, dB.
const SILENCE: f32 = f32::NEG_INFINITY;
/// Score of the network from which on it is checked, and score of both that wakes, if model and user say nothing.
const FROM: f32 = 0.02;
const THRESHOLD: f32 = 0.5;

/// How a cascade decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CascadeConfig {
    /// Score of the network from which on it is checked, 0 to 1; `None` takes the model's.
    pub from: Option<f32>,
    /// Score of network and check that wakes, 0 to 1; `None` takes the model's.
    pub threshold: Option<f32>,
    /// Scores that miss the threshold by no more than this are told as near misses, 0 to 1.
    pub near_miss: f32,
    /// After a detection, nothing counts for this long, 0 to 10,000 ms.
    pub refractory_ms: u32,
    /// A stretch whose loudest frame is below this was not said to the device, −120 to 0 dB re full scale: in hiss
    /// that only a converter hears, the acoustic model hears phones.
    pub quietest_db: f32,
}

impl Default for CascadeConfig {
    fn default() -> Self {
        CascadeConfig { from: None, threshold: None, near_miss: 0.2, refractory_ms: 1000, quietest_db: -55.0 }
    }
}

/// Finds one phrase in a stream of frames from [`FrontEndConfig::base`] with a network trained for it, and checks what
/// that finds with an acoustic model.
///
/// A detection comes when both together are sure enough, 200 ms later where the check is not, unless it finds better until
/// then; the acoustic model hears about 300 ms beyond the phrase. The next one can't come before the refractory time is over,
/// and not from the same sounds.
#[derive(Debug)]
pub struct CascadeSpotter<'a> {
    net: NetSpotter<'a>,
    acoustic: Net<'a>,
    finder: Finder<'a>,
    /// The latest frames, [`BANDS`] values each, frame `n` at `n` modulo their number.
    mels: Storage<'a, f32>,
    steps: Steps,
    /// Of the frames since the latest step, dB.
    loudest: f32,
    from: f32,
    threshold: f32,
    near_miss: f32,
    quietest_db: f32,
    /// Samples.
    refractory: u64,
    /// Frames so far.
    frames: u64,
    check: Option<Check>,
    best: Option<Best>,
    score: f32,
    /// Nothing counts before.
    deaf_until: SampleIndex,
    /// Frames before belong to what was told already.
    told: u64,
}

/// Memory that a cascade works in, besides that of its acoustic model.
#[derive(Debug)]
pub struct CascadeMemory<'a> {
    /// Of the network: [`NetSpotter::required_words`] elements.
    pub net: Storage<'a, u32>,
    /// Of the search for the phrase: [`required_tokens`](CascadeMemory::required_tokens) elements.
    pub tokens: Storage<'a, Token>,
    /// Of what the acoustic model said lately: [`required_history`](CascadeMemory::required_history) elements.
    pub history: Storage<'a, f32>,
    /// The latest frames: [`required_mels`](CascadeMemory::required_mels) elements.
    pub mels: Storage<'a, f32>,
}

impl CascadeMemory<'_> {
    /// Elements of `tokens` that `phrases` need.
    pub fn required_tokens(phrases: &PhraseSet<'_>) -> usize {
        required_tokens(phrases)
    }

    /// Elements of `history` that `phrases` need.
    pub fn required_history(phrases: &PhraseSet<'_>) -> usize {
        required_history(phrases)
    }

    /// Elements of `mels` that `phrases` need: 40 for each frame of some two seconds.
    pub fn required_mels(phrases: &PhraseSet<'_>) -> usize {
        BANDS * (PER_PHONE * phrases.longest() + AROUND)
    }
}

#[cfg(feature = "alloc")]
impl CascadeMemory<'static> {
    /// All of it on the heap.
    pub fn owned(model: &NetModel<'_>, phrases: &PhraseSet<'_>) -> Self {
        CascadeMemory {
            net: Storage::owned(NetSpotter::required_words(model)),
            tokens: Storage::owned(CascadeMemory::required_tokens(phrases)),
            history: Storage::owned(CascadeMemory::required_history(phrases)),
            mels: Storage::owned(CascadeMemory::required_mels(phrases)),
        }
    }
}

/// A check that is going on.
#[derive(Clone, Copy, Debug)]
struct Check {
    /// The first frame that the acoustic model heard.
    first: u64,
    /// The frame that it hears next.
    next: u64,
    /// Frames since the network was sure enough.
    idle: u32,
}

/// The best that was found since something was last told.
#[derive(Clone, Copy, Debug)]
struct Best {
    /// First frame, and the one behind the last.
    start: u64,
    end: u64,
    evidence: CascadeEvidence,
    /// The most that network and check together have said of it, and the frames that there were then.
    score: f32,
    since: u64,
}

impl Best {
    /// Whether nothing better is waited for any more, `late` being the network's delay in frames.
    fn settled(&self, accepted: bool, frames: u64, late: u64) -> bool {
        if accepted {
            self.evidence.phonetic.ratio >= GOOD || frames >= self.since + RISING
        } else {
            frames > self.end + late + APART
        }
    }
}

/// One step of the network.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// The frame that completed it.
    frame: u64,
    evidence: NetEvidence,
    /// Level of the loudest frame that it took in, dB.
    loudest: f32,
}

/// What the network said in its latest steps.
#[derive(Clone, Copy, Debug)]
struct Steps {
    steps: [Option<Step>; STEPS],
    next: usize,
}

impl Steps {
    const NONE: Steps = Steps { steps: [None; STEPS], next: 0 };

    fn push(&mut self, step: Step) {
        if let Some(place) = self.steps.get_mut(self.next % STEPS) {
            *place = Some(step);
        }
        self.next = (self.next + 1) % STEPS;
    }

    /// The surest within [`APART`] of `frame`.
    fn surest(&self, frame: u64) -> Option<NetEvidence> {
        let near = self.steps.iter().flatten().filter(|step| step.frame.abs_diff(frame) <= APART);
        near.map(|step| step.evidence).max_by(|a, b| a.log_odds.total_cmp(&b.log_odds))
    }

    /// Level of the loudest of the frames from `start` to `end`, dB.
    fn loudest(&self, start: u64, end: u64) -> f32 {
        let inside = self.steps.iter().flatten().filter(|step| (start..=end).contains(&step.frame));
        inside.map(|step| step.loudest).fold(SILENCE, f32::max)
    }
}

impl<'a> CascadeSpotter<'a> {
    /// A spotter for `model`, whose phrase `phrases` has too, alone, and checked with `acoustic`, a network such as
    /// `phones-m`: 40 mel bands in, 39 log posteriors out, two frames every four.
    ///
    /// # Errors
    /// [`ConfigError`] for a field out of range, another kind of network, more phrases than one, or too little memory.
    pub fn new(
        config: CascadeConfig,
        model: NetModel<'a>,
        acoustic: Net<'a>,
        phrases: PhraseSet<'a>,
        memory: CascadeMemory<'a>,
    ) -> Result<Self, ConfigError> {
        let from = config.from.or(model.check_from()).unwrap_or(FROM);
        let threshold = config.threshold.or(model.check_threshold()).unwrap_or(THRESHOLD);
        ConfigError::check("from", f64::from(from), 0.0, 1.0)?;
        ConfigError::check("threshold", f64::from(threshold), 0.0, 1.0)?;
        ConfigError::check("near_miss", f64::from(config.near_miss), 0.0, 1.0)?;
        ConfigError::check("refractory_ms", f64::from(config.refractory_ms), 0.0, 10_000.0)?;
        ConfigError::check("quietest_db", f64::from(config.quietest_db), -120.0, 0.0)?;
        for (what, expected, actual) in [
            ("phrases", 1, phrases.len()),
            ("mel bands of the acoustic model", BANDS, acoustic.model().input_channels()),
            ("symbols of the acoustic model", Phone::SYMBOLS, acoustic.model().output_channels()),
            ("output frames of a step", 2, acoustic.model().output_frames()),
            ("mel frames of a step", 4, acoustic.model().stride()),
        ] {
            if expected != actual {
                return Err(ConfigError::Mismatch { what, expected, actual });
            }
        }
        let CascadeMemory { net: memory, tokens, history, mels } = memory;
        let (expected, actual) = (CascadeMemory::required_mels(&phrases), mels.len());
        if actual < expected {
            return Err(ConfigError::BufferTooSmall { buffer: "cascade mels", expected, actual });
        }
        // It decides nothing here: its running score is what counts.
        let always = NetConfig { threshold: Some(from), near_miss: 0.0, refractory_ms: 0 };
        let mut spotter = CascadeSpotter {
            net: NetSpotter::new(always, model, memory)?,
            acoustic,
            finder: Finder::new(phrases, tokens, history)?.with_least(LEAST),
            mels,
            steps: Steps::NONE,
            loudest: SILENCE,
            from,
            threshold,
            near_miss: config.near_miss,
            quietest_db: config.quietest_db,
            refractory: u64::from(config.refractory_ms) * 16,
            frames: 0,
            check: None,
            best: None,
            score: 0.0,
            deaf_until: SampleIndex(0),
            told: 0,
        };
        spotter.reset();
        Ok(spotter)
    }

    /// The phrase it listens for, as the check knows it.
    pub fn phrases(&self) -> &PhraseSet<'a> {
        self.finder.phrases()
    }

    /// Score of the network from which on it is checked.
    pub fn from(&self) -> f32 {
        self.from
    }

    /// Score to wake at.
    pub fn threshold(&self) -> f32 {
        self.threshold
    }

    /// Running score of the network alone.
    pub fn net_score(&self) -> f32 {
        self.net.score()
    }

    /// Whether the acoustic model is at work: that is what costs.
    pub fn checking(&self) -> bool {
        self.check.is_some()
    }

    fn ring(&mut self, frame: u64) -> Option<&mut [f32; BANDS]> {
        let ring = self.mels.as_chunks_mut::<BANDS>().0;
        let at = frame % ring.len().max(1) as u64;
        ring.get_mut(at as usize)
    }

    /// Begins a check with the oldest frame that there is, or behind what was told already.
    fn begin(&mut self) {
        let kept = (self.mels.len() / BANDS) as u64;
        let first = self.frames.saturating_sub(kept).max(self.told);
        self.acoustic.reset();
        self.finder.reset();
        self.check = Some(Check { first, next: first, idle: 0 });
    }

    /// Lets the acoustic model catch up, and keeps the best that it finds.
    fn advance(&mut self, mut check: Check) -> Check {
        let ring = self.mels.as_chunks::<BANDS>().0;
        let CascadeSpotter { acoustic, finder, steps, best, quietest_db, .. } = self;
        let late = self.net.delay() / HOP;
        for _ in 0..PACE {
            if check.next >= self.frames {
                break;
            }
            let frame = ring.get((check.next % ring.len().max(1) as u64) as usize);
            check.next += 1;
            let Some(given) = frame.and_then(|frame| acoustic.process(frame)) else { continue };
            for posteriors in given.chunks_exact(Phone::SYMBOLS) {
                finder.take(posteriors);
                finder.settle(|_, found| {
                    let start = check.first + MELS * u64::from(found.start);
                    let end = check.first + MELS * u64::from(found.end + 1);
                    let Some(net) = steps.surest(end + late) else { return };
                    if steps.loudest(start, end) < *quietest_db {
                        return;
                    }
                    let evidence = CascadeEvidence { net, phonetic: found.evidence };
                    if best.as_ref().is_none_or(|best| evidence.score() > best.evidence.score()) {
                        *best = Some(Best { start, end, evidence, score: 0.0, since: 0 });
                    }
                });
            }
        }
        check
    }

    /// What is to be told of the best that was found, if anything is by now.
    fn decide(&mut self, frame: &MelFrame) -> Option<Detection> {
        let mut best = self.best?;
        let late = self.net.delay() / HOP;
        if let Some(net) = self.steps.surest(best.end + late) {
            // The network may have become surer since it was found.
            best.evidence.net = net;
        }
        let score = best.evidence.score();
        if score > best.score {
            (best.score, best.since) = (score, self.frames);
        }
        self.best = Some(best);
        self.score = score;
        let accepted = score >= self.threshold;
        if !best.settled(accepted, self.frames, late) {
            return None;
        }
        self.best = None;
        let at = |number: u64| frame.span.start.before((self.frames - 1).saturating_sub(number) * HOP);
        let detection = Detection {
            phrase: 0,
            span: SampleSpan { start: at(best.start), end: at(best.end) },
            decided: frame.span.end,
            score,
            threshold: self.threshold,
            why: Evidence::Cascade(best.evidence),
        };
        if accepted {
            self.check = None;
            self.told = best.end;
            self.deaf_until = frame.span.end.after(self.refractory);
        }
        (accepted || score >= self.threshold - self.near_miss).then_some(detection)
    }
}

impl KeywordSpotter for CascadeSpotter<'_> {
    fn process(&mut self, frame: &MelFrame, vad: &VadFrame) -> Option<Detection> {
        let number = self.frames;
        self.frames += 1;
        if let (Some(place), Some(mel)) = (self.ring(number), frame.mel().first_chunk()) {
            *place = *mel;
        }
        self.net.process(frame, vad);
        self.loudest = self.loudest.max(vad.level_db);
        if let Some(evidence) = self.net.latest() {
            self.steps.push(Step { frame: number, evidence, loudest: self.loudest });
            self.loudest = SILENCE;
        }
        self.score = 0.0;
        let perhaps = self.net.score() > 0.0 && self.net.score() >= self.from;
        if perhaps && self.check.is_none() && frame.span.end >= self.deaf_until {
            self.begin();
        }
        let mut check = self.check?;
        check.idle = if perhaps { 0 } else { check.idle + 1 };
        check = self.advance(check);
        self.check = Some(check);
        let told = self.decide(frame);
        if self.best.is_none() && check.idle > IDLE && check.next >= self.frames {
            self.check = None;
        }
        told
    }

    fn score(&self) -> f32 {
        self.score
    }

    fn reset(&mut self) {
        self.net.reset();
        self.acoustic.reset();
        self.finder.reset();
        self.mels.fill(0.0);
        self.steps = Steps::NONE;
        self.loudest = SILENCE;
        self.frames = 0;
        self.check = None;
        self.best = None;
        self.score = 0.0;
        self.deaf_until = SampleIndex(0);
        self.told = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spotter::phonetic::PhoneticEvidence;

    fn best(ratio: f32) -> Best {
        let net = NetEvidence { log_odds: 8.0, highest: 1.0, held_ms: 80 };
        let phonetic = PhoneticEvidence {
            ratio,
            phones: 6,
            worst: 3.0 * ratio,
            worst_phone: Phone::new(1).unwrap(),
            second_worst: ratio,
            pause_before_ms: 240,
            pause_after_ms: 0,
            rival: None,
            rival_margin: 0.0,
        };
        Best { start: 50, end: 100, evidence: CascadeEvidence { net, phonetic }, score: 0.9, since: 130 }
    }

    #[test]
    fn what_fits_is_told_at_once_and_what_does_not_when_nothing_better_has_come() {
        assert!(best(0.0).settled(true, 130, 10) && best(GOOD).settled(true, 130, 10));
        assert!(!best(-1.1).settled(true, 130, 10) && !best(-1.1).settled(true, 129 + RISING, 10));
        assert!(best(-1.1).settled(true, 130 + RISING, 10));
        // What rises goes on being waited for.
        assert!(!Best { since: 140, ..best(-1.1) }.settled(true, 130 + RISING, 10));
    }

    #[test]
    fn what_is_not_enough_is_told_when_the_network_can_say_no_more_of_it() {
        assert!(!best(0.0).settled(false, 110 + APART, 10) && best(0.0).settled(false, 111 + APART, 10));
    }
}
