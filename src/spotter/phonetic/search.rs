//! Token passing: where could a phrase be ending now? A Viterbi search over the pronunciation's phones, with blank
//! between them, that may begin at any frame.

use super::emission::Frame;

/// Cost of staying in a phone, as a share of entering it: a phone's frames are not independent.
pub(super) const STAY: f32 = 0.3;
/// Longest and shortest phrase, frames of 20 ms per phone.
pub(super) const MAX_FRAMES_PER_PHONE: usize = 7;
pub(super) const MIN_FRAMES_PER_PHONE: usize = 2;

/// A path so far: its summed log likelihood ratio, and the frame that it began at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Token {
    score: f32,
    start: u32,
}

const NONE: Token = Token { score: f32::NEG_INFINITY, start: 0 };

/// States of a pronunciation: its phones, and what is between them.
pub(super) const fn states(phones: usize) -> usize {
    2 * phones - 1
}

/// No path yet.
pub(super) fn clear(tokens: &mut [Token]) {
    tokens.fill(NONE);
}

/// Takes frame number `now`. The score per phone, and the first frame, of the best path that ends with the last phone
/// at this frame.
pub(super) fn advance(tokens: &mut [Token], phones: &[u8], frame: &Frame, now: u32) -> Option<(f32, u32)> {
    let longest = (MAX_FRAMES_PER_PHONE * phones.len()) as u32;
    // From the last state to the first, so that what is read is still of the frame before.
    for state in (0..tokens.len()).rev() {
        let index = state / 2;
        let here = tokens.get(state).copied()?;
        let before =
            |back: usize| state.checked_sub(back).and_then(|at| tokens.get(at)).copied().unwrap_or(NONE);
        let phone = *phones.get(index)?;
        let token = if state % 2 == 1 {
            let best = better(here, before(1));
            Token { score: best.score + frame.log_blank(), ..best }
        } else {
            let emission = frame.log_ratio(phone);
            let mut entry = if state == 0 { Token { score: 0.0, start: now } } else { before(1) };
            // Two equal phones need a blank between them: CTC would merge them.
            if index > 0 && phones.get(index - 1) != Some(&phone) {
                entry = better(entry, before(2));
            }
            let entered = Token { score: entry.score + emission, ..entry };
            better(entered, Token { score: here.score + STAY * emission, ..here })
        };
        let late = now.wrapping_sub(token.start) > longest;
        *tokens.get_mut(state)? = if late { NONE } else { token };
    }
    let end = *tokens.last()?;
    let frames = now.wrapping_sub(end.start) as usize + 1;
    let long_enough = frames >= MIN_FRAMES_PER_PHONE * phones.len();
    (end.score > f32::NEG_INFINITY && long_enough).then(|| (end.score / phones.len() as f32, end.start))
}

fn better(a: Token, b: Token) -> Token {
    if b.score > a.score { b } else { a }
}
