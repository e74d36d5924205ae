//! How sure: probabilities for what was heard, for "that value is not listed", and for "nobody was talking to me".
//!
//! ```text
//!  decoder     best sentence, its words, slots and spans
//!       ▼  every value of a slot's list over the slot's frames
//!  slot        softmax of scores: each value, and "not listed", which may win
//!       ▼
//!  command     logistic: an order, or other speech
//! ```
//!
//! Scores are likelihood ratios against the free run of phones, so that they mean the same for long and short values.
//! The few weights are fitted by `models/training/confidence.py`; calibration by a softmax's temperature and offsets is
//! that of Guo et al., *On calibration of modern neural networks*, 2017.

use crate::error::ConfigError;
use crate::intent::{Candidate, Decoder, Heard, Item, Rescorer};
use crate::storage::Storage;

/// Most words and slots of a command that are looked at.
pub const MAX_ITEMS: usize = 64;
/// Most slots of a command.
pub const MAX_SLOTS: usize = 12;
/// Most values of a slot that are told.
pub const MAX_VALUES: usize = 8;

/// What a command is judged by, and how many of it there are.
const FEATURES: usize = 18;

/// Weights of the features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceWeights {
    /// Slots: of a value's score, per nat.
    pub score: f32,
    /// Slots: of a value's length, per phone.
    pub phone: f32,
    /// Slots: of "not listed", which has no score: a constant; per dB of signal to noise (30 dB at most); per phone that the
    /// free run of phones has in the slot's frames; per nat by which the best value is ahead of the second (30 at most);
    /// per nat of the whole command's score for each of its free phones.
    pub not_listed: [f32; 5],
    /// Commands, by the free run of phones over all of the command, of which some are outside of the words of the grammar:
    /// 0 a constant · score for each frame of speech (1) and for each free phone (2) · the words' own score for each of
    /// their frames (3), for each free phone in them (4), and for each frame of the word where it is lowest (5) · share of
    /// the frames of speech that words cover (6) · free phones outside of words: as a share of all (7), the logarithm of one
    /// more than their number (8), the share before the first word (9) and between words (10) · words and values (11) ·
    /// slots (12) · logarithms of the likeliest values' probabilities: the least (13), their mean (14) and sum (15) · free
    /// phones: logarithm of their number (16), for each frame of speech (17).
    pub command: [f32; FEATURES],
}

impl ConfidenceWeights {
    fn check(&self) -> Result<(), ConfigError> {
        let ConfidenceWeights { score, phone, not_listed, command } = *self;
        let mut weights = [score, phone].into_iter().chain(not_listed).chain(command);
        weights.try_for_each(|weight| ConfigError::check("weights", f64::from(weight), -1e3, 1e3))
    }
}

impl Default for ConfidenceWeights {
    /// For `models/phones-m`, by `models/training/confidence.py`.
    fn default() -> Self {
        ConfidenceWeights {
            score: 0.2948,
            phone: 0.14,
            not_listed: [1.3841, 0.029, -0.3329, -0.1496, 1.3789],
            command: [
                7.0587, 1.435, 2.8548, -4.5075, 2.4395, -0.1493, -2.735, -5.2009, -0.3228, 5.3196, -0.7223,
                0.0851, 1.5406, -1.1529, 4.2715, 0.4093, -0.4534, 1.5416,
            ],
        }
    }
}

/// A value and how likely it is what was said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scored {
    /// Its number in the list.
    pub value: u32,
    /// 0 to 1.
    pub probability: f32,
}

/// What a slot holds, and how sure that is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SlotVerdict {
    /// The slot.
    pub slot: u32,
    /// The list of its values.
    pub list: u32,
    /// Frames of the command in which it was said, both included.
    pub frames: [u32; 2],
    /// Probability that what was said there is none of the list.
    pub not_listed: f32,
    values: [Scored; MAX_VALUES],
    count: usize,
}

impl SlotVerdict {
    /// The values that it may be, the likeliest first: near-homophones stand beside each other.
    pub fn values(&self) -> &[Scored] {
        self.values.get(..self.count).unwrap_or_default()
    }

    /// The likeliest value, if it is likelier than that it is none.
    pub fn value(&self) -> Option<Scored> {
        self.values().first().copied().filter(|first| first.probability >= self.not_listed)
    }
}

