//! From the frames of a VAD to the facts about the talk around some words.

use super::facts::Surroundings;
use crate::audio::{SAMPLE_RATE_HZ, SampleIndex, SampleSpan};
use crate::vad::{MAX_TALK_WINDOW_S, SpeechEdge, VadFrame};

/// Levels are remembered for pieces of so many samples: 100 ms.
const PIECE: u64 = 1600;
const PIECES: usize = MAX_TALK_WINDOW_S as usize * 10;
/// No speech in the piece.
const NONE: i8 = i8::MIN;
/// Speech so far below the loudest of some words is not by whoever said them, or is a noise that the VAD took for speech:
/// dishes, a television in the next room. The syllables of one who talks on lie within that of each other.
const FAINTER_DB: i8 = 9;
/// Talk is one stretch across pauses that are shorter: 200 ms.
const BREAK: u64 = 2;
/// What lies between syllables that are no further apart counts as talk: 300 ms, a VAD's hangover.
const SYLLABLES: u64 = 3;

/// Remembers how loud speech was in the last minute, and tells of some words how quiet it was before them and how much
/// talk as loud as they are there was.
///
/// 600 bytes and a few; nothing of it can be made to sound again.
#[derive(Clone, Debug)]
pub struct TalkMeter {
    talk_window_samples: u32,
    /// The loudest frame of speech in each piece, dB below full scale.
    levels: [i8; PIECES],
    /// The first piece that was listened to, and the latest.
    heard: Option<(u64, u64)>,
    now: SampleIndex,
    /// The latest onset and end of speech.
    onset: SampleIndex,
    ended: Option<SampleIndex>,
}

impl TalkMeter {
    /// Counts talk over the last `talk_window_s` seconds, [`MAX_TALK_WINDOW_S`] at most.
    pub fn new(talk_window_s: u32) -> Self {
        TalkMeter {
            talk_window_samples: talk_window_s.min(MAX_TALK_WINDOW_S) * SAMPLE_RATE_HZ,
            levels: [NONE; PIECES],
            heard: None,
            now: SampleIndex(0),
            onset: SampleIndex(0),
            ended: None,
        }
    }

    /// Over how many last samples talk is counted.
    pub fn window_samples(&self) -> u32 {
        self.talk_window_samples
    }

    /// Takes in what the VAD said about the frame that ends at `now`.
    pub fn process(&mut self, vad: &VadFrame, now: SampleIndex) {
        self.now = now;
        let piece = now.0.saturating_sub(1) / PIECE;
        let (first, latest) = self.heard.unwrap_or((piece, piece));
        for skipped in latest.saturating_add(1).max(piece.saturating_sub(PIECES as u64))..=piece {
            self.set(skipped, NONE);
        }
        self.heard = Some((first, piece));
        if vad.speech {
            self.set(piece, self.level(piece).max(vad.level_db.clamp(-120.0, 0.0) as i8));
        }
        match vad.edge {
            Some(SpeechEdge::Onset(start)) => (self.onset, self.ended) = (start, None),
            Some(SpeechEdge::End(end)) => self.ended = Some(end),
            None => {}
        }
    }

    fn set(&mut self, piece: u64, level: i8) {
        if let Some(place) = self.levels.get_mut((piece % PIECES as u64) as usize) {
            *place = level;
        }
    }

    fn level(&self, piece: u64) -> i8 {
        self.levels.get((piece % PIECES as u64) as usize).copied().unwrap_or(NONE)
    }

    /// The facts about `words`, which lie in what was heard. Other voices, playback and the voice are taken to be absent:
    /// set them where they are known. [`Surroundings::unknown`] before anything was heard.
    ///
    /// The stretch is the one in which the words end; it may begin later than they are said to. Speech counts that is as
    /// loud as the words, to 9 dB. Times are to 100 ms, quiet is rounded down.
    pub fn surroundings(&self, words: SampleSpan) -> Surroundings {
        let Some((first, latest)) = self.heard else { return Surroundings::unknown() };
        let oldest = first.max((latest + 1).saturating_sub(PIECES as u64));
        // Not `clamp`, which panics where there is no such range.
        let within = |at: SampleIndex| (at.0 / PIECE).max(oldest).min(latest);
        let (begin, end) = (within(words.start), within(words.end.before(1)));
        let loudest = (begin..=end).map(|piece| self.level(piece)).max().unwrap_or(NONE);
        let least = if loudest == NONE { NONE + 1 } else { loudest.saturating_sub(FAINTER_DB).max(NONE + 1) };
        let loud = |piece: &u64| self.level(*piece) >= least;

        // From the last of the words back: where a spotter says that they begin is the less certain.
        let (mut start, mut quiet) = ((begin..=end).rev().find(loud).unwrap_or(begin), 0);
        for piece in (oldest..start).rev() {
            if !loud(&piece) {
                quiet += 1;
            } else if quiet >= BREAK {
                break;
            } else {
                (start, quiet) = (piece, 0);
            }
        }
        let (mut last, mut silent) = (end, 0);
        for piece in end + 1..=latest {
            (last, silent) = if loud(&piece) { (piece, 0) } else { (last, silent + 1) };
            if silent >= BREAK {
                break;
            }
        }
        let from = (latest + 1).saturating_sub(u64::from(self.talk_window_samples) / PIECE).max(oldest);
        let (mut talk, mut before) = (0, None);
        for piece in (from..=latest).filter(loud) {
            let apart = before.map_or(1, |before| piece - before);
            talk += if apart <= SYLLABLES { apart } else { 1 };
            before = Some(piece);
        }
        // The VAD knows to the sample where speech begins and ends, as long as no noise is taken for it.
        let onset = if self.onset < words.end { self.onset } else { SampleIndex(0) };
        let ended = self.ended.filter(|ended| *ended >= words.end).unwrap_or(self.now);
        Surroundings {
            stretch: SampleSpan {
                start: SampleIndex(start * PIECE).max(onset),
                end: SampleIndex((last + 1) * PIECE).min(ended).max(words.end),
            },
            quiet_samples: quiet * PIECE,
            talk_samples: (talk * PIECE) as u32,
            talk_window_samples: self.talk_window_samples,
            others: 0.0,
            playing: false,
            in_playback: 0.0,
            voice: None,
        }
    }

