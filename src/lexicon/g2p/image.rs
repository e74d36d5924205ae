//! The image of a letter-to-sound model, little-endian.
//!
//! Header of 64 bytes: magic `EARN-G2P`, version, bytes in all, CRC-32 of everything but itself; then as u32: tokens,
//! nodes, contexts, order, bits of a token, bits of a cost, beam, spread. Behind it blocks, each at a multiple of 8:
//!
//! | block | elements |
//! |---|---|
//! | first token of every pair of letters, the second may be missing (and comes first then) | u16 × (27 · 28 + 1) |
//! | phones of every token, 0 for none | 2 × u8 × tokens |
//! | codebook of costs | u16 × 2^bits |
//! | codebook of back-off costs | i16 × 2^bits |
//! | does the node have children? | bits, nodes |
//! | how many nodes with children stand before node 0, 256, 512 … | u32 |
//! | is the node the first of its context? | bits, nodes |
//! | first node of context 0, 64, 128 … | u32 |
//! | token of each node | bits |
//! | cost of each node, as place in the codebook | bits |
//! | back-off cost of each context, as place in the codebook | bits |
//!
//! A node is an n-gram: its context, and a token. The n-grams of one context stand together, sorted by token, in the
//! order in which their contexts stand (a LOUDS trie, Jacobson 1989), so that no pointers are stored. Context 0 is the
//! empty one; its nodes are the first, one for every token.

use super::super::bits::field;
use super::super::phone::Phone;
use super::{FIRST, LETTERS, MAX_ORDER};
use crate::image::{ImageError, check_frame, u16_at, u32_at};
use crate::storage::Image;
use core::ops::Range;

const MAGIC: [u8; 8] = *b"EARN-G2P";
const VERSION: u32 = 1;
const HEADER: usize = 64;
const BLOCKS: usize = 11;
/// Pairs of letters, the second one possibly none.
const PAIRS: usize = LETTERS.len() * (LETTERS.len() + 1);
const RANK: usize = 256;
const SELECT: usize = 64;

const STARTS: usize = 0;
const PHONES: usize = 1;
const COSTS: usize = 2;
const BACK_COSTS: usize = 3;
const PARENT: usize = 4;
const PARENT_RANK: usize = 5;
const FIRST_OF: usize = 6;
const FIRST_SELECT: usize = 7;
const TOKEN: usize = 8;
const COST: usize = 9;
const BACK: usize = 10;

/// A letter-to-sound model: an image that was checked.
#[derive(Clone, Debug)]
pub struct G2p<'a> {
    image: Image<'a>,
    places: [Range<usize>; BLOCKS],
    tokens: u32,
    nodes: usize,
    contexts: usize,
    pub(super) order: usize,
    token_bits: u32,
    cost_bits: u32,
    pub(super) beam: usize,
    pub(super) spread: i64,
}

/// What may stand before a token: a history that the model knows.
#[derive(Clone, Debug)]
pub(super) struct Context {
    number: u32,
    /// The n-grams that go on from it.
    nodes: Range<usize>,
}

