//! From templates to a deterministic automaton over words and lists.
//!
//! First a network of fragments: letters, spaces, lists. `light[s]` is one word or the other, so words appear only
//! where fragments are put together between two spaces. Then subsets of places of that network are the states of the
//! automaton (Rabin and Scott 1959), and states that lead to the same are made one (Moore 1956).

use super::error::{GrammarError, Place, Problem};
use super::grammar::{Block, Grammar, List, Sentence};
use super::template::{Template, inline_range};
use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Deepest nesting of rules.
const MAX_DEPTH: usize = 24;
/// Most parts of a permutation: each subset of them is a place.
const MAX_PERMUTATION: usize = 8;
const MAX_PLACES: usize = 4_000_000;
const MAX_STATES: usize = 200_000;

/// What leads from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    /// A word, by its number.
    Word(u32),
    /// A value of a list, kept in a slot; slots count from 1, 0 keeps nothing.
    List { list: u32, slot: u32 },
}

/// A word of a grammar.
#[derive(Clone, Debug)]
pub(super) struct LatticeWord {
    pub(super) text: String,
    /// Directly behind a list's value, perhaps without a space: the `s` of `{name}[s]`.
    pub(super) joined: bool,
    /// A place where it is from, for errors.
    pub(super) place: Place,
}

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) arcs: Vec<(Label, u32)>,
    /// The block, counted over all intents, whose sentences end here.
    pub(super) accept: Option<u32>,
}

/// The automaton of a grammar. State 0 is the first.
#[derive(Clone, Debug)]
pub(super) struct Lattice {
    pub(super) states: Vec<State>,
    pub(super) words: Vec<LatticeWord>,
    pub(super) lists: Vec<(String, List)>,
    /// Slot `n` of a label is `slots[n - 1]`.
    pub(super) slots: Vec<String>,
    /// Intent and number of each block.
    pub(super) blocks: Vec<(usize, usize)>,
    /// Sentences left out because a wildcard is in them.
    pub(super) wildcards: usize,
}

enum Edge {
    Nothing,
    Space,
    Text(u32),
    List(u32, u32),
}

#[derive(Default)]
struct Node {
    edges: Vec<(Edge, u32)>,
    accept: Option<u32>,
    behind_list: bool,
    place: Place,
}

struct Builder<'g> {
    grammar: &'g Grammar,
    nodes: Vec<Node>,
    texts: Vec<String>,
    lists: Vec<(String, List)>,
    list_numbers: BTreeMap<(Option<u32>, String), u32>,
    slots: Vec<String>,
}

/// Where a template is expanded: whose rules and lists it sees.
struct Scope<'g> {
    block: &'g Block,
    number: u32,
    place: Place,
    depth: usize,
}

/// The place `at` characters on.
fn further(place: Place, at: usize) -> Place {
    let column = if place.line == 0 { 0 } else { place.column + at as u32 };
    Place { column, ..place }
}

impl Lattice {
    /// # Errors
    /// Names that nothing stands for, and grammars that are too large.
    pub(super) fn new(grammar: &Grammar) -> Result<Lattice, GrammarError> {
        let mut builder = Builder {
            grammar,
            nodes: Vec::from([Node::default()]),
            texts: Vec::new(),
            lists: Vec::new(),
            list_numbers: BTreeMap::new(),
            slots: Vec::new(),
        };
        let (mut blocks, mut wildcards) = (Vec::new(), 0);
        for (i, intent) in grammar.intents.iter().enumerate() {
            for (b, block) in intent.blocks.iter().enumerate() {
                let number = blocks.len() as u32;
                blocks.push((i, b));
                for sentence in &block.sentences {
                    let scope = Scope { block, number, place: sentence.place, depth: 0 };
                    if builder.has_wildcard(&sentence.template, &scope)? {
                        wildcards += 1;
                        continue;
                    }
                    let end = builder.add(&sentence.template, 0, &scope)?;
                    builder.nodes[end as usize].accept.get_or_insert(number);
                }
            }
        }
        builder.automaton(blocks, wildcards)
    }

    /// The sentences of one list's value, as words.
    pub(super) fn of_value(grammar: &Grammar, sentence: &Sentence) -> Result<Lattice, GrammarError> {
        let block = Block { sentences: Vec::from([sentence.clone()]), ..Block::default() };
        let intent = super::grammar::Intent { name: String::new(), blocks: Vec::from([block]) };
        Lattice::new(&Grammar {
            file: grammar.file.clone(),
            intents: Vec::from([intent]),
            lists: grammar.lists.clone(),
            rules: grammar.rules.clone(),
        })
    }

