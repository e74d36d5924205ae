//! A second look at a slot: how well every value of its list explains the frames that one of them was heard in.
//!
//! One column of dynamic programming for each phone of the list's tree, so that values share what they begin with. The
//! frames of the slot's own span count, and those of the pauses around it; what a value leaves over costs what sound
//! between words costs. The best value is then aligned with its frames, as what is not listed may agree with most of it.

use super::decoder::{Decoder, Item, free_phones};
use super::image::{ListImage, Span};
use super::tokens::NEVER;
use crate::error::ConfigError;
use crate::lexicon::Phone;
use crate::storage::Storage;
use zeroize::Zeroize;

/// Most phones of a value that are compared.
pub(super) const MAX_DEPTH: usize = 64;
/// Most frames that are compared.
const MAX_FRAMES: usize = 200;
/// So many frames of a pause beside a slot belong to it at most.
const MARGIN: u32 = 10;

/// A value that may have been said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Candidate {
    /// Its number in the list.
    pub value: u32,
    /// Logarithm of its likelihood against the free run of phones over the same frames: 0 or less.
    pub score: f32,
    /// Phones of the way in which it was said.
    pub phones: u32,
}

/// How the best value lies in its frames.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Alignment {
    /// Frames from its first phone to its end.
    pub frames: u32,
    /// Phones that the free run of phones has in the frames of each of its phones, together: about as many as it has
    /// itself if it is what was said.
    pub free_phones: u32,
    /// Score of the three phones in a row that were heard worst; of all, where there are fewer. A value of two words, one
    /// of which was said, has all of its misfit in one place.
    pub worst: f32,
    /// The most that phones in a row cost beyond what any phones would in their place, at
    /// [`DecoderConfig::unlisted_nats`](super::DecoderConfig::unlisted_nats) each: 0 or more, nats.
    pub misfit: f32,
}

/// What there was to explain.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stretch {
    /// Frames that values were compared over.
    pub frames: u32,
    /// Phones that the free run of phones has in them: what is said there, in whatever words.
    pub free_phones: u32,
    /// Values found.
    pub candidates: usize,
    /// Of the best of them.
    pub best: Alignment,
}

/// Compares the values of lists.
#[derive(Debug)]
pub struct Rescorer<'a> {
    columns: Storage<'a, f32>,
}

impl<'a> Rescorer<'a> {
    /// Memory that it needs: elements of f32.
    pub const REQUIRED: usize = 2 * (MAX_DEPTH + 1) * MAX_FRAMES;

    /// # Errors
    /// [`ConfigError::BufferTooSmall`] for less memory than [`Rescorer::REQUIRED`].
    pub fn new(columns: Storage<'a, f32>) -> Result<Self, ConfigError> {
        let (expected, actual) = (Self::REQUIRED, columns.len());
        match actual >= expected {
            true => Ok(Rescorer { columns }),
            false => Err(ConfigError::BufferTooSmall { buffer: "columns", expected, actual }),
        }
    }

    /// One that finds no value at all.
    pub(crate) fn none() -> Self {
        Rescorer { columns: Storage::Lent(&mut []) }
    }

    /// Nothing is left in memory of what was compared.
    pub(crate) fn wipe(&mut self) {
        self.columns.zeroize();
    }

    /// The values that explain best what was said at `items[index]`, the best first, in `out`, and what there was to
    /// explain. No values for a word, and for a command that is longer than the decoder remembers.
    ///
    /// # Real time
    /// No allocation. Phones of the list times frames of the slot: once for each slot of a command.
    pub fn candidates(
        &mut self,
        decoder: &Decoder<'_>,
        items: &[Item],
        index: usize,
        out: &mut [Candidate],
    ) -> Stretch {
        let none = Stretch::default();
        let Some(item) = items.get(index).filter(|_| !self.columns.is_empty()) else { return none };
        let Some(list) = item.list.and_then(|list| decoder.list(list)) else { return none };
        let before = index.checked_sub(1).and_then(|before| items.get(before));
        let first =
            before.map_or(0, |before| before.last_frame + 1).max(item.first_frame.saturating_sub(MARGIN));
        let after = items.get(index + 1).map_or(u32::MAX, |after| after.first_frame);
        let end = after.min(item.last_frame.saturating_add(1 + MARGIN)).max(first + 1);
        let Some(frames) = decoder.scores(first.min(item.first_frame)..end) else { return none };
        let filler = decoder.config().filler_nats;
        let chain = [0; MAX_DEPTH];
        let mut search = Search { columns: &mut self.columns, frames, filler, out, count: 0, chain };
        search.run(list);
        let best = search.alignment(decoder.config().unlisted_nats);
        let compared = (search.frame_count() * Phone::SYMBOLS).min(frames.len());
        Stretch {
            frames: (compared / Phone::SYMBOLS) as u32,
            free_phones: free_phones(frames.get(..compared).unwrap_or_default()),
            candidates: search.count,
            best,
        }
    }
}

pub(super) struct Search<'s> {
    columns: &'s mut [f32],
    /// [`Phone::SYMBOLS`] scores a frame.
    pub(super) frames: &'s [f32],
    filler: f32,
    out: &'s mut [Candidate],
    count: usize,
    /// Phones of the best.
    chain: [u8; MAX_DEPTH],
}