/// How sure a command is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Probability that this was an order, and not other speech.
    pub command: f32,
    slots: [SlotVerdict; MAX_SLOTS],
    count: usize,
}

impl Verdict {
    /// The slots that were said, in the order in which they were.
    pub fn slots(&self) -> &[SlotVerdict] {
        self.slots.get(..self.count).unwrap_or_default()
    }

    /// Probability that every slot holds its likeliest value and that it was an order: the product, as if they were
    /// independent. They are from the same voice in the same noise, so it errs to the low side where all are likely.
    pub fn whole(&self) -> f32 {
        let slot = |slot: &SlotVerdict| slot.value().map_or(0.0, |value| value.probability);
        self.slots().iter().map(slot).product::<f32>() * self.command
    }
}

/// Least logarithm of a probability that counts: that of 1e-4.
const LEAST_LOG: f32 = -9.21;
/// Nats by which the best value may be ahead at most.
const MOST_AHEAD: f32 = 30.0;

/// How sure the likeliest values of a command's slots are: logarithms.
struct Sureness {
    least: f32,
    sum: f32,
}

impl Sureness {
    fn add(&mut self, probability: f32) {
        let log = libm::logf(probability).max(LEAST_LOG);
        self.least = self.least.min(log);
        self.sum += log;
    }
}

/// What a command is judged by, as [`ConfidenceWeights::command`] lists it.
fn features(
    decoder: &Decoder<'_>,
    items: &[Item],
    score: f32,
    speech_frames: f32,
    free: u32,
    slots: usize,
    sure: &Sureness,
) -> [f32; FEATURES] {
    let (mut own, mut covered, mut worst) = (0.0f32, 0u32, 0.0f32);
    let (mut outside, mut before, mut behind) = (0, 0, 0);
    for (index, item) in items.iter().enumerate() {
        let gap = decoder.free_phones(behind..item.first_frame.max(behind));
        if index == 0 {
            before = gap;
        }
        outside += gap;
        behind = item.last_frame + 1;
        let frames = behind.saturating_sub(item.first_frame).max(1);
        covered += frames;
        own += item.score - item.entered;
        worst = worst.min((item.score - item.entered) / frames as f32);
    }
    let between = outside - before;
    outside += decoder.free_phones(behind..decoder.frames().max(behind));
    let (frames, phones) = (speech_frames.max(1.0), free.max(1) as f32);
    [
        1.0,
        score / frames,
        score / phones,
        own / covered.max(1) as f32,
        own / (phones - outside as f32).max(1.0),
        worst,
        (covered as f32 / frames).min(1.0),
        outside as f32 / phones,
        libm::log1pf(outside as f32),
        before as f32 / phones,
        between as f32 / phones,
        items.len() as f32,
        slots as f32,
        sure.least,
        sure.sum / slots.max(1) as f32,
        sure.sum,
        libm::logf(phones),
        free as f32 / frames,
    ]
}

/// Judges commands.
#[derive(Debug)]
pub struct Judge<'a> {
    weights: ConfidenceWeights,
    rescorer: Rescorer<'a>,
}

impl<'a> Judge<'a> {
    /// `memory`: [`Rescorer::REQUIRED`] elements.
    ///
    /// # Errors
    /// [`ConfigError`] for too little memory, or a weight that is no number.
    pub fn new(weights: ConfidenceWeights, memory: Storage<'a, f32>) -> Result<Self, ConfigError> {
        weights.check()?;
        Ok(Judge { weights, rescorer: Rescorer::new(memory)? })
    }

    /// For grammars without lists: no memory is needed, as there are no values to compare. A value of a list is judged
    /// to be none of it.
    ///
    /// # Errors
    /// [`ConfigError`] for a weight that is no number.
    pub fn without_lists(weights: ConfidenceWeights) -> Result<Self, ConfigError> {
        weights.check()?;
        Ok(Judge { weights, rescorer: Rescorer::none() })
    }

