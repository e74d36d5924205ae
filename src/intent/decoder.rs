//! Token passing over the posteriors of a CTC model: the best ways through a grammar, as the frames come.
//!
//! A path is a place in the grammar and a score. In each frame it stays in its phone, goes on to the pause behind it
//! (blank), or to a next phone; a phone that follows itself needs a pause between (Graves et al. 2006). Between words a
//! path is in a state of the grammar, where silence costs nothing, and sound that is no word (a cough, an "uh", a word
//! that the grammar doesn't know) costs per frame. Paths that meet at a place go on as the better of them (Viterbi), and
//! those that fall behind the best by more than the beam are given up. Scores are relative to the free run of phones
//! over the same frames, the best of each frame: so a score is a logarithm of a likelihood ratio, and 0 is perfect.
//!
//! Beside the values of a list goes a shadow that says any phones in their place. It leads nowhere and moves no beam, so
//! that what is decoded is the same without it; how far a value is ahead of it tells whether the value was said at all. The
//! words before the shadow are its own best ones: the value's may have been bent over what it leaves unexplained.
//!
//! Young, Russell, Thornton: *Token passing: a simple conceptual model for connected speech recognition systems*, 1989.

use super::acoustics::{Acoustics, AcousticsConfig, Scores};
use super::history::{History, Record};
use super::image::{GrammarImage, ListImage, NodeRecord, Span};
use super::tokens::{ANY, BETWEEN, Index, NEVER, NONE, OWN, Path, Set, Token, index_len};
use crate::confusions::Confusions;
use crate::error::ConfigError;
use crate::lexicon::Phone;
use crate::storage::Storage;
use zeroize::Zeroize;

/// How a decoder searches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecoderConfig {
    /// How posteriors are read.
    pub acoustics: AcousticsConfig,
    /// Paths are given up that score less than the best by more than this, nats, 1 … 100.
    pub beam_nats: f32,
    /// Cost of a frame of sound that is no word of the grammar, nats, 0 … 20.
    pub filler_nats: f32,
    /// The same before the first word, and where a sentence may be over, nats, 0 … 20.
    pub edge_nats: f32,
    /// Cost of a word or value, nats, −20 … 20: what keeps short words from being heard everywhere.
    pub word_nats: f32,
    /// Cost of each phone of what stands in the place of a value and is none of its list, nats, 0 … 20. Nothing is ever
    /// decoded as that, but [`Item::ahead`] tells by how much. 0: it isn't looked for.
    pub unlisted_nats: f32,
    /// Frames a second that the acoustic model gives, 1 … 1000.
    pub frames_per_s: u32,
}

impl Default for DecoderConfig {
    fn default() -> Self {
        DecoderConfig {
            acoustics: AcousticsConfig::default(),
            beam_nats: 10.0,
            filler_nats: 4.0,
            edge_nats: 2.0,
            word_nats: 2.0,
            unlisted_nats: 1.5,
            frames_per_s: 50,
        }
    }
}

/// The memory of a decoder.
#[derive(Debug)]
pub struct DecoderMemory<'a> {
    /// Paths at a time, for one frame and for the next.
    pub tokens: [Storage<'a, Token>; 2],
    /// Where tokens are found: [`DecoderMemory::index_len`] of the tokens of a frame.
    pub index: Storage<'a, [u32; 2]>,
    /// Words that ended. What no path needs any more is swept out when it is full.
    pub history: Storage<'a, Record>,
    /// Scores of the latest frames, [`Phone::SYMBOLS`] each, for a second look at slots.
    pub frames: Storage<'a, f32>,
    /// The best symbol of each frame of a command, for how sure it is; a command that is longer is judged by its beginning.
    pub best: Storage<'a, u8>,
}

impl DecoderMemory<'_> {
    /// Elements of `index` for `tokens` tokens.
    pub fn index_len(tokens: usize) -> usize {
        index_len(tokens)
    }
}