    /// As new.
    pub fn reset(&mut self) {
        *self = TalkMeter { talk_window_samples: self.talk_window_samples, ..TalkMeter::new(0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec;

    /// A meter that hears 100 ms of each level, `None` being no speech.
    fn meter(levels: &[Option<f32>]) -> TalkMeter {
        let mut meter = TalkMeter::new(10);
        let (mut now, mut speech) = (0, false);
        for level in levels {
            for _ in 0..10 {
                let edge = match (speech, level.is_some()) {
                    (false, true) => Some(SpeechEdge::Onset(SampleIndex(now))),
                    (true, false) => Some(SpeechEdge::End(SampleIndex(now))),
                    _ => None,
                };
                speech = level.is_some();
                now += 160;
                let level_db = level.unwrap_or(-70.0);
                let vad = VadFrame { speech, level_db, edge, ..VadFrame::default() };
                meter.process(&vad, SampleIndex(now));
            }
        }
        meter
    }

    fn span(start: u64, end: u64) -> SampleSpan {
        SampleSpan { start: SampleIndex(start * PIECE), end: SampleIndex(end * PIECE) }
    }

    #[test]
    fn quiet_and_talk_around_words() {
        let (some, none) = (Some(-20.0), None);
        let heard = meter(&[some, some, none, none, none, some, some, none, some, none, none, none]);
        let facts = heard.surroundings(span(5, 7));
        assert_eq!(facts.stretch, span(5, 9), "one stretch across a short pause");
        assert_eq!((facts.quiet_samples, facts.talk_samples), (3 * 1600, 6 * 1600));
        assert_eq!(heard.surroundings(span(8, 9)).stretch, span(8, 9), "the VAD's onset is exact");
        let early = heard.surroundings(span(3, 7));
        assert_eq!(
            (early.stretch, early.quiet_samples),
            (span(5, 9), 3 * 1600),
            "words said to begin too early"
        );
        assert_eq!(TalkMeter::new(10).surroundings(span(0, 1)), Surroundings::unknown());
    }

    #[test]
    fn what_is_much_fainter_is_somebody_elses_or_a_noise() {
        let (loud, faint, near) = (Some(-20.0), Some(-32.0), Some(-26.0));
        let noisy = meter(&[faint, faint, faint, faint, loud, loud, faint, faint, faint]);
        let facts = noisy.surroundings(span(4, 6));
        assert_eq!(
            (facts.stretch, facts.quiet_samples, facts.talk_samples),
            (span(4, 6), 4 * 1600, 2 * 1600)
        );
        // The faint one's own words are in the middle of talk.
        let facts = noisy.surroundings(span(2, 4));
        assert_eq!((facts.stretch, facts.quiet_samples, facts.talk_samples), (span(0, 9), 0, 9 * 1600));
        // One who talks on isn't lifted out of it.
        let talk = meter(&[near, near, near, near, loud, loud, near, near]);
        let facts = talk.surroundings(span(4, 6));
        assert_eq!((facts.stretch, facts.quiet_samples, facts.talk_samples), (span(0, 8), 0, 8 * 1600));
    }

    #[test]
    fn a_minute_and_a_reset() {
        let mut levels = vec![Some(-20.0); 10];
        levels.extend(vec![None; 700]);
        levels.push(Some(-20.0));
        let mut heard = meter(&levels);
        let facts = heard.surroundings(span(710, 711));
        assert_eq!((facts.quiet_samples, facts.talk_samples), (599 * 1600, 1600));
        heard.reset();
        assert_eq!(heard.surroundings(span(710, 711)), Surroundings::unknown());
        assert_eq!(heard.window_samples(), 160_000);
    }

    proptest! {
        #[test]
        fn never_out_of_range(
            levels in prop::collection::vec(prop::option::of(-130f32..10.0), 0..900), start in 0u64..1_000, long in 0u64..50,
        ) {
            let heard = meter(&levels);
            let words = span(start, start + long);
            let facts = heard.surroundings(words);
            prop_assert!(facts.stretch.end >= words.end);
            if !levels.is_empty() {
                prop_assert!(facts.quiet_samples <= 600 * 1600);
                prop_assert!(facts.talk_samples <= 160_000);
            }
        }
    }
}