    /// All sentences as texts, if there are no more than `most` and no lists in them.
    pub(super) fn sentences(&self, most: usize) -> Option<Vec<String>> {
        let mut all = Vec::new();
        let mut open = Vec::from([(0, String::new())]);
        while let Some((state, text)) = open.pop() {
            let state = &self.states[state as usize];
            if state.accept.is_some() && !text.is_empty() {
                all.push(text.clone());
            }
            for (label, to) in &state.arcs {
                let Label::Word(word) = label else { return None };
                let space = if text.is_empty() { "" } else { " " };
                open.push((*to, text.clone() + space + &self.words[*word as usize].text));
            }
            if all.len() + open.len() > most {
                return None;
            }
        }
        all.sort();
        Some(all)
    }
}

impl<'g> Builder<'g> {
    fn error(&self, place: Place, problem: Problem) -> GrammarError {
        GrammarError { file: self.grammar.file.clone(), place, problem }
    }

    fn rule(&self, name: &str, at: usize, scope: &Scope<'g>) -> Result<&'g Sentence, GrammarError> {
        let place = further(scope.place, at);
        if scope.depth >= MAX_DEPTH {
            return Err(self.error(place, Problem::Depth { expected: MAX_DEPTH, rule: name.into() }));
        }
        let found = scope.block.rules.get(name).or_else(|| self.grammar.rules.get(name));
        found.ok_or_else(|| self.error(place, Problem::Rule(name.into())))
    }

    fn list(&self, name: &str, at: usize, scope: &Scope<'g>) -> Result<(Option<u32>, List), GrammarError> {
        if let Some(list) = scope.block.lists.get(name) {
            return Ok((Some(scope.number), list.clone()));
        }
        let found = self.grammar.lists.get(name).cloned().or_else(|| inline_range(name).map(List::Range));
        let missing = || self.error(further(scope.place, at), Problem::List(name.into()));
        Ok((None, found.ok_or_else(missing)?))
    }

    fn has_wildcard(&self, template: &Template, scope: &Scope<'g>) -> Result<bool, GrammarError> {
        match template {
            Template::Text(_) => Ok(false),
            Template::Sequence(parts) | Template::Permutation(parts) => {
                let mut any = false;
                for part in parts {
                    any |= self.has_wildcard(part, scope)?;
                }
                Ok(any)
            }
            // An alternative with a wildcard is left out by itself.
            Template::Alternative(parts) => {
                let mut all = true;
                for part in parts {
                    all &= self.has_wildcard(part, scope)?;
                }
                Ok(all)
            }
            Template::List { list, at, .. } => Ok(matches!(self.list(list, *at, scope)?.1, List::Wildcard)),
            Template::Rule { name, at } => {
                let rule = self.rule(name, *at, scope)?;
                let inner = Scope { place: rule.place, depth: scope.depth + 1, ..*scope };
                self.has_wildcard(&rule.template, &inner)
            }
        }
    }

    fn node(&mut self, place: Place) -> Result<u32, GrammarError> {
        if self.nodes.len() >= MAX_PLACES {
            let problem =
                Problem::Size { what: "places", expected: MAX_PLACES, actual: self.nodes.len() + 1 };
            return Err(self.error(place, problem));
        }
        self.nodes.push(Node { place, ..Node::default() });
        Ok(self.nodes.len() as u32 - 1)
    }

    fn edge(&mut self, from: u32, edge: Edge, to: u32) {
        self.nodes[from as usize].edges.push((edge, to));
    }

    /// Adds `template` behind `from`; where it ends.
    fn add(&mut self, template: &Template, from: u32, scope: &Scope<'g>) -> Result<u32, GrammarError> {
        match template {
            Template::Text(text) => self.text(text, from, scope.place),
            Template::Sequence(parts) => {
                parts.iter().try_fold(from, |from, part| self.add(part, from, scope))
            }
            Template::Alternative(parts) => {
                let end = self.node(scope.place)?;
                for part in parts {
                    if !self.has_wildcard(part, scope)? {
                        // A place of its own, so that what is added to one alternative is in that one only.
                        let start = self.node(scope.place)?;
                        self.edge(from, Edge::Nothing, start);
                        let last = self.add(part, start, scope)?;
                        self.edge(last, Edge::Nothing, end);
                    }
                }
                Ok(end)
            }
            Template::Permutation(parts) => self.permutation(parts, from, scope),
            Template::List { list, slot, at } => {
                let (block, values) = self.list(list, *at, scope)?;
                let next = self.lists.len() as u32;
                let number = *self.list_numbers.entry((block, list.clone())).or_insert(next);
                if number == next {
                    self.lists.push((list.clone(), values));
                }
                let slot = match slot {
                    None => 0,
                    Some(slot) => match self.slots.iter().position(|known| known == slot) {
                        Some(known) => known + 1,
                        None => {
                            self.slots.push(slot.clone());
                            self.slots.len()
                        }
                    },
                };
                let to = self.node(further(scope.place, *at))?;
                self.nodes[to as usize].behind_list = true;
                self.edge(from, Edge::List(number, slot as u32), to);
                Ok(to)
            }
            Template::Rule { name, at } => {
                let rule = self.rule(name, *at, scope)?;
                let inner = Scope { place: rule.place, depth: scope.depth + 1, ..*scope };
                self.add(&rule.template, from, &inner)
            }
        }
    }

    /// Every order of `parts`, with spaces between: one place per subset of parts that were said.
    fn permutation(&mut self, parts: &[Template], from: u32, scope: &Scope<'g>) -> Result<u32, GrammarError> {
        if parts.len() > MAX_PERMUTATION {
            let problem = Problem::Size {
                what: "parts of a permutation",
                expected: MAX_PERMUTATION,
                actual: parts.len(),
            };
            return Err(self.error(scope.place, problem));
        }
        let all = (1usize << parts.len()) - 1;
        let mut places = Vec::from([from]);
        for _ in 0..all {
            places.push(self.node(scope.place)?);
        }
        for said in 0..all {
            for (n, part) in parts.iter().enumerate().filter(|(n, _)| said >> n & 1 == 0) {
                let start = self.node(scope.place)?;
                self.edge(places[said], Edge::Space, start);
                let last = self.add(part, start, scope)?;
                self.edge(last, Edge::Space, places[said | 1 << n]);
            }
        }
        Ok(places[all])
    }

    fn text(&mut self, text: &str, mut from: u32, place: Place) -> Result<u32, GrammarError> {
        let mut fragment = String::new();
        for c in text.chars().chain(core::iter::once('\0')) {
            if c == '\0' || c.is_whitespace() {
                if !fragment.is_empty() {
                    let to = self.node(place)?;
                    self.texts.push(core::mem::take(&mut fragment));
                    self.edge(from, Edge::Text(self.texts.len() as u32 - 1), to);
                    from = to;
                }
                if c != '\0' {
                    let to = self.node(place)?;
                    self.edge(from, Edge::Space, to);
                    from = to;
                }
            } else {
                fragment.extend(normal(c).into_iter().flatten());
            }
        }
        Ok(from)
    }

    fn automaton(mut self, blocks: Vec<(usize, usize)>, wildcards: usize) -> Result<Lattice, GrammarError> {
        let mut words = Words::default();
        let mut cache = BTreeMap::new();
        let mut numbers: BTreeMap<Vec<Spot>, u32> = BTreeMap::new();
        let mut states: Vec<State> = Vec::new();
        let mut open = VecDeque::new();
        let first = Vec::from([Spot { node: 0, lists_only: false }]);
        numbers.insert(first.clone(), 0);
        states.push(State::default());
        open.push_back(first);
        while let Some(subset) = open.pop_front() {
            let number = numbers[&subset];
            let mut arcs: BTreeMap<Label, BTreeSet<Spot>> = BTreeMap::new();
            let mut accept: Option<u32> = None;
            for spot in subset {
                let leads =
                    cache.entry(spot).or_insert_with(|| leads(&self.nodes, &self.texts, &mut words, spot));
                for (label, to) in &leads.arcs {
                    arcs.entry(*label).or_default().insert(*to);
                }
                accept = [accept, leads.accept].into_iter().flatten().min();
            }
            let mut own = Vec::new();
            for (label, to) in arcs {
                let to: Vec<Spot> = to.into_iter().collect();
                let next = numbers.len() as u32;
                let to = match numbers.get(&to) {
                    Some(known) => *known,
                    None => {
                        numbers.insert(to.clone(), next);
                        states.push(State::default());
                        open.push_back(to);
                        next
                    }
                };
                own.push((label, to));
            }
            if states.len() > MAX_STATES {
                let problem = Problem::Size { what: "states", expected: MAX_STATES, actual: states.len() };
                return Err(self.error(Place::default(), problem));
            }
            states[number as usize] = State { arcs: own, accept };
        }
        let states = minimised(states);
        let slots = core::mem::take(&mut self.slots);
        Ok(Lattice { states, words: words.all, lists: self.lists, slots, blocks, wildcards })
    }
}

/// A place of the network where a word begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    node: u32,
    /// A word ended here because a list follows: nothing else may.
    lists_only: bool,
}