impl<'a> G2p<'a> {
    /// Checks all of `image`, once: every count, every link and every code.
    ///
    /// # Errors
    /// The first thing that is wrong, with the numbers.
    pub fn new(image: impl Into<Image<'a>>) -> Result<Self, ImageError> {
        let image = image.into();
        check_frame(&image, MAGIC, VERSION, HEADER)?;
        let within = |field, index: usize, least: u32, most: u32| {
            let actual = u32_at(&image, 20 + 4 * index);
            let expected = actual.clamp(least, most);
            if actual == expected {
                Ok(actual)
            } else {
                Err(ImageError::Field { field, expected: expected.into(), actual: actual.into() })
            }
        };
        let tokens = within("tokens", 0, FIRST + 1, 1 << 15)?;
        let nodes = within("nodes", 1, tokens, 1 << 26)? as usize;
        let contexts = within("contexts", 2, 1, nodes as u32)? as usize;
        let order = within("order", 3, 1, MAX_ORDER as u32)? as usize;
        let token_bits = within("bits of a token", 4, (tokens - 1).ilog2() + 1, 16)?;
        let cost_bits = within("bits of a cost", 5, 1, 8)?;
        let beam = within("beam", 6, 1, 1024)? as usize;
        let spread = within("spread", 7, 1, 1 << 20)?.into();
        for reserved in 8..11 {
            within("reserved", reserved, 0, 0)?;
        }
        let packed = |count: usize, bits: u32| (count * bits as usize).div_ceil(8);
        let sizes = [
            2 * (PAIRS + 1),
            2 * tokens as usize,
            2 << cost_bits,
            2 << cost_bits,
            packed(nodes, 1),
            4 * (nodes + 1).div_ceil(RANK),
            packed(nodes, 1),
            4 * contexts.div_ceil(SELECT),
            packed(nodes, token_bits),
            packed(nodes, cost_bits),
            packed(contexts, cost_bits),
        ];
        let mut end = HEADER;
        let places = sizes.map(|size| {
            let from = end;
            end = (from + size).next_multiple_of(8);
            from..from + size
        });
        if end != image.len() {
            return Err(ImageError::Length { expected: end, actual: image.len() });
        }
        let model =
            G2p { image, places, tokens, nodes, contexts, order, token_bits, cost_bits, beam, spread };
        model.check_tokens()?;
        model.check_nodes()?;
        Ok(model)
    }

    /// Graphones: chunks of letters with their phones.
    pub fn graphones(&self) -> usize {
        (self.tokens - FIRST) as usize
    }

    /// N-grams.
    pub fn ngrams(&self) -> usize {
        self.nodes
    }

    /// Bytes of the image.
    pub fn image_bytes(&self) -> usize {
        self.image.len()
    }

    /// Graphones of letter `a`, or of letters `a` and `b`, as numbers of [`LETTERS`].
    pub(super) fn range(&self, a: usize, b: Option<usize>) -> Range<u32> {
        let pair = a * (LETTERS.len() + 1) + b.map_or(0, |b| b + 1);
        let start = |pair| u32::from(u16_at(self.block(STARTS), 2 * pair));
        start(pair)..start(pair + 1)
    }

    /// What a token says, 0, 1 or 2 phones.
    pub(super) fn phones(&self, token: u32) -> impl Iterator<Item = Phone> {
        let at = 2 * token as usize;
        let phones = self.block(PHONES).get(at..at + 2).unwrap_or_default();
        phones.iter().filter_map(|&index| Phone::new(index)).filter(|phone| !phone.is_blank())
    }

    /// The nodes of `context` whose tokens lie in `tokens`.
    pub(super) fn narrowed(&self, context: &Context, tokens: &Range<u32>) -> Range<usize> {
        if context.number == 0 {
            return tokens.start as usize..tokens.end as usize;
        }
        let at = |token: u32| {
            let (mut low, mut high) = (context.nodes.start, context.nodes.end);
            while low < high {
                let middle = low.midpoint(high);
                if self.token(middle) < token { low = middle + 1 } else { high = middle }
            }
            low
        };
        at(tokens.start)..at(tokens.end)
    }

    pub(super) fn token(&self, node: usize) -> u32 {
        field(self.block(TOKEN), node * self.token_bits as usize, self.token_bits)
    }

    pub(super) fn cost(&self, node: usize) -> i64 {
        let code = field(self.block(COST), node * self.cost_bits as usize, self.cost_bits);
        u16_at(self.block(COSTS), 2 * code as usize).into()
    }

    pub(super) fn back_cost(&self, context: &Context) -> i64 {
        let code = field(self.block(BACK), context.number as usize * self.cost_bits as usize, self.cost_bits);
        (u16_at(self.block(BACK_COSTS), 2 * code as usize) as i16).into()
    }

    /// The context of no letters.
    pub(super) fn empty_context(&self) -> Context {
        Context { number: 0, nodes: 0..self.tokens as usize }
    }

    /// The context that a node makes, if the model knows what follows it.
    pub(super) fn context(&self, node: usize) -> Option<Context> {
        let parents = self.block(PARENT);
        if field(parents, node, 1) == 0 {
            return None;
        }
        let near = node / RANK;
        let mut before = u32_at(self.block(PARENT_RANK), 4 * near);
        for at in (near * RANK..node).step_by(24) {
            before += field(parents, at, (node - at).min(24) as u32).count_ones();
        }
        // Context 0 is no node's.
        let from = self.first_node(before as usize + 1);
        Some(Context { number: before + 1, nodes: from..self.first_behind(from + 1) })
    }

