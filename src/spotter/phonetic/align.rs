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