#[derive(Default)]
struct Words {
    all: Vec<LatticeWord>,
    numbers: BTreeMap<(String, bool), u32>,
}

impl Words {
    fn number(&mut self, text: &str, joined: bool, place: Place) -> u32 {
        *self.numbers.entry((text.to_owned(), joined)).or_insert_with(|| {
            self.all.push(LatticeWord { text: text.to_string(), joined, place });
            self.all.len() as u32 - 1
        })
    }
}

struct Leads {
    arcs: BTreeSet<(Label, Spot)>,
    accept: Option<u32>,
}

/// The words and lists that lead away from `spot`, and whether a sentence may end there.
fn leads(nodes: &[Node], texts: &[String], words: &mut Words, spot: Spot) -> Leads {
    let mut leads = Leads { arcs: BTreeSet::new(), accept: None };
    let joined = nodes[spot.node as usize].behind_list && !spot.lists_only;
    let mut seen = BTreeSet::new();
    let mut open = Vec::from([(spot.node, String::new(), joined)]);
    while let Some((number, text, joined)) = open.pop() {
        if !seen.insert((number, text.clone(), joined)) {
            continue;
        }
        let node = &nodes[number as usize];
        if let Some(block) = node.accept {
            if text.is_empty() {
                leads.accept = Some(leads.accept.map_or(block, |known| known.min(block)));
            } else {
                // Ends here: the place behind is this one again, where no list may follow, since none can at an end.
                let word = Label::Word(words.number(&text, joined, node.place));
                leads.arcs.insert((word, Spot { node: number, lists_only: true }));
            }
        }
        let mut list_follows = false;
        for (edge, to) in &node.edges {
            match edge {
                Edge::Nothing if !spot.lists_only || number != spot.node => {
                    open.push((*to, text.clone(), joined));
                }
                Edge::Text(fragment) if !spot.lists_only => {
                    open.push((*to, text.clone() + &texts[*fragment as usize], joined));
                }
                Edge::Space if text.is_empty() && !spot.lists_only => open.push((*to, text.clone(), false)),
                Edge::Space if !text.is_empty() => {
                    let word = Label::Word(words.number(&text, joined, node.place));
                    leads.arcs.insert((word, Spot { node: *to, lists_only: false }));
                }
                Edge::List(list, slot) if text.is_empty() => {
                    let label = Label::List { list: *list, slot: *slot };
                    leads.arcs.insert((label, Spot { node: *to, lists_only: false }));
                }
                Edge::List(..) => list_follows = true,
                _ => {}
            }
        }
        if list_follows {
            let word = Label::Word(words.number(&text, joined, node.place));
            leads.arcs.insert((word, Spot { node: number, lists_only: true }));
        }
    }
    leads
}

