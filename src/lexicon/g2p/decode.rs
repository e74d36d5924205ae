//! The likeliest pronunciations of letters: a beam search, letter by letter.
//!
//! Costs are whole numbers and ties go to what was found first, so that every machine finds the same.

use super::super::phone::Phone;
use super::image::{Context, G2p};
use super::{BEGIN, END, LETTERS, MAX_ORDER, UNIT};
use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

/// A pronunciation of letters.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// At least one.
    pub phones: Vec<Phone>,
    /// Natural logarithm of its probability, given the letters, among all that the search found.
    pub log_probability: f32,
}

/// The contexts of the last 0, 1, 2 … tokens, none where the model knows nothing of them.
type State = [Option<Context>; MAX_ORDER];

/// Some of the letters, explained.
#[derive(Clone, Copy)]
struct Hypothesis {
    cost: i64,
    /// What it goes on from, among those that were gone on from.
    parent: usize,
    token: u32,
}

/// One that was gone on from.
struct Expanded {
    parent: usize,
    token: u32,
    state: State,
}

impl G2p<'_> {
    /// The `count` likeliest pronunciations of `word`, best first. Empty for an empty word, or if the model makes
    /// nothing of its letters, which no trained one does.
    ///
    /// # Errors
    /// The first character that is no letter a … z, in either case, and no apostrophe.
    pub fn guess(&self, word: &str, count: usize) -> Result<Vec<Guess>, char> {
        let letters: Vec<usize> = word
            .chars()
            .map(|c| {
                let lower = u8::try_from(c.to_ascii_lowercase()).ok();
                lower.and_then(|byte| LETTERS.iter().position(|&letter| letter == byte)).ok_or(c)
            })
            .collect::<Result<_, _>>()?;
        Ok(self.search(&letters, count))
    }

    fn search(&self, letters: &[usize], count: usize) -> Vec<Guess> {
        let mut stacks: Vec<Vec<Hypothesis>> = vec![Vec::new(); letters.len() + 1];
        let mut expanded: Vec<Expanded> = Vec::new();
        let mut ends: BTreeMap<Vec<Phone>, Vec<i64>> = BTreeMap::new();
        stacks[0].push(Hypothesis { cost: 0, parent: usize::MAX, token: BEGIN });
        let mut empty = State::default();
        empty[0] = Some(self.empty_context());
        for at in 0..=letters.len() {
            let mut stack = core::mem::take(&mut stacks[at]);
            // Stable: of equals the one found first.
            stack.sort_by_key(|hypothesis| hypothesis.cost);
            stack.truncate(self.beam);
            let limit = stack.first().map_or(0, |best| best.cost) + self.spread;
            for hypothesis in stack.into_iter().take_while(|hypothesis| hypothesis.cost <= limit) {
                let before = expanded.get(hypothesis.parent).map_or(&empty, |parent| &parent.state);
                let state = self.advance(before, hypothesis.token);
                let this = expanded.len();
                if at == letters.len() {
                    let phones = self.said(&expanded, &hypothesis);
                    if !phones.is_empty() {
                        self.follow(&state, END..END + 1, |_, cost| {
                            ends.entry(phones.clone()).or_default().push(hypothesis.cost + cost);
                        });
                    }
                    continue;
                }
                for size in 1..=2 {
                    let second = letters.get(at + 1).copied();
                    let (next, second) = if size == 1 { (at + 1, None) } else { (at + 2, second) };
                    let Some(stack) = stacks.get_mut(next) else { break };
                    self.follow(&state, self.range(letters[at], second), |token, cost| {
                        stack.push(Hypothesis { cost: hypothesis.cost + cost, parent: this, token });
                    });
                }
                expanded.push(Expanded { parent: hypothesis.parent, token: hypothesis.token, state });
            }
        }
        ranked(ends, count)
    }

    /// The contexts once `token` has followed.
    fn advance(&self, state: &State, token: u32) -> State {
        let mut next = State::default();
        next[0] = Some(self.empty_context());
        for (longer, context) in next[1..self.order].iter_mut().zip(state) {
            let node =
                context.as_ref().and_then(|context| self.narrowed(context, &(token..token + 1)).next());
            *longer = node.and_then(|node| self.context(node));
        }
        next
    }

    /// Calls `take` with every token of `tokens` and its cost behind `state`, in the order of the tokens.
    fn follow(&self, state: &State, tokens: core::ops::Range<u32>, mut take: impl FnMut(u32, i64)) {
        let mut costs: Vec<Option<i64>> = vec![None; tokens.len()];
        let mut backed_off = 0;
        for context in state[..self.order].iter().rev().flatten() {
            for node in self.narrowed(context, &tokens) {
                let place = costs.get_mut((self.token(node) - tokens.start) as usize);
                if let Some(cost @ None) = place {
                    *cost = Some(backed_off + self.cost(node));
                }
            }
            backed_off += self.back_cost(context);
        }
        for (token, cost) in tokens.zip(costs) {
            if let Some(cost) = cost {
                take(token, cost);
            }
        }
    }

    fn said(&self, expanded: &[Expanded], last: &Hypothesis) -> Vec<Phone> {
        let (mut tokens, mut at) = (Vec::from([last.token]), last.parent);
        while let Some(hypothesis) = expanded.get(at) {
            tokens.push(hypothesis.token);
            at = hypothesis.parent;
        }
        tokens.iter().rev().flat_map(|&token| self.phones(token)).collect()
    }
}

/// Different divisions into graphones of the same phones count together.
fn ranked(ends: BTreeMap<Vec<Phone>, Vec<i64>>, count: usize) -> Vec<Guess> {
    let best = ends.values().flatten().copied().min().unwrap_or_default();
    let likelihood = |cost: &i64| libm::exp((best - cost) as f64 / UNIT);
    let mut all: Vec<(Vec<Phone>, f64)> =
        ends.into_iter().map(|(phones, costs)| (phones, costs.iter().map(likelihood).sum())).collect();
    let total: f64 = all.iter().map(|(_, likelihood)| likelihood).sum();
    // Stable, and the map was sorted by phones.
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(count);
    let guess =
        |(phones, p): (Vec<Phone>, f64)| Guess { phones, log_probability: libm::log(p / total) as f32 };
    all.into_iter().map(guess).collect()
}