#[cfg(feature = "alloc")]
impl DecoderMemory<'static> {
    /// From the heap: room for `paths` paths at a time and for `frames` frames of a command.
    pub fn owned(paths: usize, frames: usize) -> Self {
        DecoderMemory {
            tokens: [Storage::owned(paths), Storage::owned(paths)],
            index: Storage::owned(DecoderMemory::index_len(paths)),
            history: Storage::owned(4 * paths),
            frames: Storage::owned(frames * Phone::SYMBOLS),
            best: Storage::owned(frames),
        }
    }
}

/// A way through the grammar that may end where it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hypothesis {
    /// The meaning that it ends in: [`GrammarImage::intent`].
    pub meaning: u32,
    /// Logarithm of its likelihood against the free run of phones, less the costs: 0 or less.
    pub score: f32,
    /// Its last word.
    record: u32,
}

/// A word or value on a path.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Item {
    /// `None`: a word. Otherwise the number of the list.
    pub list: Option<u32>,
    /// The word's number, or the value's in the list.
    pub what: u32,
    /// The slot that holds it.
    pub slot: Option<u32>,
    /// Frame of its first phone, counted from the start or the last reset.
    pub first_frame: u32,
    /// Frame of its last phone.
    pub last_frame: u32,
    /// Score of the path when this ended.
    pub score: f32,
    /// Score of the path before this began: the difference is what it scored itself, its cost included.
    pub entered: f32,
    /// By how much that is ahead of the best path on which something that is not in the list stood in this place: any
    /// phones whatever, at [`DecoderConfig::unlisted_nats`] each, perhaps behind other words. From −128 nats to
    /// [`DecoderConfig::beam_nats`]; 0 for a word.
    pub ahead: f32,
}

/// Decodes one command at a time.
#[derive(Debug)]
pub struct Decoder<'a> {
    grammar: GrammarImage<'a>,
    lists: Storage<'a, ListImage<'a>>,
    config: DecoderConfig,
    acoustics: Acoustics<'a>,
    now: Set<'a>,
    next: Set<'a>,
    index: Index<'a>,
    history: History<'a>,
    frames: Storage<'a, f32>,
    best: Storage<'a, u8>,
    /// The best symbol of the latest frame, and what its sound costs where it may be any.
    latest: (u8, f32),
    frame: u32,
}

impl<'a> Decoder<'a> {
    /// A decoder of `grammar`, the slots of which take their values from `lists`, in the order of
    /// [`GrammarImage::lists`].
    ///
    /// # Errors
    /// [`ConfigError`] of a field out of range, of a wrong number of lists, or of too little memory.
    pub fn new(
        config: DecoderConfig,
        grammar: GrammarImage<'a>,
        lists: Storage<'a, ListImage<'a>>,
        memory: DecoderMemory<'a>,
    ) -> Result<Self, ConfigError> {
        ConfigError::check("beam_nats", f64::from(config.beam_nats), 1.0, 100.0)?;
        ConfigError::check("filler_nats", f64::from(config.filler_nats), 0.0, 20.0)?;
        ConfigError::check("edge_nats", f64::from(config.edge_nats), 0.0, 20.0)?;
        ConfigError::check("word_nats", f64::from(config.word_nats), -20.0, 20.0)?;
        ConfigError::check("unlisted_nats", f64::from(config.unlisted_nats), 0.0, 20.0)?;
        ConfigError::check("frames_per_s", f64::from(config.frames_per_s), 1.0, 1000.0)?;
        let expected = grammar.lists().len();
        if lists.len() != expected {
            return Err(ConfigError::Mismatch { what: "lists", expected, actual: lists.len() });
        }
        let small = |buffer, expected, actual| Err(ConfigError::BufferTooSmall { buffer, expected, actual });
        let DecoderMemory { tokens, index, history, frames, best } = memory;
        let paths = tokens[0].len().min(tokens[1].len());
        if paths < 16 {
            return small("tokens", 16, paths);
        }
        if index.len() < index_len(paths) || !index.len().is_power_of_two() {
            return small("index", index_len(paths), index.len());
        }
        if history.len() < 64 {
            return small("history", 64, history.len());
        }
        let [now, next] = tokens.map(|tokens| Set::new(tokens, config.beam_nats));
        let mut decoder = Decoder {
            grammar,
            lists,
            config,
            acoustics: Acoustics::new(config.acoustics)?,
            now,
            next,
            index: Index::new(index),
            history: History::new(history),
            frames,
            best,
            latest: (0, 0.0),
            frame: 0,
        };
        decoder.reset();
        Ok(decoder)
    }