/// Makes states one that lead to the same.
fn minimised(states: Vec<State>) -> Vec<State> {
    let mut classes: Vec<u32> = Vec::new();
    let mut count = 0;
    loop {
        let mut numbers = BTreeMap::new();
        let next: Vec<u32> = states
            .iter()
            .enumerate()
            .map(|(n, state)| {
                let arcs: Vec<(Label, u32)> = match classes.is_empty() {
                    true => Vec::new(),
                    false => state.arcs.iter().map(|(label, to)| (*label, classes[*to as usize])).collect(),
                };
                let class = classes.get(n).copied().unwrap_or(0);
                let next = numbers.len() as u32;
                *numbers.entry((state.accept, class, arcs)).or_insert(next)
            })
            .collect();
        let grown = numbers.len() > count;
        count = numbers.len();
        classes = next;
        if !grown {
            break;
        }
    }
    let mut merged: Vec<Option<State>> = alloc::vec![None; count];
    for (state, class) in states.into_iter().zip(&classes) {
        let place = &mut merged[*class as usize];
        if place.is_none() {
            let arcs = state.arcs.into_iter().map(|(label, to)| (label, classes[to as usize])).collect();
            *place = Some(State { arcs, accept: state.accept });
        }
    }
    merged.into_iter().flatten().collect()
}

/// A character as words are compared: small; marks that are not said are left out.
pub(super) fn normal(c: char) -> Option<impl Iterator<Item = char>> {
    const SILENT: &str = ".。,，?¿？؟!¡！;；:：…—–―\"";
    let c = if c == '’' { '\'' } else { c };
    if SILENT.contains(c) { None } else { Some(c.to_lowercase()) }
}
