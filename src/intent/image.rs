//! Compiled grammars and lists: flat images, viewed in place, little-endian.
//!
//! Both begin with a header of 64 bytes: magic, version, bytes in all, CRC-32 of everything but itself, then counts. In
//! 32-bit words:
//!
//! | grammar `EARN-GRM` | list `EARN-LST` | words | |
//! |---|---|---|---|
//! | states | | 5 | first root, roots, first arc, arcs, meaning that ends here counted from 1 |
//! | arcs | | 3 | list, slot counted from 1, state that follows |
//! | nodes | nodes | 3 | phone, children (8 bits each) and ends (16 bits); first child; first end |
//! | ends | ends | 3 | word or value, state that follows (0 in lists), logarithm of the weight |
//! | meanings | | 3 | intent (a string), first fixed slot, fixed slots |
//! | fixed slots | | 2 | slot, value (a string) |
//! | strings | strings | 2 | first byte, bytes |
//!
//! and then the bytes of the strings: words, lists, slots, intents and fixed values of a grammar, values of a list.
//! Nodes make trees of phones, a state's behind that of the state before: the children of a node follow each other and
//! stand behind it, and behind the children of the node before; so do its ends.

use crate::image::{ImageError, check_frame, u32_at};
use crate::lexicon::Phone;
use crate::storage::Image;

pub(super) const GRAMMAR_MAGIC: [u8; 8] = *b"EARN-GRM";
pub(super) const LIST_MAGIC: [u8; 8] = *b"EARN-LST";
pub(super) const VERSION: u32 = 1;
pub(super) const HEADER: usize = 64;
/// Words per record of each table of a grammar, and of a list's three.
const GRAMMAR_RECORDS: [usize; 7] = [5, 3, 3, 3, 3, 2, 2];
const LIST_RECORDS: [usize; 3] = [3, 3, 2];

/// The record of a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct StateRecord {
    pub(super) roots: Span,
    pub(super) arcs: Span,
    /// Meaning that a sentence has which ends here.
    pub(super) accept: Option<u32>,
}

/// Records of a table that follow each other.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub(super) first: u32,
    pub(super) count: u32,
}

impl Span {
    pub(super) fn iter(self) -> core::ops::Range<u32> {
        self.first..self.first + self.count
    }

    fn within(self, len: usize) -> bool {
        (self.first as usize).checked_add(self.count as usize).is_some_and(|end| end <= len)
    }
}

/// A list that may follow a state.
#[derive(Clone, Copy, Debug)]
pub(super) struct ArcRecord {
    pub(super) list: u32,
    /// From 1; 0 keeps nothing.
    pub(super) slot: u32,
    pub(super) to: u32,
}

/// A phone in a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeRecord {
    pub(super) phone: u8,
    pub(super) children: Span,
    pub(super) ends: Span,
}

/// A word or value that ends at a node.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndRecord {
    pub(super) what: u32,
    pub(super) to: u32,
    pub(super) log_weight: f32,
}

/// Where the tables of an image are.
#[derive(Clone, Debug)]
struct Tables<'a, const N: usize> {
    image: Image<'a>,
    starts: [usize; N],
    counts: [usize; N],
    records: [usize; N],
    text: usize,
}

impl<'a, const N: usize> Tables<'a, N> {
    fn new(image: Image<'a>, magic: [u8; 8], records: [usize; N]) -> Result<Self, ImageError> {
        check_frame(&image, magic, VERSION, HEADER)?;
        let counts: [usize; N] = core::array::from_fn(|n| u32_at(&image, 20 + 4 * n) as usize);
        let mut starts = [0; N];
        let mut at = HEADER as u64;
        for n in 0..N {
            starts[n] = at as usize;
            at += 4 * records[n] as u64 * counts[n] as u64;
        }
        if at > image.len() as u64 {
            let (expected, actual) = (image.len() as u64, at);
            return Err(ImageError::Field { field: "bytes of the tables", expected, actual });
        }
        Ok(Tables { image, starts, counts, records, text: at as usize })
    }

