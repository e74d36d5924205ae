//! Finding phrases in posteriors: search, and a second look at what was found.

use super::PhoneticEvidence;
use super::align::{pause_after, pause_before, phone_scores, rival_margin};
use super::emission::{Emission, WIDTH};
use super::history::History;
use super::phrase::{MAX_PHRASES, Phrase, PhraseSet};
use super::score::{Measures, PAUSE_AFTER, PAUSE_BEFORE};
use super::search::{self, MAX_FRAMES_PER_PHONE, Token};
use crate::error::ConfigError;
use crate::lexicon::Phone;
use crate::storage::Storage;

/// Least log likelihood ratio per phone that is looked at again, unless the finder is told another.
const CANDIDATE: f32 = -2.2;
/// Frames of posteriors before the first that may belong to a phrase: 0.2 s, in which the network has heard too little.
const WARM_UP: u32 = 10;

/// A phrase that may just have been said.
#[derive(Clone, Copy, Debug, Default)]
struct Candidate {
    /// Log likelihood ratio per phone.
    ratio: f32,
    start: u32,
    end: u32,
    pronunciation: u16,
    live: bool,
}

/// A phrase that was looked at again.
#[derive(Clone, Copy, Debug)]
pub(in crate::spotter) struct Found {
    pub(super) phrase: usize,
    /// First and last frame.
    pub(in crate::spotter) start: u32,
    pub(in crate::spotter) end: u32,
    /// Evidence as one number, before it is made comparable between phrases.
    #[cfg(feature = "alloc")]
    pub(super) value: f32,
    /// 0 to 1, comparable.
    pub(super) score: f32,
    pub(in crate::spotter) evidence: PhoneticEvidence,
}

/// Finds phrases in a stream of posteriors.
#[derive(Debug)]
pub(in crate::spotter) struct Finder<'a> {
    phrases: PhraseSet<'a>,
    emission: Emission,
    tokens: Storage<'a, Token>,
    history: Storage<'a, f32>,
    candidates: [Candidate; MAX_PHRASES],
    /// Least log likelihood ratio per phone that is looked at again.
    least: f32,
    /// Frames so far.
    count: u32,
}

impl<'a> Finder<'a> {
    pub(in crate::spotter) fn new(
        phrases: PhraseSet<'a>,
        tokens: Storage<'a, Token>,
        history: Storage<'a, f32>,
    ) -> Result<Self, ConfigError> {
        for (buffer, expected, actual) in [
            ("phonetic spotter tokens", required_tokens(&phrases), tokens.len()),
            ("phonetic spotter history", required_history(&phrases), history.len()),
        ] {
            if actual < expected {
                return Err(ConfigError::BufferTooSmall { buffer, expected, actual });
            }
        }
        let candidates = [Candidate::default(); MAX_PHRASES];
        let emission = Emission::new();
        let mut finder =
            Finder { phrases, emission, tokens, history, candidates, least: CANDIDATE, count: 0 };
        finder.reset();
        Ok(finder)
    }

    /// Looks again at whatever has at least this log likelihood ratio per phone.
    pub(in crate::spotter) fn with_least(self, least: f32) -> Self {
        Finder { least, ..self }
    }

    pub(in crate::spotter) fn phrases(&self) -> &PhraseSet<'a> {
        &self.phrases
    }

    /// Takes a frame of posteriors.
    pub(in crate::spotter) fn take(&mut self, log_posteriors: &[f32]) {
        let ring = self.history.as_chunks_mut::<WIDTH>().0;
        let capacity = ring.len().max(1) as u32;
        if let Some(place) = ring.get_mut((self.count % capacity) as usize) {
            self.emission.frame(log_posteriors, place);
        }
        let now = self.count;
        self.count += 1;
        let history = History::new(&self.history, self.count);
        let Some(frame) = history.frame(now) else { return };
        let mut tokens = &mut self.tokens[..];
        for (phrase, candidate) in self.phrases.iter().zip(&mut self.candidates) {
            for (index, phones) in phrase.pronunciations().enumerate() {
                let Some((own, rest)) = tokens.split_at_mut_checked(search::states(phones.len())) else {
                    return;
                };
                tokens = rest;
                let Some((ratio, start)) = search::advance(own, phones, &frame, now) else { continue };
                if ratio < self.least || start < WARM_UP {
                    continue;
                }
                if !candidate.live || ratio > candidate.ratio {
                    let pronunciation = index as u16;
                    *candidate = Candidate { ratio, start, end: now, pronunciation, live: true };
                }
            }
        }
    }

    /// Tells candidates that nothing better followed for long enough.
    pub(in crate::spotter) fn settle(&mut self, mut tell: impl FnMut(&Phrase<'_>, Found)) {
        let history = History::new(&self.history, self.count);
        for (index, (phrase, candidate)) in self.phrases.iter().zip(&mut self.candidates).enumerate() {
            if !candidate.live || self.count <= candidate.end + PAUSE_AFTER {
                continue;
            }
            candidate.live = false;
            if let Some(found) = examine(&history, index, &phrase, candidate) {
                tell(&phrase, found);
            }
        }
    }

    /// Whatever may just have been said was not.
    pub(super) fn forget(&mut self) {
        self.candidates.fill(Candidate::default());
    }

    pub(in crate::spotter) fn reset(&mut self) {
        self.history.fill(0.0);
        search::clear(&mut self.tokens);
        self.forget();
        self.count = 0;
    }
}

/// Elements of `tokens` that `phrases` need.
pub(in crate::spotter) fn required_tokens(phrases: &PhraseSet<'_>) -> usize {
    phrases.iter().flat_map(|phrase| phrase.pronunciations().map(|phones| search::states(phones.len()))).sum()
}

/// Elements of `history` that `phrases` need: the longest phrase, and what is looked at around it.
pub(in crate::spotter) fn required_history(phrases: &PhraseSet<'_>) -> usize {
    let frames = MAX_FRAMES_PER_PHONE * phrases.longest() + (PAUSE_BEFORE + 3 * PAUSE_AFTER + 8) as usize;
    WIDTH * frames
}

/// Looks again at the stretch of a candidate.
fn examine(history: &History<'_>, index: usize, phrase: &Phrase<'_>, candidate: &Candidate) -> Option<Found> {
    let phones = phrase.pronunciations().nth(candidate.pronunciation.into())?;
    let Candidate { ratio, start, end, .. } = *candidate;
    let (worst, at, second) = phone_scores(history, phones, start, end)?.worst();
    let (mut rival, mut margin) = (None, f32::NEG_INFINITY);
    for (number, sounds) in phrase.rivals().enumerate() {
        let found = rival_margin(history, sounds, (start, end), phones.len(), ratio);
        if found > margin {
            (rival, margin) = (Some(number as u16), found);
        }
    }
    let measures = Measures {
        ratio,
        pause_before: pause_before(history, start, PAUSE_BEFORE),
        pause_after: pause_after(history, end, PAUSE_AFTER),
        rival: margin,
    };
    let worst_phone = phones.get(usize::from(at)).and_then(|&phone| Phone::new(phone))?;
    let evidence = PhoneticEvidence {
        ratio,
        phones: phones.len() as u16,
        worst,
        worst_phone,
        second_worst: second,
        pause_before_ms: (measures.pause_before * 20) as u16,
        pause_after_ms: (measures.pause_after * 20) as u16,
        rival,
        rival_margin: margin,
    };
    let value = measures.evidence();
    Some(Found {
        phrase: index,
        start,
        end,
        #[cfg(feature = "alloc")]
        value,
        score: phrase.calibration().score(value),
        evidence,
    })
}
