//! What a score is worth: how often phrases in general reach it in audio that doesn't have them.
//!
//! Counted by `benches/typed_phrases` over many phrases and hours of `dev` and `train` recordings; how, and on what, is
//! in `benches/README.md`.

/// Phrases that were counted, and the hours of audio that each of them was looked for in.
const PHRASES: f32 = 48.0;
const HOURS: f32 = 8.0;
/// Scores, how often all phrases together reached them, and how often the phrase did that the fewest but a tenth of
/// the phrases exceeded.
const POINTS: [(f32, f32, f32); 2] = [(0.5, 1000.0, 20.0), (0.99, 10.0, 1.0)];

/// How often a typed phrase is accepted by mistake.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FalseAccepts {
    /// Mean over the phrases that were counted, events an hour.
    pub per_hour: f32,
    /// Nine phrases of ten stay below this, events an hour, by the one-sided 95 % bound of their count.
    pub at_most_per_hour: f32,
    /// Hours of audio, each with all phrases.
    pub hours: f32,
    /// Phrases that were looked for.
    pub phrases: u16,
}

/// What is expected of a phrase at `threshold`; `None` below the scores that were counted.
pub fn false_accepts(threshold: f32) -> Option<FalseAccepts> {
    // The step at or below the threshold, so that nothing is promised that was not counted.
    let (_, all, tenth) = POINTS.iter().rev().find(|(score, ..)| *score <= threshold)?;
    Some(FalseAccepts {
        per_hour: all / (PHRASES * HOURS),
        at_most_per_hour: tenth / HOURS,
        hours: HOURS,
        phrases: PHRASES as u16,
    })
}

/// The lowest score that phrases reach at most `per_hour` times an hour on average; `None` if no score that was
/// counted is reached so rarely.
pub fn threshold(per_hour: f32) -> Option<f32> {
    POINTS.iter().find(|(_, all, _)| all / (PHRASES * HOURS) <= per_hour).map(|(score, ..)| *score)
}