    /// Words of the header that hold nothing yet.
    fn check_reserved(&self, bytes: core::ops::Range<usize>) -> Result<(), ImageError> {
        match bytes.step_by(4).map(|at| u32_at(&self.image, at)).find(|word| *word != 0) {
            None => Ok(()),
            Some(word) => Err(ImageError::Field { field: "reserved", expected: 0, actual: u64::from(word) }),
        }
    }

    fn word(&self, table: usize, record: u32, word: usize) -> u32 {
        u32_at(&self.image, self.starts[table] + 4 * (record as usize * self.records[table] + word))
    }

    fn node(&self, table: usize, index: u32) -> NodeRecord {
        let packed = self.word(table, index, 0);
        NodeRecord {
            phone: packed as u8,
            children: Span { first: self.word(table, index, 1), count: packed >> 8 & 0xFF },
            ends: Span { first: self.word(table, index, 2), count: packed >> 16 },
        }
    }

    fn end(&self, table: usize, index: u32) -> EndRecord {
        EndRecord {
            what: self.word(table, index, 0),
            to: self.word(table, index, 1),
            log_weight: f32::from_bits(self.word(table, index, 2)),
        }
    }

    fn string(&self, table: usize, index: u32) -> &str {
        let first = self.text + self.word(table, index, 0) as usize;
        let bytes = self.image.get(first..first + self.word(table, index, 1) as usize).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    fn check_strings(&self, table: usize) -> Result<(), ImageError> {
        let len = self.image.len() - self.text;
        for n in 0..self.counts[table] as u32 {
            let wrong = Err(ImageError::Contents { what: "wrong string", index: n as usize });
            let span = Span { first: self.word(table, n, 0), count: self.word(table, n, 1) };
            if !span.within(len) {
                return wrong;
            }
            let bytes = self.image.get(self.text..).and_then(|text| text.get(span.first as usize..));
            let bytes = bytes.and_then(|text| text.get(..span.count as usize));
            if bytes.is_none_or(|bytes| core::str::from_utf8(bytes).is_err()) {
                return wrong;
            }
        }
        Ok(())
    }

    /// `what`, `to`: how many words or values, and states, there are.
    fn check_tree(&self, nodes: usize, ends: usize, what: usize, to: usize) -> Result<(), ImageError> {
        // No node is the child of two, and no end is of two nodes: who walks through a tree meets everything once.
        let (mut free, mut free_ends) = (0, 0);
        for n in 0..self.counts[nodes] as u32 {
            let node = self.node(nodes, n);
            let phone = Phone::new(node.phone).is_some_and(|phone| !phone.is_blank());
            let children = node.children.within(self.counts[nodes])
                && (node.children.count == 0 || node.children.first > n && node.children.first >= free);
            let own_ends =
                node.ends.within(self.counts[ends]) && (node.ends.count == 0 || node.ends.first >= free_ends);
            if !phone || !children || !own_ends {
                return Err(ImageError::Contents { what: "wrong node", index: n as usize });
            }
            if node.children.count > 0 {
                free = node.children.iter().end;
            }
            if node.ends.count > 0 {
                free_ends = node.ends.iter().end;
            }
        }
        for n in 0..self.counts[ends] as u32 {
            let end = self.end(ends, n);
            if end.what as usize >= what
                || end.to as usize >= to
                || end.log_weight > 0.0
                || end.log_weight.is_nan()
            {
                return Err(ImageError::Contents { what: "wrong end", index: n as usize });
            }
        }
        Ok(())
    }
}

/// A compiled grammar: an image that was checked.
#[derive(Clone, Debug)]
pub struct GrammarImage<'a> {
    tables: Tables<'a, 7>,
    words: u32,
    lists: u32,
    slots: u32,
}

const STATES: usize = 0;
const ARCS: usize = 1;
const NODES: usize = 2;
const ENDS: usize = 3;
const MEANINGS: usize = 4;
const FIXED: usize = 5;
const STRINGS: usize = 6;

impl<'a> GrammarImage<'a> {
    /// Checks all of `image`, so once.
    ///
    /// # Errors
    /// The first thing that is wrong, with the numbers.
    pub fn new(image: impl Into<Image<'a>>) -> Result<Self, ImageError> {
        let tables = Tables::new(image.into(), GRAMMAR_MAGIC, GRAMMAR_RECORDS)?;
        // Strings: words, lists, slots, then the others. The numbers of the first three are in the header.
        let [words, lists, slots] = [48, 52, 56].map(|at| u32_at(&tables.image, at));
        tables.check_reserved(60..64)?;
        let grammar = GrammarImage { tables, words, lists, slots };
        grammar.check()?;
        Ok(grammar)
    }