    /// Judges what was heard; `None` where there is no way through the grammar. To be called while the decoder still
    /// has the command: where a [`Listener`](crate::intent::Listener) tells it.
    ///
    /// # Real time
    /// No allocation. Once for a command: the phones of the lists times the frames of their slots.
    pub fn judge(&mut self, decoder: &Decoder<'_>, heard: &Heard) -> Option<Verdict> {
        let best = heard.best?;
        let mut items = [Item::default(); MAX_ITEMS];
        let count = decoder.items(&best, &mut items);
        let items = items.get(..count)?;
        let mut verdict = Verdict { command: 0.0, slots: [SlotVerdict::default(); MAX_SLOTS], count: 0 };
        let mut sure = Sureness { least: 0.0, sum: 0.0 };
        let free = decoder.free_phones(0..decoder.frames());
        for (index, item) in items.iter().enumerate() {
            let (Some(slot), Some(list)) = (item.slot, item.list) else { continue };
            let mut candidates = [Candidate::default(); MAX_VALUES];
            let stretch = self.rescorer.candidates(decoder, items, index, &mut candidates);
            let candidates = candidates.get(..stretch.candidates).unwrap_or_default();
            let Some(place) = verdict.slots.get_mut(verdict.count) else { break };
            let quality = best.score / free.max(1) as f32;
            *place = self.slot(candidates, heard.snr_db, stretch.free_phones, quality);
            (place.slot, place.list) = (slot, list);
            place.frames = [item.first_frame, item.last_frame];
            sure.add(place.values().first().map_or(0.0, |first| first.probability));
            verdict.count += 1;
        }
        let frames = heard.speech.seconds() as f32 * decoder.config().frames_per_s as f32;
        let features = features(decoder, items, best.score, frames, free, verdict.count, &sure);
        let logit: f32 = self.weights.command.iter().zip(features).map(|(weight, x)| weight * x).sum();
        verdict.command = 1.0 / (1.0 + libm::expf(-logit));
        Some(verdict)
    }

    /// Nothing is left in memory of what was judged.
    pub fn wipe(&mut self) {
        self.rescorer.wipe();
    }

    /// Probabilities of candidates, the best of which comes first.
    fn slot(&self, candidates: &[Candidate], snr_db: f32, free_phones: u32, quality: f32) -> SlotVerdict {
        let ConfidenceWeights { score, phone, not_listed, .. } = self.weights;
        let logit = |one: &Candidate| score * one.score + phone * one.phones as f32;
        let ahead = match candidates {
            [first, second, ..] => (first.score - second.score).clamp(0.0, MOST_AHEAD),
            _ => MOST_AHEAD,
        };
        let known = [1.0, snr_db.clamp(0.0, 30.0), free_phones as f32, ahead, quality];
        let none: f32 = not_listed.iter().zip(known).map(|(weight, x)| weight * x).sum();
        let highest = candidates.iter().map(logit).fold(none, f32::max);
        let mut verdict = SlotVerdict { not_listed: libm::expf(none - highest), ..SlotVerdict::default() };
        let mut total = verdict.not_listed;
        for (place, one) in verdict.values.iter_mut().zip(candidates) {
            *place = Scored { value: one.value, probability: libm::expf(logit(one) - highest) };
            total += place.probability;
            verdict.count += 1;
        }
        verdict.not_listed /= total;
        verdict.values.iter_mut().for_each(|value| value.probability /= total);
        if let Some(used) = verdict.values.get_mut(..verdict.count) {
            // Insertion sort: few, and nearly sorted.
            for n in 1..used.len() {
                let mut at = n;
                while at > 0 && used[at - 1].probability < used[at].probability {
                    used.swap(at - 1, at);
                    at -= 1;
                }
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[cfg(feature = "alloc")]
    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_are_sorted(
            scores in prop::collection::vec((-200f32..0.0, 1u32..30), 0..8), snr_db in -10f32..60.0,
            free_phones in 0u32..40, quality in -10f32..0.0,
        ) {
            let mut values: Vec<Candidate> = scores.iter().enumerate()
                .map(|(n, (score, phones))| Candidate { value: n as u32, score: *score, phones: *phones })
                .collect();
            values.sort_by(|a, b| b.score.total_cmp(&a.score));
            let judge = Judge::new(ConfidenceWeights::default(), Storage::owned(Rescorer::REQUIRED)).unwrap();
            let verdict = judge.slot(&values, snr_db, free_phones, quality);
            let sum: f32 = verdict.not_listed + verdict.values().iter().map(|one| one.probability).sum::<f32>();
            prop_assert!((sum - 1.0).abs() < 1e-5, "{sum}");
            prop_assert_eq!(verdict.values().len(), values.len());
            prop_assert!(verdict.values().is_sorted_by(|a, b| a.probability >= b.probability));
        }
    }
}