    /// Reads posteriors with the confusions of the model that they are from.
    #[cfg(feature = "alloc")]
    pub fn with_confusions(mut self, confusions: Confusions) -> Self {
        self.acoustics.own_confusions(confusions);
        self
    }

    /// As [`Decoder::with_confusions`], with a table that lies elsewhere.
    pub fn with_confusions_lent(mut self, confusions: &'a Confusions) -> Self {
        self.acoustics.lend_confusions(confusions);
        self
    }

    /// The grammar.
    pub fn grammar(&self) -> &GrammarImage<'a> {
        &self.grammar
    }

    /// The list of number `list`.
    pub fn list(&self, list: u32) -> Option<&ListImage<'a>> {
        self.lists.get(list as usize)
    }

    /// Takes another list in the place of number `list`, and starts anew.
    ///
    /// # Errors
    /// [`ConfigError::Mismatch`] if the grammar has no list of that number.
    pub fn set_list(&mut self, list: u32, image: ListImage<'a>) -> Result<(), ConfigError> {
        let expected = self.lists.len();
        let actual = list as usize;
        let wrong = ConfigError::Mismatch { what: "number of a list", expected, actual };
        *self.lists.get_mut(actual).ok_or(wrong)? = image;
        self.reset();
        Ok(())
    }

    /// As new: the next frame is frame 0 of another command.
    pub fn reset(&mut self) {
        self.now.clear();
        self.next.clear();
        self.index.clear();
        self.history.clear();
        self.frame = 0;
        self.latest = (0, 0.0);
        let start = Path { score: 0.0, history: NONE, start: 0, entered: 0.0 };
        self.index.pause(&mut self.now, BETWEEN, 0, start);
    }

    /// As [`Decoder::reset`], and nothing is left in memory of what was heard.
    pub fn wipe(&mut self) {
        self.now.wipe();
        self.next.wipe();
        self.index.wipe();
        self.history.wipe();
        self.frames.zeroize();
        self.best.zeroize();
        self.reset();
    }

    /// Frames taken in since the last reset.
    pub fn frames(&self) -> u32 {
        self.frame
    }

    /// How it searches.
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// Scores of frames of the present command, [`Phone::SYMBOLS`] each, if they are remembered.
    pub(super) fn scores(&self, frames: core::ops::Range<u32>) -> Option<&[f32]> {
        let end = (frames.end.min(self.frame) as usize).checked_mul(Phone::SYMBOLS)?;
        self.frames.get(frames.start as usize * Phone::SYMBOLS..end)
    }

    /// Paths that are followed.
    pub fn paths(&self) -> usize {
        self.now.as_slice().len()
    }

    /// Takes the posteriors of the next frame: natural logarithms, [`Phone::SYMBOLS`] of them, blank first. `speech`:
    /// whether somebody speaks in it; where nobody does, sound between words costs nothing.
    ///
    /// # Real time
    /// No allocation. The work grows with the number of paths within the beam, which the memory bounds.
    pub fn process(&mut self, log_posteriors: &[f32], speech: bool) {
        let scores = self.acoustics.scores(log_posteriors);
        let at = self.frame as usize * Phone::SYMBOLS;
        let best = best_of(scores.as_slice()) as u8;
        if let Some(place) = self.best.get_mut(self.frame as usize) {
            *place = best;
        }
        let begins = best != 0 && best != self.latest.0;
        self.latest = (best, if begins { self.config.unlisted_nats } else { 0.0 });
        if let Some(place) = self.frames.get_mut(at..).and_then(|rest| rest.get_mut(..Phone::SYMBOLS)) {
            place.copy_from_slice(&scores);
        }
        self.next.clear();
        self.index.clear();
        let threshold = self.now.best() - self.config.beam_nats;
        for n in 0..self.now.as_slice().len() {
            match self.now.get(n) {
                Some(token) if token.best() >= threshold => self.pass(&token, &scores, speech),
                _ => {}
            }
        }
        self.end_words();
        core::mem::swap(&mut self.now, &mut self.next);
        self.frame = self.frame.saturating_add(1);
    }

    /// Where a token may be in the next frame.
    fn pass(&mut self, token: &Token, scores: &Scores, speech: bool) {
        let silence = scores[0];
        if token.arc == BETWEEN {
            let state = self.grammar.state(token.node);
            let edge = token.pause.history == NONE || state.accept.is_some();
            let filler = match (speech, edge) {
                (false, _) => 0.0,
                (true, true) => self.config.edge_nats,
                (true, false) => self.config.filler_nats,
            };
            let stay = token.pause.plus(silence.max(-filler));
            self.index.pause(&mut self.next, BETWEEN, token.node, stay);
            let from = Path { start: self.frame, entered: token.pause.score, ..token.pause };
            self.enter(OWN, state.roots, from, scores);
            for arc in state.arcs.iter() {
                let list = self.grammar.arc(arc).list;
                let roots = self.lists.get(list as usize).map_or(Span::default(), ListImage::roots);
                self.enter(arc, roots, from, scores);
                if self.latest.1 > 0.0 {
                    self.index.shadow(&mut self.next, arc, from.plus(-self.latest.1));
                }
            }
            return;
        }
        if token.node == ANY {
            return self.index.shadow(&mut self.next, token.arc, token.phone.plus(-self.latest.1));
        }
        let node = self.node(token.arc, token.node);
        let phone = usize::from(node.phone);
        let stay = token.phone.plus(score(scores, phone));
        self.index.phone(&mut self.next, token.arc, token.node, stay);
        if node.children.count == 0 {
            return;
        }
        let either = token.phone.or(token.pause);
        self.index.pause(&mut self.next, token.arc, token.node, either.plus(silence));
        for child in node.children.iter() {
            let to = usize::from(self.node(token.arc, child).phone);
            let from = if to == phone { token.pause } else { either };
            self.index.phone(&mut self.next, token.arc, child, from.plus(score(scores, to)));
        }
    }

    fn enter(&mut self, arc: u32, roots: Span, from: Path, scores: &Scores) {
        for root in roots.iter() {
            let phone = usize::from(self.node(arc, root).phone);
            self.index.phone(&mut self.next, arc, root, from.plus(score(scores, phone)));
        }
    }

    fn node(&self, arc: u32, node: u32) -> NodeRecord {
        if arc == OWN {
            return self.grammar.node(node);
        }
        let none = NodeRecord { phone: 0, children: Span::default(), ends: Span::default() };
        let list = self.grammar.arc(arc).list;
        self.lists.get(list as usize).map_or(none, |list| list.node(node))
    }

    /// Words that may have ended in this frame lead to states.
    fn end_words(&mut self) {
        if self.history.nearly_full() {
            self.history.sweep([&mut self.now, &mut self.next]);
        }
        for n in 0..self.next.as_slice().len() {
            let Some(token) = self.next.get(n) else { break };
            if token.arc == BETWEEN || token.node == ANY || !self.next.wants(token.phone.score) {
                continue;
            }
            let ends = self.node(token.arc, token.node).ends;
            for end in ends.iter() {
                let (end, to) = if token.arc == OWN {
                    let end = self.grammar.end(end);
                    (end, end.to)
                } else {
                    let arc = self.grammar.arc(token.arc);
                    let Some(list) = self.lists.get(arc.list as usize) else { continue };
                    (list.end(end), arc.to)
                };
                let score = token.phone.score + end.log_weight - self.config.word_nats;
                let better = score > self.index.pause_score(&self.next, BETWEEN, to);
                if !better || !self.next.wants(score) {
                    continue;
                }
                let ahead = match token.arc {
                    OWN => 0.0,
                    arc => (score - self.index.phone_score(&self.next, arc, ANY)).min(self.config.beam_nats),
                };
                let record = Record {
                    before: token.phone.history,
                    arc: token.arc,
                    what: end.what,
                    end: self.frame,
                    length: u16::try_from(self.frame.saturating_sub(token.phone.start)).unwrap_or(u16::MAX),
                    // The cast saturates.
                    ahead: (256.0 * ahead) as i16,
                    score,
                    entered: token.phone.entered,
                    ..Record::default()
                };
                if let Some(history) = self.history.push(record) {
                    let path = Path { score, history, start: self.frame, entered: score };
                    self.index.pause(&mut self.next, BETWEEN, to, path);
                }
            }
        }
    }

    /// The best ways through the grammar that may end now, the best first, one for each state that ends something. As
    /// many as `out` has room for are put there; how many there are.
    pub fn hypotheses(&self, out: &mut [Hypothesis]) -> usize {
        let mut count = 0;
        for token in self.now.as_slice().iter().filter(|token| token.arc == BETWEEN) {
            let Some(meaning) = self.grammar.state(token.node).accept else { continue };
            let mut new = Hypothesis { meaning, score: token.pause.score, record: token.pause.history };
            // Insertion: what is better comes first, what falls off the end is lost.
            for place in out.iter_mut().take(count) {
                if new.score > place.score {
                    core::mem::swap(place, &mut new);
                }
            }
            if let Some(place) = out.get_mut(count) {
                *place = new;
                count += 1;
            }
        }
        count
    }

    /// The best way that may end now.
    pub fn best(&self) -> Option<Hypothesis> {
        let mut out = [Hypothesis { meaning: 0, score: NEVER, record: NONE }];
        (self.hypotheses(&mut out) > 0).then_some(out[0])
    }

    /// By how much the best way that may end now is ahead of the best path that may not, nats; `None` if there is none
    /// that may end.
    pub fn lead(&self) -> Option<f32> {
        let (mut complete, mut other) = (NEVER, NEVER);
        for token in self.now.as_slice().iter().filter(|token| token.node != ANY) {
            let accepts = token.arc == BETWEEN && self.grammar.state(token.node).accept.is_some();
            let best = if accepts { &mut complete } else { &mut other };
            *best = best.max(token.best());
        }
        (complete > NEVER).then_some(complete - other)
    }

    /// Phones that the free run of phones has in `frames`, or in as many of them as are remembered.
    pub fn free_phones(&self, frames: core::ops::Range<u32>) -> u32 {
        let known = self.best.len() as u32;
        let frames = frames.start.min(known) as usize..frames.end.min(known).min(self.frame) as usize;
        runs(self.best.get(frames).unwrap_or_default().iter().map(|best| usize::from(*best)))
    }

    /// Score of the best path of all, whether it may end or not.
    pub fn best_score(&self) -> f32 {
        self.now.best()
    }

    /// Words and values of a hypothesis of this very frame, in the order in which they were said. As many of the last
    /// ones as `out` has room for are put there; how many there are.
    pub fn items(&self, hypothesis: &Hypothesis, out: &mut [Item]) -> usize {
        let mut count = 0;
        let mut at = hypothesis.record;
        while let (Some(record), Some(place)) = (self.history.get(at), out.get_mut(count)) {
            let arc = (record.arc != OWN).then(|| self.grammar.arc(record.arc));
            *place = Item {
                list: arc.map(|arc| arc.list),
                what: record.what,
                slot: arc.and_then(|arc| arc.slot.checked_sub(1)),
                first_frame: record.end.saturating_sub(record.length.into()),
                last_frame: record.end,
                score: record.score,
                entered: record.entered,
                ahead: f32::from(record.ahead) / 256.0,
            };
            count += 1;
            at = record.before;
        }
        if let Some(used) = out.get_mut(..count) {
            used.reverse();
        }
        count
    }
}

/// Runs of a phone that is the best of its frame.
pub(super) fn free_phones(frames: &[f32]) -> u32 {
    runs(frames.as_chunks::<{ Phone::SYMBOLS }>().0.iter().map(|scores| best_of(scores)))
}

/// The best symbol of a frame, which scores 0.
fn best_of(scores: &[f32]) -> usize {
    scores.iter().position(|score| *score == 0.0).unwrap_or(0)
}

fn runs(best: impl Iterator<Item = usize>) -> u32 {
    let (mut count, mut latest) = (0, 0);
    for best in best {
        count += u32::from(best != 0 && best != latest);
        latest = best;
    }
    count
}

fn score(scores: &Scores, phone: usize) -> f32 {
    scores.get(phone).copied().unwrap_or(NEVER)
}
