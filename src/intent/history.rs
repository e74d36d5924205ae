//! What was said on the way: a record for every word that ended somewhere, each pointing to the one before.

use super::tokens::{NONE, Set};
use crate::storage::Storage;

/// A word or a value that ended.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The record before; [`NONE`] for the first.
    pub(super) before: u32,
    /// As a token's: of the grammar's own trees, or the arc of a list.
    pub(super) arc: u32,
    /// The word, or the value of the list.
    pub(super) what: u32,
    /// Frame of its last phone.
    pub(super) end: u32,
    /// Frames before that since its first phone.
    pub(super) length: u16,
    /// By how much the path is ahead of the best on which any phones stood in the value's place, 1/256 nat.
    pub(super) ahead: i16,
    /// Of the path, when it ended.
    pub(super) score: f32,
    /// Of the path, before it began.
    pub(super) entered: f32,
    /// While unused records are swept: where this one goes, or [`NONE`].
    pub(super) goes: u32,
}

impl Record {
    /// What memory holds before it is used: zeros, so that static memory needs no copy in flash.
    pub const UNUSED: Record =
        Record { before: 0, arc: 0, what: 0, end: 0, length: 0, ahead: 0, score: 0.0, entered: 0.0, goes: 0 };
}

impl Default for Record {
    fn default() -> Self {
        Record { before: NONE, goes: NONE, ..Record::UNUSED }
    }
}

#[derive(Debug)]
pub(super) struct History<'a> {
    records: Storage<'a, Record>,
    len: usize,
}

impl<'a> History<'a> {
    pub(super) fn new(records: Storage<'a, Record>) -> Self {
        History { records, len: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Nothing is left in memory.
    pub(super) fn wipe(&mut self) {
        self.records.fill(Record::UNUSED);
        self.len = 0;
    }

    pub(super) fn get(&self, index: u32) -> Option<&Record> {
        self.records.get(..self.len)?.get(index as usize)
    }

    /// The number of the new record; none if there is no room.
    pub(super) fn push(&mut self, record: Record) -> Option<u32> {
        *self.records.get_mut(self.len)? = record;
        self.len += 1;
        Some(self.len as u32 - 1)
    }

    /// Is there little room left?
    pub(super) fn nearly_full(&self) -> bool {
        self.len + self.len / 4 >= self.records.len()
    }

    /// Keeps what leads to the tokens of `sets`, which get the records' new numbers.
    ///
    /// Records point back only, so one walk down marks and one walk up moves.
    pub(super) fn sweep(&mut self, sets: [&mut Set<'_>; 2]) {
        let Some(records) = self.records.get_mut(..self.len) else { return };
        records.iter_mut().for_each(|record| record.goes = NONE);
        for token in sets.iter().flat_map(|set| set.as_slice()) {
            for index in [token.phone.history, token.pause.history] {
                if let Some(record) = records.get_mut(index as usize) {
                    record.goes = 0;
                }
            }
        }
        for index in (0..records.len()).rev() {
            let (before, rest) = records.split_at_mut(index);
            if let Some(record) = rest.first()
                && record.goes != NONE
                && let Some(before) = before.get_mut(record.before as usize)
            {
                before.goes = 0;
            }
        }
        let mut len = 0;
        for record in records.iter_mut().filter(|record| record.goes != NONE) {
            record.goes = len as u32;
            len += 1;
        }
        // Every record that stays knows its new number: first the pointers, then the records.
        for index in 0..records.len() {
            let Some(record) = records.get(index).copied() else { break };
            if record.goes != NONE && record.before != NONE {
                let goes = records.get(record.before as usize).map_or(NONE, |before| before.goes);
                if let Some(record) = records.get_mut(index) {
                    record.before = goes;
                }
            }
        }
        for token in sets.into_iter().flat_map(|set| set.as_mut_slice()) {
            for index in [&mut token.phone.history, &mut token.pause.history] {
                *index = records.get(*index as usize).map_or(NONE, |record| record.goes);
            }
        }
        for index in 0..records.len() {
            let Some(record) = records.get(index).copied() else { break };
            if record.goes != NONE
                && let Some(place) = records.get_mut(record.goes as usize)
            {
                *place = record;
            }
        }
        self.len = len;
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::super::tokens::{Index, Path, index_len};
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn said(history: &History<'_>, mut at: u32) -> Vec<u32> {
        let mut words = Vec::new();
        while let Some(record) = history.get(at) {
            words.push(record.what);
            at = record.before;
        }
        words
    }

    proptest! {
        #[test]
        fn sweeping_keeps_what_tokens_need_and_nothing_else(
            before in prop::collection::vec(any::<prop::sample::Index>(), 1..80),
            used in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            let mut history = History::new(Storage::owned(100));
            for (n, before) in before.iter().enumerate() {
                // One in so many begins anew.
                let before = before.index(n + 1);
                let before = if before == n { NONE } else { before as u32 };
                history.push(Record { before, what: n as u32, ..Record::default() });
            }
            let set = || Set::new(Storage::owned(16), 10.0);
            let (mut now, mut next) = (set(), set());
            let mut index = Index::new(Storage::owned(index_len(16)));
            index.clear();
            for (n, used) in used.iter().enumerate() {
                let history = used.index(before.len()) as u32;
                index.phone(&mut now, 0, n as u32, Path { score: 0.0, history, start: 0, entered: 0.0 });
            }
            let told = |history: &History<'_>, set: &Set<'_>| -> Vec<Vec<u32>> {
                set.as_slice().iter().map(|token| said(history, token.phone.history)).collect()
            };
            let expected = told(&history, &now);
            history.sweep([&mut now, &mut next]);
            prop_assert_eq!(told(&history, &now), expected.clone());
            let mut kept: Vec<u32> = expected.into_iter().flatten().collect();
            kept.sort_unstable();
            kept.dedup();
            prop_assert_eq!(history.len, kept.len());
        }
    }
}
