//! Where paths through a grammar are: tokens, at most one for each place.

use crate::storage::Storage;

/// The score of what is impossible.
pub(super) const NEVER: f32 = f32::NEG_INFINITY;
/// `arc` of tokens in the grammar's own trees; those in a list have the number of the arc that led there.
pub(super) const OWN: u32 = u32::MAX;
/// `arc` of tokens between words: `node` is a state then.
pub(super) const BETWEEN: u32 = u32::MAX - 1;
/// `node` of tokens in a list that say none of its values, but any phones.
pub(super) const ANY: u32 = u32::MAX;
/// No history.
pub(super) const NONE: u32 = u32::MAX;

/// The best paths that are at one phone of one tree, or in one state.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub(super) arc: u32,
    pub(super) node: u32,
    /// The best that is in the phone, and the best that is in the pause behind it.
    pub(super) phone: Path,
    pub(super) pause: Path,
}

/// One path, as far as it got.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub(super) score: f32,
    pub(super) history: u32,
    /// Frame in which its word began.
    pub(super) start: u32,
    /// Score before that frame.
    pub(super) entered: f32,
}

impl Path {
    pub(super) const NONE: Path = Path { score: NEVER, history: NONE, start: 0, entered: 0.0 };

    pub(super) fn plus(self, score: f32) -> Path {
        Path { score: self.score + score, ..self }
    }

    /// The better one; of equal ones the first.
    pub(super) fn or(self, other: Path) -> Path {
        if other.score > self.score { other } else { self }
    }
}

impl Default for Token {
    fn default() -> Self {
        Token { arc: BETWEEN, node: 0, phone: Path::NONE, pause: Path::NONE }
    }
}

impl Token {
    /// What memory holds before it is used: zeros, so that static memory needs no copy in flash.
    pub const UNUSED: Token = {
        let path = Path { score: 0.0, history: 0, start: 0, entered: 0.0 };
        Token { arc: 0, node: 0, phone: path, pause: path }
    };

    pub(super) fn best(&self) -> f32 {
        self.phone.score.max(self.pause.score)
    }
}

/// Finds tokens by their place: open addressing; an entry counts only in the round in which it was written.
#[derive(Debug)]
pub(super) struct Index<'a> {
    entries: Storage<'a, [u32; 2]>,
    round: u32,
}

/// Entries for `tokens` tokens.
pub(super) fn index_len(tokens: usize) -> usize {
    (2 * tokens).next_power_of_two()
}

impl<'a> Index<'a> {
    /// `entries`: a power of two.
    pub(super) fn new(mut entries: Storage<'a, [u32; 2]>) -> Self {
        entries.fill([0; 2]);
        Index { entries, round: 0 }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.entries.fill([0; 2]);
            self.round = 1;
        }
    }

    /// Nothing is left in memory.
    pub(super) fn wipe(&mut self) {
        self.entries.fill([0; 2]);
        self.round = 0;
    }

    /// The token at a place, a new one if there is none and room is left.
    fn find<'t>(&mut self, set: &'t mut Set<'_>, arc: u32, node: u32) -> Option<&'t mut Token> {
        let mask = self.entries.len().wrapping_sub(1);
        let mut at = hash(arc, node) as usize & mask;
        loop {
            let entry = self.entries.get_mut(at)?;
            if entry[0] != self.round {
                let index = set.push(Token { arc, node, ..Token::default() })?;
                *entry = [self.round, index];
                return set.tokens.get_mut(index as usize);
            }
            let known = set.tokens.get(entry[1] as usize)?;
            if known.arc == arc && known.node == node {
                return set.tokens.get_mut(entry[1] as usize);
            }
            at = (at + 1) & mask;
        }
    }

    /// A path is in a phone now.
    pub(super) fn phone(&mut self, set: &mut Set<'_>, arc: u32, node: u32, path: Path) {
        if set.wants(path.score)
            && let Some(token) = self.find(set, arc, node)
        {
            token.phone = token.phone.or(path);
        }
    }

    /// A path is in the pause behind a phone, or in a state, now.
    pub(super) fn pause(&mut self, set: &mut Set<'_>, arc: u32, node: u32, path: Path) {
        if set.wants(path.score)
            && let Some(token) = self.find(set, arc, node)
        {
            token.pause = token.pause.or(path);
        }
    }

    /// A path that only shadows others is in any phones now: it counts for nothing in what is worth going on with.
    pub(super) fn shadow(&mut self, set: &mut Set<'_>, arc: u32, path: Path) {
        if path.score >= set.best - set.beam
            && let Some(token) = self.find(set, arc, ANY)
        {
            token.phone = token.phone.or(path);
        }
    }

    /// The score of the pause at a place.
    pub(super) fn pause_score(&self, set: &Set<'_>, arc: u32, node: u32) -> f32 {
        self.known(set, arc, node).map_or(NEVER, |token| token.pause.score)
    }

    /// The score of the phone at a place.
    pub(super) fn phone_score(&self, set: &Set<'_>, arc: u32, node: u32) -> f32 {
        self.known(set, arc, node).map_or(NEVER, |token| token.phone.score)
    }

    fn known<'t>(&self, set: &'t Set<'_>, arc: u32, node: u32) -> Option<&'t Token> {
        let mask = self.entries.len().wrapping_sub(1);
        let mut at = hash(arc, node) as usize & mask;
        while let Some(entry) = self.entries.get(at).filter(|entry| entry[0] == self.round) {
            match set.tokens.get(entry[1] as usize) {
                Some(known) if known.arc == arc && known.node == node => return Some(known),
                _ => at = (at + 1) & mask,
            }
        }
        None
    }
}

fn hash(arc: u32, node: u32) -> u32 {
    // Multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4).
    let mixed = (node ^ arc.rotate_left(16)).wrapping_mul(0x9E37_79B1);
    mixed ^ mixed >> 15
}

/// The tokens of one frame.
#[derive(Debug)]
pub(super) struct Set<'a> {
    tokens: Storage<'a, Token>,
    len: usize,
    /// Score of the best.
    best: f32,
    beam: f32,
    /// Tokens that there was no room for, since the last reset.
    pub(super) refused: u32,
}

impl<'a> Set<'a> {
    pub(super) fn new(tokens: Storage<'a, Token>, beam: f32) -> Self {
        Set { tokens, len: 0, best: NEVER, beam, refused: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.best = NEVER;
    }

    /// Nothing is left in memory.
    pub(super) fn wipe(&mut self) {
        self.tokens.fill(Token::UNUSED);
        self.clear();
    }

    pub(super) fn as_slice(&self) -> &[Token] {
        self.tokens.get(..self.len).unwrap_or_default()
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [Token] {
        self.tokens.get_mut(..self.len).unwrap_or_default()
    }

    pub(super) fn get(&self, index: usize) -> Option<Token> {
        self.as_slice().get(index).copied()
    }

    pub(super) fn best(&self) -> f32 {
        self.best
    }

    /// Is a path of this score worth going on with?
    pub(super) fn wants(&mut self, score: f32) -> bool {
        self.best = self.best.max(score);
        score > NEVER && score >= self.best - self.beam
    }

    fn push(&mut self, token: Token) -> Option<u32> {
        let Some(place) = self.tokens.get_mut(self.len) else {
            self.refused = self.refused.saturating_add(1);
            return None;
        };
        *place = token;
        self.len += 1;
        Some(self.len as u32 - 1)
    }
}
