//! A second, closer look at the stretch in which a phrase was found: what each phone scored, the pauses around it, and
//! whether something that sounds like the phrase explains the stretch better.

use super::emission::Frame;
use super::history::History;
use super::phrase::MAX_PHRASE_PHONES;
use super::search::{self, STAY, Token};

/// Reward for a phone that is explained, so that of two sequences the longer one wins where both fit.
const EXPLAINED: f32 = 1.0;
/// Frames before a phrase in which a rival may begin: 300 ms.
const BEFORE: u32 = 15;
/// Above this a frame is sound and not pause.
const ACTIVE: f32 = 0.5;

/// What the phones of a phrase scored in its stretch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PhoneScores {
    pub(super) scores: [f32; MAX_PHRASE_PHONES],
    pub(super) phones: usize,
}

impl PhoneScores {
    /// The lowest score, its phone's index, and the lowest score but one.
    pub(super) fn worst(&self) -> (f32, u8, f32) {
        let (mut worst, mut at, mut second) = (f32::INFINITY, 0, f32::INFINITY);
        for (index, &score) in self.scores.iter().enumerate().take(self.phones) {
            if score < worst {
                (second, worst, at) = (worst, score, index as u8);
            } else {
                second = second.min(score);
            }
        }
        (worst, at, second)
    }
}

/// A path with what it collected phone by phone.
#[derive(Clone, Copy)]
struct Path {
    score: f32,
    /// What the phone that it is in has collected.
    own: f32,
}

const NO_PATH: Path = Path { score: f32::NEG_INFINITY, own: 0.0 };

/// Scores of the phones of `phones` in frames `start` to `end`, both included, by the best path through all of them.
///
/// A state keeps the collected scores of all phones before it, so no path has to be traced back.
pub(super) fn phone_scores(
    history: &History<'_>,
    phones: &[u8],
    start: u32,
    end: u32,
) -> Option<PhoneScores> {
    const STATES: usize = 2 * MAX_PHRASE_PHONES - 1;
    let states = search::states(phones.len());
    let mut paths = [NO_PATH; STATES];
    let mut collected = [[0.0f32; MAX_PHRASE_PHONES]; STATES];
    for number in start..=end {
        let frame: Frame<'_> = history.frame(number)?;
        for state in (0..states.min(STATES)).rev() {
            let index = state / 2;
            let phone = *phones.get(index)?;
            let here = paths[state];
            let before = |back: usize| state.checked_sub(back).map_or(NO_PATH, |at| paths[at]);
            if state % 2 == 1 {
                let from = if before(1).score > here.score { 1 } else { 0 };
                let path = before(from);
                if from == 1 {
                    // Leaving the phone settles its score.
                    collected[state] = collected[state - 1];
                    collected[state][index] = path.own;
                }
                paths[state] = Path { score: path.score + frame.log_blank(), own: 0.0 };
                continue;
            }
            let emission = frame.log_ratio(phone);
            let first = state == 0 && number == start;
            let mut entry = (if first { 0.0 } else { before(1).score }, 1);
            if state == 0 && !first {
                entry.0 = f32::NEG_INFINITY;
            }
            let twice = index > 0 && phones.get(index - 1) == Some(&phone);
            if state >= 2 && !twice && before(2).score > entry.0 {
                entry = (before(2).score, 2);
            }
            let entered = entry.0 + emission;
            let stayed = here.score + STAY * emission;
            if stayed > entered {
                paths[state] = Path { score: stayed, own: here.own + STAY * emission };
            } else {
                if state > 0 {
                    let from = state - entry.1;
                    collected[state] = collected[from];
                    if entry.1 == 2 {
                        collected[state][index - 1] = paths[from].own;
                    }
                }
                paths[state] = Path { score: entered, own: emission };
            }
        }
    }
    let last = states.checked_sub(1)?;
    let mut scores = *collected.get(last)?;
    *scores.get_mut(phones.len().checked_sub(1)?)? = paths.get(last)?.own;
    (paths.get(last)?.score > f32::NEG_INFINITY).then_some(PhoneScores { scores, phones: phones.len() })
}

/// How much better `rival` explains the stretch than a phrase of `phones` phones that scored `score` per phone there:
/// positive if it does. It may begin a little earlier than the phrase, and end by the latest frame.
pub(super) fn rival_margin(
    history: &History<'_>,
    rival: &[u8],
    (start, end): (u32, u32),
    phones: usize,
    score: f32,
) -> f32 {
    let mut tokens = [Token::default(); 2 * MAX_PHRASE_PHONES - 1];
    let Some(tokens) = tokens.get_mut(..search::states(rival.len())) else { return f32::NEG_INFINITY };
    search::clear(tokens);
    let half = start + (end - start) / 2;
    let mut best = f32::NEG_INFINITY;
    for number in start.saturating_sub(BEFORE)..history.count() {
        let Some(frame) = history.frame(number) else { continue };
        if let Some((found, began)) = search::advance(tokens, rival, &frame, number) {
            // It has to be about the same stretch.
            if began <= half && number >= half {
                best = best.max((found + EXPLAINED) * rival.len() as f32);
            }
        }
    }
    best - (score + EXPLAINED) * phones as f32
}

