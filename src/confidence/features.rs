//! What a command is judged by.

use crate::intent::{Decoder, Item};

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
