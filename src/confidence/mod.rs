//! How sure: probabilities for what was heard, for "that value is not listed", and for "nobody was talking to me".
//!
//! ```text
//!  decoder     best sentence, its words, slots and spans
//!       ▼  every value of a slot's list over the slot's frames
//!  slot        softmax of scores: each value, and "not listed", of a small network, which may win
//!       ▼
//!  command     another: an order, or other speech
//! ```
//!
//! Scores are likelihood ratios against the free run of phones, so that they mean the same for long and short values.
//! The weights are fitted by `models/training/confidence.py`; calibration by a softmax's temperature and offsets is
//! that of Guo et al., *On calibration of modern neural networks*, 2017.

mod features;
mod phones_m;
mod weights;

pub use features::{FEATURES, SLOT_FEATURES};
pub use weights::{ConfidenceWeights, HIDDEN, Network, SlotWeights};

use crate::error::ConfigError;
use crate::intent::{Candidate, Decoder, Heard, Item, Rescorer};
use crate::storage::Storage;
use features::{Sureness, features, slot_features};

/// Most words and slots of a command that are looked at.
pub const MAX_ITEMS: usize = 64;
/// Most slots of a command.
pub const MAX_SLOTS: usize = 12;
/// Most values of a slot that are told.
pub const MAX_VALUES: usize = 8;

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

/// Judges commands.
#[derive(Debug)]
pub struct Judge<'a> {
    weights: &'a ConfidenceWeights,
    rescorer: Rescorer<'a>,
}

impl<'a> Judge<'a> {
    /// `memory`: [`Rescorer::REQUIRED`] elements.
    ///
    /// # Errors
    /// [`ConfigError`] for too little memory, or a weight that is no number.
    pub fn new(weights: &'a ConfidenceWeights, memory: Storage<'a, f32>) -> Result<Self, ConfigError> {
        weights.check()?;
        Ok(Judge { weights, rescorer: Rescorer::new(memory)? })
    }

    /// For grammars without lists: no memory is needed, as there are no values to compare. A value of a list is judged
    /// to be none of it.
    ///
    /// # Errors
    /// [`ConfigError`] for a weight that is no number.
    pub fn without_lists(weights: &'a ConfidenceWeights) -> Result<Self, ConfigError> {
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
        let mut sure = Sureness::default();
        let free = decoder.free_phones(0..decoder.frames());
        for (index, item) in items.iter().enumerate() {
            let (Some(slot), Some(list)) = (item.slot, item.list) else { continue };
            let mut candidates = [Candidate::default(); MAX_VALUES];
            let stretch = self.rescorer.candidates(decoder, items, index, &mut candidates);
            let candidates = candidates.get(..stretch.candidates).unwrap_or_default();
            let Some(place) = verdict.slots.get_mut(verdict.count) else { break };
            let quality = best.score / free.max(1) as f32;
            *place = self.slot(candidates, &slot_features(item, candidates, &stretch, heard.snr_db, quality));
            (place.slot, place.list) = (slot, list);
            place.frames = [item.first_frame, item.last_frame];
            sure.add(place.values().first().map_or(0.0, |first| first.probability));
            verdict.count += 1;
        }
        let frames = heard.speech.seconds() as f32 * decoder.config().frames_per_s as f32;
        let features = features(decoder, items, best.score, frames, free, verdict.count, &sure);
        verdict.command = 1.0 / (1.0 + libm::expf(-self.weights.commands.value(&features)));
        Some(verdict)
    }

    /// Nothing is left in memory of what was judged.
    pub fn wipe(&mut self) {
        self.rescorer.wipe();
    }

    /// Probabilities of candidates, the best of which comes first.
    fn slot(&self, candidates: &[Candidate], features: &[f32; SLOT_FEATURES]) -> SlotVerdict {
        let SlotWeights { score, phone, not_listed } = &self.weights.slots;
        let logit = |one: &Candidate| score * one.score + phone * one.phones as f32;
        let none = not_listed.value(features);
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

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn probabilities_sum_to_one_and_are_sorted(
            scores in prop::collection::vec((-200f32..0.0, 1u32..30), 0..8),
            features in prop::collection::vec(-30f32..30.0, SLOT_FEATURES),
        ) {
            let mut values: Vec<Candidate> = scores.iter().enumerate()
                .map(|(n, (score, phones))| Candidate { value: n as u32, score: *score, phones: *phones })
                .collect();
            values.sort_by(|a, b| b.score.total_cmp(&a.score));
            let judge = Judge::new(ConfidenceWeights::phones_m(), Storage::owned(Rescorer::REQUIRED)).unwrap();
            let verdict = judge.slot(&values, &features.try_into().unwrap());
            let sum: f32 = verdict.not_listed + verdict.values().iter().map(|one| one.probability).sum::<f32>();
            prop_assert!((sum - 1.0).abs() < 1e-5, "{sum}");
            prop_assert_eq!(verdict.values().len(), values.len());
            prop_assert!(verdict.values().is_sorted_by(|a, b| a.probability >= b.probability));
        }
    }
}