    fn block(&self, block: usize) -> &[u8] {
        self.image.get(self.places[block].clone()).unwrap_or_default()
    }

    fn first_node(&self, context: usize) -> usize {
        let mut node = u32_at(self.block(FIRST_SELECT), 4 * (context / SELECT)) as usize;
        // First nodes still to be passed, `node` being one of them.
        let mut ahead = (context % SELECT) as u32;
        while node < self.nodes {
            let bits = field(self.block(FIRST_OF), node, 24);
            let here = bits.count_ones();
            if ahead < here {
                let mut bits = bits;
                for _ in 0..ahead {
                    bits &= bits - 1;
                }
                return node + bits.trailing_zeros() as usize;
            }
            ahead -= here;
            node += 24;
        }
        self.nodes
    }

    /// The next node from `node` on that is the first of its context; the number of nodes if there is none.
    fn first_behind(&self, mut node: usize) -> usize {
        while node < self.nodes {
            let bits = field(self.block(FIRST_OF), node, 24);
            if bits != 0 {
                return (node + bits.trailing_zeros() as usize).min(self.nodes);
            }
            node += 24;
        }
        self.nodes
    }

    fn check_tokens(&self) -> Result<(), ImageError> {
        let start = |pair| u32::from(u16_at(self.block(STARTS), 2 * pair));
        if start(0) != FIRST {
            return Err(ImageError::Field {
                field: "first graphone",
                expected: FIRST.into(),
                actual: start(0).into(),
            });
        }
        if let Some(index) = (0..PAIRS).find(|&pair| start(pair) > start(pair + 1)) {
            return Err(ImageError::Contents { what: "wrong order of graphones", index });
        }
        if start(PAIRS) != self.tokens {
            let (expected, actual) = (self.tokens.into(), start(PAIRS).into());
            return Err(ImageError::Field { field: "last graphone", expected, actual });
        }
        let wrong = |phone: &u8| usize::from(*phone) >= Phone::SYMBOLS;
        match self.block(PHONES).iter().position(wrong) {
            Some(at) => Err(ImageError::Contents { what: "no phone in graphone", index: at / 2 }),
            None => Ok(()),
        }
    }

    fn check_nodes(&self) -> Result<(), ImageError> {
        let (mut parents, mut context) = (0, 0);
        let (first_of, parent) = (self.block(FIRST_OF), self.block(PARENT));
        let mut last = 0;
        for index in 0..self.nodes {
            let wrong = |what| Err(ImageError::Contents { what, index });
            if index % RANK == 0 && u32_at(self.block(PARENT_RANK), index / RANK * 4) != parents {
                return wrong("wrong count of contexts before node");
            }
            let token = self.token(index);
            let first = field(first_of, index, 1) == 1;
            if index < self.tokens as usize {
                // The empty context knows every token, so that a search always ends there.
                if token != index as u32 || first != (index == 0) {
                    return wrong("wrong token of node");
                }
            } else if token >= self.tokens || (!first && token <= last) {
                return wrong("wrong token of node");
            }
            if index == self.tokens as usize && !first {
                return wrong("no new context at node");
            }
            if first {
                if context % SELECT == 0
                    && u32_at(self.block(FIRST_SELECT), context / SELECT * 4) as usize != index
                {
                    return wrong("wrong place of a context at node");
                }
                context += 1;
            }
            last = token;
            parents += field(parent, index, 1);
        }
        if self.nodes.is_multiple_of(RANK)
            && u32_at(self.block(PARENT_RANK), self.nodes / RANK * 4) != parents
        {
            return Err(ImageError::Contents {
                what: "wrong count of contexts before node",
                index: self.nodes,
            });
        }
        for (field, actual) in [("first nodes", context), ("nodes with children", parents as usize + 1)] {
            if actual != self.contexts {
                return Err(ImageError::Field {
                    field,
                    expected: self.contexts as u64,
                    actual: actual as u64,
                });
            }
        }
        Ok(())
    }
}