impl Search<'_> {
    /// Phones of the best value.
    pub(super) fn best(&self) -> &[u8] {
        let best = self.out.first().filter(|_| self.count > 0);
        best.and_then(|best| self.chain.get(..best.phones as usize)).unwrap_or_default()
    }

    pub(super) fn frame_count(&self) -> usize {
        (self.frames.len() / Phone::SYMBOLS).min(MAX_FRAMES)
    }

    fn score(&self, frame: usize, phone: usize) -> f32 {
        self.frames.get(frame * Phone::SYMBOLS + phone).copied().unwrap_or(NEVER)
    }

    /// A frame that is no part of the value.
    pub(super) fn outside(&self, frame: usize) -> f32 {
        self.score(frame, 0).max(-self.filler)
    }

    pub(super) fn at(&self, depth: usize, frame: usize, pause: bool) -> f32 {
        let at = (2 * depth + usize::from(pause)) * MAX_FRAMES + frame;
        self.columns.get(at).copied().unwrap_or(NEVER)
    }

    fn set(&mut self, depth: usize, frame: usize, pause: bool, score: f32) {
        let at = (2 * depth + usize::from(pause)) * MAX_FRAMES + frame;
        if let Some(place) = self.columns.get_mut(at) {
            *place = score;
        }
    }

    fn run(&mut self, list: &ListImage<'_>) {
        // Column 0: nothing of the value was said yet.
        let mut sum = 0.0;
        for frame in 0..self.frame_count() {
            // A value that begins in this frame has all before it outside.
            self.set(0, frame, false, NEVER);
            self.set(0, frame, true, sum);
            sum += self.outside(frame);
        }
        let mut open = [Span::default(); MAX_DEPTH + 1];
        let mut phones = [0usize; MAX_DEPTH + 1];
        open[0] = list.roots();
        let mut depth = 0;
        while let Some(span) = open.get_mut(depth) {
            if span.count == 0 {
                match depth.checked_sub(1) {
                    Some(up) => depth = up,
                    None => break,
                }
                continue;
            }
            let node = list.node(span.first);
            *span = Span { first: span.first + 1, count: span.count - 1 };
            let phone = usize::from(node.phone);
            let before = phones.get(depth).copied().unwrap_or_default();
            let ended = self.column(depth + 1, phone, before == phone);
            for end in node.ends.iter() {
                let end = list.end(end);
                let score = ended + end.log_weight;
                if self.out.first().is_none_or(|best| self.count == 0 || score > best.score) {
                    let spoken = phones.iter().skip(1).take(depth).chain([&phone]);
                    self.chain.iter_mut().zip(spoken).for_each(|(place, phone)| *place = *phone as u8);
                }
                self.offer(Candidate { value: end.what, score, phones: depth as u32 + 1 });
            }
            if depth + 1 < MAX_DEPTH
                && let (Some(place), Some(children)) = (phones.get_mut(depth + 1), open.get_mut(depth + 1))
            {
                *place = phone;
                *children = node.children;
                depth += 1;
            }
        }
    }

    /// The column of a phone at `depth`; how well all frames are explained if the value ends with it.
    pub(super) fn column(&mut self, depth: usize, phone: usize, repeated: bool) -> f32 {
        let frames = self.frame_count();
        let (mut in_phone, mut in_pause, mut ended) = (NEVER, NEVER, NEVER);
        for frame in 0..frames {
            let earlier = self.earlier(depth, frame, repeated);
            let outside = self.outside(frame);
            let before = in_phone;
            in_phone = in_phone.max(earlier) + self.score(frame, phone);
            in_pause = before.max(in_pause) + self.score(frame, 0);
            // Either it ended before, or in this frame.
            ended = (ended + outside).max(in_phone);
            self.set(depth, frame, false, in_phone);
            self.set(depth, frame, true, in_pause);
        }
        ended
    }

    /// The best that came before a phone at `depth` which begins in `frame`. Column 0 holds what came before the frame
    /// itself, the others what came up to a frame.
    pub(super) fn earlier(&self, depth: usize, frame: usize, repeated: bool) -> f32 {
        match (depth, frame) {
            (1, _) => self.at(0, frame, true),
            (_, 0) => NEVER,
            _ if repeated => self.at(depth - 1, frame - 1, true),
            _ => self.at(depth - 1, frame - 1, false).max(self.at(depth - 1, frame - 1, true)),
        }
    }

    /// Keeps the best, each value once.
    fn offer(&mut self, new: Candidate) {
        if new.score == NEVER || new.score.is_nan() {
            return;
        }
        let count = self.count;
        let known = self.out.iter().take(count).position(|known| known.value == new.value);
        let mut at = match known {
            Some(at) if self.out.get(at).is_some_and(|known| known.score >= new.score) => return,
            Some(at) => at,
            None if count < self.out.len() => {
                self.count += 1;
                count
            }
            None => match self.out.last() {
                Some(last) if last.score < new.score => count - 1,
                _ => return,
            },
        };
        while let Some(before) = at.checked_sub(1).and_then(|before| self.out.get(before).copied())
            && before.score < new.score
        {
            if let Some(place) = self.out.get_mut(at) {
                *place = before;
            }
            at -= 1;
        }
        if let Some(place) = self.out.get_mut(at) {
            *place = new;
        }
    }
}