    fn check(&self) -> Result<(), ImageError> {
        let tables = &self.tables;
        let [states, arcs, nodes, _, meanings, fixed, strings] = tables.counts;
        let names = u64::from(self.words) + u64::from(self.lists) + u64::from(self.slots);
        if names > strings as u64 {
            return Err(ImageError::Field { field: "names", expected: strings as u64, actual: names });
        }
        if states == 0 {
            return Err(ImageError::Field { field: "states", expected: 1, actual: 0 });
        }
        tables.check_strings(STRINGS)?;
        tables.check_tree(NODES, ENDS, self.words as usize, states)?;
        // No two states begin the same words.
        let mut free = 0;
        for n in 0..states as u32 {
            let state = self.state(n);
            let accept = state.accept.is_none_or(|meaning| (meaning as usize) < meanings);
            let own = state.roots.within(nodes) && (state.roots.count == 0 || state.roots.first >= free);
            if !accept || !own || !state.arcs.within(arcs) {
                return Err(ImageError::Contents { what: "wrong state", index: n as usize });
            }
            if state.roots.count > 0 {
                free = state.roots.iter().end;
            }
        }
        for n in 0..arcs as u32 {
            let arc = self.arc(n);
            if arc.list >= self.lists || arc.slot > self.slots || arc.to as usize >= states {
                return Err(ImageError::Contents { what: "wrong arc", index: n as usize });
            }
        }
        for n in 0..meanings as u32 {
            let span = Span { first: tables.word(MEANINGS, n, 1), count: tables.word(MEANINGS, n, 2) };
            if tables.word(MEANINGS, n, 0) as usize >= strings || !span.within(fixed) {
                return Err(ImageError::Contents { what: "wrong meaning", index: n as usize });
            }
        }
        for n in 0..fixed as u32 {
            if tables.word(FIXED, n, 0) >= self.slots || tables.word(FIXED, n, 1) as usize >= strings {
                return Err(ImageError::Contents { what: "wrong fixed slot", index: n as usize });
            }
        }
        Ok(())
    }

    /// States of the automaton.
    pub fn states(&self) -> usize {
        self.tables.counts[STATES]
    }

    /// Phones in all its trees.
    pub fn nodes(&self) -> usize {
        self.tables.counts[NODES]
    }

    /// Bytes of the image.
    pub fn image_bytes(&self) -> usize {
        self.tables.image.len()
    }

