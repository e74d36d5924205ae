//! What a command is judged by.

use crate::intent::{Candidate, Decoder, Item, Stretch};

/// How many features a command has. "Free phones" are those of the free run of phones over all of the command, of which
/// some are outside of the words of the grammar; scores are nats, 0 or less.
///
/// 0 a constant · score for each frame of speech (1) and for each free phone (2) · the words' own score for each of
/// their frames (3), for each free phone in them (4), and for each frame of the word where it is lowest (5) · share of
/// the frames of speech that words cover (6) · free phones outside of words: as a share of all (7), the logarithm of one
/// more than their number (8), the share before the first word (9) and between words (10) · words and values (11) ·
/// slots (12) · logarithms of the likeliest values' probabilities: the least (13), their mean (14) and sum (15) · free
/// phones: logarithm of their number (16), for each frame of speech (17) · the words' own score (18), free phones in
/// words (19) and outside (20), the lowest score of a word (21): sums, as evidence of independent phones adds up.
pub const FEATURES: usize = 22;

/// How many features a slot has, by which its being none of the list is judged. Scores are those of the value of the list
/// that explains the slot's frames best, nats.
///
/// 0 a constant · 1 signal to noise, dB, 0 to 30 · 2 score · 3 phones · 4 phones of the free run in the frames that were
/// compared · 5 by how much the score is ahead of the second's, 30 at most · 6 score of the whole command for each of its
/// free phones · 7 score of its worst three phones in a row · 8 what any phones would save in some part of it · free
/// phones: outside of it (9), and in it beyond its own (10) · 11 frames for each of its phones · 12 by how much the path
/// with a value was ahead of that with any phones ([`Item::ahead`]), −20 to 10.
pub const SLOT_FEATURES: usize = 13;

/// Nats by which the best value may be ahead at most.
const MOST_AHEAD: f32 = 30.0;
/// Nats by which any phones, in the place of the value, may be ahead at most, and behind.
const ANY_AHEAD: f32 = 20.0;
const ANY_BEHIND: f32 = 10.0;

/// Least logarithm of a probability that counts: that of 1e-4.
const LEAST_LOG: f32 = -9.21;
/// How sure the likeliest values of a command's slots are: logarithms.
#[derive(Default)]
pub(super) struct Sureness {
    least: f32,
    sum: f32,
}

impl Sureness {
    pub(super) fn add(&mut self, probability: f32) {
        let log = libm::logf(probability).max(LEAST_LOG);
        self.least = self.least.min(log);
        self.sum += log;
    }
}

/// What a slot is judged by, as [`SLOT_FEATURES`] lists it. `quality`: the command's score for each free phone.
pub(super) fn slot_features(
    item: &Item,
    candidates: &[Candidate],
    stretch: &Stretch,
    snr_db: f32,
    quality: f32,
) -> [f32; SLOT_FEATURES] {
    let best = candidates.first().copied().unwrap_or_default();
    let ahead = match candidates {
        [first, second, ..] => (first.score - second.score).clamp(0.0, MOST_AHEAD),
        _ => MOST_AHEAD,
    };
    let (free, within) = (stretch.free_phones as f32, stretch.best.free_phones as f32);
    let phones = best.phones as f32;
    [
        1.0,
        snr_db.clamp(0.0, 30.0),
        best.score,
        phones,
        free,
        ahead,
        quality,
        stretch.best.worst,
        stretch.best.misfit,
        free - within,
        within - phones,
        stretch.best.frames as f32 / phones.max(1.0),
        item.ahead.clamp(-ANY_AHEAD, ANY_BEHIND),
    ]
}

/// What a command is judged by, as [`FEATURES`] lists it.
pub(super) fn features(
    decoder: &Decoder<'_>,
    items: &[Item],
    score: f32,
    speech_frames: f32,
    free: u32,
    slots: usize,
    sure: &Sureness,
) -> [f32; FEATURES] {
    let (mut own, mut covered, mut worst, mut worst_frame) = (0.0f32, 0u32, 0.0f32, 0.0f32);
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
        let word = item.score - item.entered;
        own += word;
        worst = worst.min(word);
        worst_frame = worst_frame.min(word / frames as f32);
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
        worst_frame,
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
        own,
        (phones - outside as f32).max(0.0),
        outside as f32,
        worst,
    ]
}