/// Frames of pause before `start`, up to `most`.
pub(super) fn pause_before(history: &History<'_>, start: u32, most: u32) -> u32 {
    let pause = (1..=most).take_while(|&back| {
        start
            .checked_sub(back)
            .and_then(|number| history.frame(number))
            .is_none_or(|frame| frame.activity() < ACTIVE)
    });
    pause.count() as u32
}

/// Frames of pause after `end` until now, up to `most`.
pub(super) fn pause_after(history: &History<'_>, end: u32, most: u32) -> u32 {
    let pause =
        (1..=most).take_while(|&on| history.frame(end + on).is_some_and(|frame| frame.activity() < ACTIVE));
    pause.count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spotter::phonetic::emission::{Emission, WIDTH};
    use std::vec::Vec;

    /// Frames in which the model is sure of a symbol each.
    fn frames(symbols: &[u8]) -> Vec<f32> {
        let emission = Emission::new();
        let mut state = Vec::new();
        for &symbol in symbols {
            let mut log_posteriors = [-9.0f32; 39];
            log_posteriors[usize::from(symbol)] = -0.001;
            let mut frame = [0.0; WIDTH];
            emission.frame(&log_posteriors, &mut frame);
            state.extend(frame);
        }
        state
    }

    /// The second look adds up to what the search found: phone by phone, and blanks that cost next to nothing.
    #[test]
    fn the_scores_of_phones_add_up_to_what_the_search_found() {
        // Said without a fault, with one phone taken for another, with one left out.
        let phones = [20u8, 3, 30, 11];
        for symbols in [
            &[0u8, 0, 20, 20, 0, 3, 0, 30, 0, 11, 0, 0][..],
            &[0, 0, 20, 0, 10, 0, 0, 30, 30, 11, 0, 0],
            &[0, 0, 20, 0, 0, 0, 30, 0, 11, 11, 0, 0],
        ] {
            let state = frames(symbols);
            let history = History::new(&state, symbols.len() as u32);
            let mut tokens = [Token::default(); 7];
            search::clear(&mut tokens);
            let found = (0..symbols.len() as u32)
                .filter_map(|now| {
                    let frame = history.frame(now)?;
                    search::advance(&mut tokens, &phones, &frame, now)
                        .map(|(ratio, start)| (ratio, start, now))
                })
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let (ratio, start, end) = found.unwrap();
            let scores = phone_scores(&history, &phones, start, end).unwrap();
            let sum: f32 = scores.scores[..4].iter().sum();
            assert!((sum - 4.0 * ratio).abs() < 0.1, "{sum} of the phones, {} of the search", 4.0 * ratio);
        }
    }

    #[test]
    fn the_wrong_phone_is_the_worst() {
        let state = frames(&[0, 0, 20, 0, 30, 0, 30, 0, 11, 0, 0]);
        let history = History::new(&state, 11);
        let scores = phone_scores(&history, &[20, 3, 30, 11], 2, 8).unwrap();
        let (worst, at, second) = scores.worst();
        assert_eq!(at, 1);
        assert!(worst < -3.0 && second > -0.5, "{scores:?}");
    }

    /// "computers" is not "computer": what follows is in no way the phrase's.
    #[test]
    fn a_longer_word_explains_what_a_shorter_one_leaves_over() {
        let margin = |symbols: &[u8]| {
            let state = frames(symbols);
            let history = History::new(&state, symbols.len() as u32);
            rival_margin(&history, &[20, 3, 30, 11, 37], (2, 11), 4, 0.0)
        };
        assert!(margin(&[0, 0, 20, 0, 0, 3, 0, 0, 30, 0, 0, 11, 0, 37, 0]) > 0.5);
        assert!(margin(&[0, 0, 20, 0, 0, 3, 0, 0, 30, 0, 0, 11, 0, 0, 0]) < -0.5);
    }

    #[test]
    fn pauses_are_counted_on_both_sides() {
        let state = frames(&[9, 0, 0, 0, 20, 0, 11, 0, 0, 9]);
        let history = History::new(&state, 10);
        assert_eq!((pause_before(&history, 4, 12), pause_after(&history, 6, 6)), (3, 2));
        assert_eq!(pause_before(&history, 4, 2), 2);
    }
}