    /// Lists that its slots take values from: as many lists must be given to a decoder, in this order.
    pub fn lists(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.lists as usize).map(|n| self.string(self.words + n as u32))
    }

    /// Slots of its sentences.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.slots as usize).map(|n| self.slot(n as u32))
    }

    /// Slot number `slot`, from 0; empty if there is none.
    pub fn slot(&self, slot: u32) -> &str {
        if slot < self.slots { self.string(self.words + self.lists + slot) } else { "" }
    }

    /// Number of words.
    pub fn words(&self) -> usize {
        self.words as usize
    }

    /// The word of number `word`; empty if there is none.
    pub fn word(&self, word: u32) -> &str {
        if word < self.words { self.string(word) } else { "" }
    }

    /// Meanings: what sentences end in, an intent each, perhaps with slots of fixed values.
    pub fn meanings(&self) -> usize {
        self.tables.counts[MEANINGS]
    }

    /// The intent of a meaning; empty if there is none.
    pub fn intent(&self, meaning: u32) -> &str {
        if (meaning as usize) < self.meanings() {
            self.string(self.tables.word(MEANINGS, meaning, 0))
        } else {
            ""
        }
    }

    /// Slots that a meaning has without their being said: slot and value.
    pub fn fixed(&self, meaning: u32) -> impl Iterator<Item = (&str, &str)> {
        let some = (meaning as usize) < self.meanings();
        let count = if some { self.tables.word(MEANINGS, meaning, 2) } else { 0 };
        let first = self.tables.word(MEANINGS, meaning, 1);
        (0..count).map(move |n| {
            let record = first + n;
            (self.slot(self.tables.word(FIXED, record, 0)), self.string(self.tables.word(FIXED, record, 1)))
        })
    }

    /// Fewest phones of every word, into `out` in the words' order; 0 for a word of more phones than 64, and for one that no
    /// sentence has.
    pub fn fewest_phones(&self, out: &mut [u8]) {
        /// Longest word that is looked at.
        const DEPTH: usize = 64;
        out.fill(0);
        for state in 0..self.states() as u32 {
            let mut open = [Span::default(); DEPTH];
            open[0] = self.state(state).roots;
            let mut depth = 0usize;
            while let Some(span) = open.get_mut(depth) {
                if span.count == 0 {
                    match depth.checked_sub(1) {
                        Some(up) => depth = up,
                        None => break,
                    }
                    continue;
                }
                let node = self.node(span.first);
                *span = Span { first: span.first + 1, count: span.count - 1 };
                for end in node.ends.iter() {
                    let phones = depth as u8 + 1;
                    if let Some(fewest) = out.get_mut(self.end(end).what as usize)
                        && (*fewest == 0 || *fewest > phones)
                    {
                        *fewest = phones;
                    }
                }
                if let Some(children) = open.get_mut(depth + 1) {
                    *children = node.children;
                    depth += 1;
                }
            }
        }
    }

    fn string(&self, index: u32) -> &str {
        if (index as usize) < self.tables.counts[STRINGS] { self.tables.string(STRINGS, index) } else { "" }
    }

    pub(super) fn state(&self, index: u32) -> StateRecord {
        let word = |word| self.tables.word(STATES, index, word);
        StateRecord {
            roots: Span { first: word(0), count: word(1) },
            arcs: Span { first: word(2), count: word(3) },
            accept: word(4).checked_sub(1),
        }
    }

    pub(super) fn arc(&self, index: u32) -> ArcRecord {
        let word = |word| self.tables.word(ARCS, index, word);
        ArcRecord { list: word(0), slot: word(1), to: word(2) }
    }

    pub(super) fn node(&self, index: u32) -> NodeRecord {
        self.tables.node(NODES, index)
    }

    pub(super) fn end(&self, index: u32) -> EndRecord {
        self.tables.end(ENDS, index)
    }
}

/// A compiled list of slot values: an image that was checked. Its roots are its first nodes.
#[derive(Clone, Debug)]
pub struct ListImage<'a> {
    tables: Tables<'a, 3>,
    roots: u32,
}

impl<'a> ListImage<'a> {
    /// How its images begin.
    pub const MAGIC: [u8; 8] = LIST_MAGIC;

    /// Checks all of `image`, so once.
    ///
    /// # Errors
    /// The first thing that is wrong, with the numbers.
    pub fn new(image: impl Into<Image<'a>>) -> Result<Self, ImageError> {
        let tables = Tables::new(image.into(), LIST_MAGIC, LIST_RECORDS)?;
        let roots = u32_at(&tables.image, 60);
        let [nodes, _, values] = tables.counts;
        if roots as usize > nodes {
            return Err(ImageError::Field {
                field: "roots",
                expected: nodes as u64,
                actual: u64::from(roots),
            });
        }
        tables.check_reserved(32..60)?;
        tables.check_strings(2)?;
        tables.check_tree(0, 1, values, 1)?;
        Ok(ListImage { tables, roots })
    }

    /// Values.
    pub fn values(&self) -> usize {
        self.tables.counts[2]
    }

    /// Phones in its tree.
    pub fn nodes(&self) -> usize {
        self.tables.counts[0]
    }

    /// Bytes of the image.
    pub fn image_bytes(&self) -> usize {
        self.tables.image.len()
    }

    /// The value of number `value`; empty if there is none.
    pub fn value(&self, value: u32) -> &str {
        if (value as usize) < self.values() { self.tables.string(2, value) } else { "" }
    }

    pub(super) fn roots(&self) -> Span {
        Span { first: 0, count: self.roots }
    }

    pub(super) fn node(&self, index: u32) -> NodeRecord {
        self.tables.node(0, index)
    }

    pub(super) fn end(&self, index: u32) -> EndRecord {
        self.tables.end(1, index)
    }
}
