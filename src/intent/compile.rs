//! From grammars and lists to images: words become pronunciations, pronunciations trees of phones.

use super::error::{GrammarError, Place, Problem};
use super::grammar::{Grammar, List, Sentence};
use super::image::{GRAMMAR_MAGIC, HEADER, LIST_MAGIC, VERSION};
use super::lattice::{Label, Lattice};
use super::template::Template;
use crate::crc::crc32;
use crate::lexicon::{Lexicon, Phone};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Most ways to say one text of several words.
const MAX_WAYS: usize = 64;
/// Most texts that one value of a list may stand for.
const MAX_TEXTS: usize = 256;
const MAX_VALUES: usize = 1_000_000;

/// A grammar and its lists, compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The image of the grammar, for [`GrammarImage`](super::GrammarImage).
    pub grammar: Vec<u8>,
    /// The images of its lists, for [`ListImage`](super::ListImage), in the order in which it names them.
    pub lists: Vec<Vec<u8>>,
    /// Sentences that were left out because a wildcard is in them.
    pub left_out: usize,
}

/// Compiles `grammar`, with the pronunciations of `lexicon`.
///
/// # Errors
/// Names that nothing stands for, words that cannot be said, and grammars that are too large.
pub fn compile(grammar: &Grammar, lexicon: &Lexicon) -> Result<Compiled, GrammarError> {
    let lattice = Lattice::new(grammar)?;
    let mut ways = Vec::with_capacity(lattice.words.len());
    for word in &lattice.words {
        ways.push(said(&word.text, word.joined, lexicon).map_err(|problem| GrammarError {
            file: grammar.file.clone(),
            place: word.place,
            problem,
        })?);
    }
    let mut lists = Vec::new();
    for (_, list) in &lattice.lists {
        lists.push(compile_list(list, grammar, lexicon)?);
    }
    Ok(Compiled { grammar: image(&lattice, grammar, &ways), lists, left_out: lattice.wildcards })
}

/// Compiles the values of a slot. Rules that they name are those of `grammar`.
///
/// # Errors
/// As [`compile`].
pub fn compile_list(list: &List, grammar: &Grammar, lexicon: &Lexicon) -> Result<Vec<u8>, GrammarError> {
    let error = |place, problem| GrammarError { file: grammar.file.clone(), place, problem };
    let mut tree = Trie::default();
    let mut strings = Strings::default();
    for (out, text, place) in spoken_values(list, grammar)? {
        let value = strings.add(&out);
        let ways = said(&text, false, lexicon).map_err(|problem| error(place, problem))?;
        for (phones, log_weight) in ways {
            tree.add(&phones, [value, 0], log_weight);
        }
    }
    let (roots, nodes, ends) = tree.flat();
    let mut writer = Writer::new(LIST_MAGIC);
    writer.table(nodes);
    writer.table(ends);
    Ok(writer.finish(strings, [0, 0, 0, roots]))
}

/// What each value puts into its slot, and a text by which it is said.
pub(super) fn spoken_values(
    list: &List,
    grammar: &Grammar,
) -> Result<Vec<(String, String, Place)>, GrammarError> {
    let error = |place, problem| GrammarError { file: grammar.file.clone(), place, problem };
    let size = |what, expected, actual| Problem::Size { what, expected, actual };
    let mut all = Vec::new();
    match list {
        List::Wildcard => {}
        List::Range(range) if range.len() > MAX_VALUES => {
            return Err(error(Place::default(), size("values of a list", MAX_VALUES, range.len())));
        }
        List::Range(range) => {
            all.extend(range.numbers().map(|(number, out)| (out, number.to_string(), Place::default())));
        }
        List::Values(values) => {
            for value in values {
                let place = value.sentence.place;
                for text in texts(&value.sentence, grammar)? {
                    all.push((value.out.clone().unwrap_or_else(|| text.clone()), text, place));
                }
            }
            if all.len() > MAX_VALUES {
                return Err(error(Place::default(), size("values of a list", MAX_VALUES, all.len())));
            }
        }
    }
    Ok(all)
}

/// The texts that a template without lists stands for.
fn texts(sentence: &Sentence, grammar: &Grammar) -> Result<Vec<String>, GrammarError> {
    if let Template::Text(text) = &sentence.template {
        // As it is written: capitals may be initials.
        return Ok(Vec::from([text.clone()]));
    }
    Lattice::of_value(grammar, sentence)?.sentences(MAX_TEXTS).ok_or_else(|| GrammarError {
        file: grammar.file.clone(),
        place: sentence.place,
        problem: Problem::Expected {
            expected: "a value without lists that stands for at most 256 texts",
            found: "another".into(),
        },
    })
}

/// The ways in which a text is said, each with the logarithm of its weight against the likeliest.
fn said(text: &str, joined: bool, lexicon: &Lexicon) -> Result<Vec<(Vec<Phone>, f32)>, Problem> {
    let phones = |names: &str| names.split(' ').filter_map(|name| name.parse().ok()).collect();
    if joined && (text == "s" || text == "'s") {
        return Ok(["Z", "S", "IH Z"].map(|names| (phones(names), 0.0)).to_vec());
    }
    let words = lexicon.pronounce(text).map_err(|error| Problem::Word { text: text.into(), error })?;
    let mut ways: Vec<(Vec<Phone>, f32)> = Vec::from([(Vec::new(), 0.0)]);
    for word in &words {
        let mut longer: Vec<(Vec<Phone>, f32)> = Vec::new();
        let all = word.pronunciations.iter();
        let best = all.clone().map(|one| one.log_weight).fold(f32::NEG_INFINITY, f32::max);
        for (way, weight) in &ways {
            for one in all.clone() {
                let mut way = way.clone();
                way.extend(&one.phones);
                if longer.iter().all(|(known, _)| *known != way) {
                    longer.push((way, weight + one.log_weight - best));
                }
            }
        }
        // The likeliest, and of equal ones the first.
        longer.sort_by(|a, b| b.1.total_cmp(&a.1));
        longer.truncate(MAX_WAYS);
        ways = longer;
    }
    Ok(ways)
}

/// A tree of phones while it grows.
#[derive(Default)]
struct Trie {
    nodes: Vec<(BTreeMap<Phone, u32>, Vec<End>)>,
}

/// A word or value and the state that follows; the logarithm of its weight.
type End = ([u32; 2], f32);

impl Trie {
    fn add(&mut self, phones: &[Phone], what: [u32; 2], log_weight: f32) {
        if self.nodes.is_empty() {
            self.nodes.push(Default::default());
        }
        let mut at = 0;
        for phone in phones {
            let next = self.nodes.len() as u32;
            at = *self.nodes[at].0.entry(*phone).or_insert(next) as usize;
            if at as u32 == next {
                self.nodes.push(Default::default());
            }
        }
        let ends = &mut self.nodes[at].1;
        if let Some((_, known)) = ends.iter_mut().find(|(known, _)| *known == what) {
            *known = known.max(log_weight);
        } else if ends.len() < usize::from(u16::MAX) {
            ends.push((what, log_weight));
        }
    }

    /// The number of roots, and nodes and ends as records, children behind each other.
    fn flat(&self) -> (u32, Vec<[u32; 3]>, Vec<[u32; 3]>) {
        let Some((roots, _)) = self.nodes.first() else { return (0, Vec::new(), Vec::new()) };
        let (mut nodes, mut ends) = (Vec::new(), Vec::new());
        let mut open: VecDeque<(Phone, u32)> = roots.iter().map(|(phone, node)| (*phone, *node)).collect();
        let mut next = open.len() as u32;
        while let Some((phone, index)) = open.pop_front() {
            let (children, own) = &self.nodes[index as usize];
            let packed = phone.index() as u32 | (children.len() as u32) << 8 | (own.len() as u32) << 16;
            nodes.push([packed, next, ends.len() as u32]);
            next += children.len() as u32;
            ends.extend(own.iter().map(|([what, to], weight)| [*what, *to, weight.to_bits()]));
            open.extend(children.iter().map(|(phone, node)| (*phone, *node)));
        }
        (roots.len() as u32, nodes, ends)
    }
}

#[derive(Default)]
struct Strings {
    table: Vec<[u32; 2]>,
    bytes: Vec<u8>,
    known: BTreeMap<String, u32>,
}

impl Strings {
    /// A string of a further number.
    fn push(&mut self, text: &str) -> u32 {
        self.table.push([self.bytes.len() as u32, text.len() as u32]);
        self.bytes.extend_from_slice(text.as_bytes());
        self.table.len() as u32 - 1
    }

    /// The same number for the same text.
    fn add(&mut self, text: &str) -> u32 {
        if let Some(known) = self.known.get(text) {
            return *known;
        }
        let number = self.push(text);
        self.known.insert(text.into(), number);
        number
    }
}

struct Writer {
    magic: [u8; 8],
    counts: Vec<u32>,
    body: Vec<u8>,
}

impl Writer {
    fn new(magic: [u8; 8]) -> Writer {
        Writer { magic, counts: Vec::new(), body: Vec::new() }
    }

    fn table<const N: usize>(&mut self, records: Vec<[u32; N]>) {
        self.counts.push(records.len() as u32);
        self.body.extend(records.iter().flatten().flat_map(|word| word.to_le_bytes()));
    }

    /// `last`: the last four words of the header.
    fn finish(mut self, strings: Strings, last: [u32; 4]) -> Vec<u8> {
        self.table(strings.table);
        let len = HEADER + self.body.len() + strings.bytes.len();
        let mut image = Vec::with_capacity(len);
        image.extend_from_slice(&self.magic);
        for word in [VERSION, len as u32, 0].into_iter().chain(self.counts) {
            image.extend_from_slice(&word.to_le_bytes());
        }
        image.resize(HEADER - 16, 0);
        image.extend(last.iter().flat_map(|word| word.to_le_bytes()));
        image.extend(self.body);
        image.extend(strings.bytes);
        let crc = crc32([&image[..16], &image[20..]]);
        image[16..20].copy_from_slice(&crc.to_le_bytes());
        image
    }
}

fn image(lattice: &Lattice, grammar: &Grammar, ways: &[Vec<(Vec<Phone>, f32)>]) -> Vec<u8> {
    let mut strings = Strings::default();
    for text in lattice.words.iter().map(|word| &word.text).chain(lattice.lists.iter().map(|(name, _)| name))
    {
        strings.push(text);
    }
    // Slots that only have fixed values come behind those that are said.
    let mut slots: Vec<&str> = lattice.slots.iter().map(String::as_str).collect();
    for (name, _) in grammar.intents.iter().flat_map(|intent| &intent.blocks).flat_map(|block| &block.slots) {
        if !slots.contains(&&name[..]) {
            slots.push(name);
        }
    }
    for slot in &slots {
        strings.push(slot);
    }
    let (mut meanings, mut fixed) = (Vec::new(), Vec::new());
    for (intent, block) in &lattice.blocks {
        let intent = &grammar.intents[*intent];
        let first = fixed.len() as u32;
        for (name, value) in &intent.blocks[*block].slots {
            let slot = slots.iter().position(|slot| slot == name).unwrap_or_default();
            fixed.push([slot as u32, strings.add(value)]);
        }
        meanings.push([strings.add(&intent.name), first, fixed.len() as u32 - first]);
    }
    let (mut states, mut arcs, mut nodes, mut ends) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for state in &lattice.states {
        let mut tree = Trie::default();
        let first_arc = arcs.len() as u32;
        for (label, to) in &state.arcs {
            match *label {
                Label::List { list, slot } => arcs.push([list, slot, *to]),
                Label::Word(word) => {
                    for (phones, log_weight) in &ways[word as usize] {
                        tree.add(phones, [word, *to], *log_weight);
                    }
                }
            }
        }
        let (roots, own_nodes, own_ends) = tree.flat();
        let (first_node, first_end) = (nodes.len() as u32, ends.len() as u32);
        let accept = state.accept.map_or(0, |meaning| meaning + 1);
        states.push([first_node, roots, first_arc, arcs.len() as u32 - first_arc, accept]);
        nodes.extend(
            own_nodes.iter().map(|[packed, child, end]| [*packed, child + first_node, end + first_end]),
        );
        ends.extend(own_ends);
    }
    let mut writer = Writer::new(GRAMMAR_MAGIC);
    writer.table(states);
    writer.table(arcs);
    writer.table(nodes);
    writer.table(ends);
    writer.table(meanings);
    writer.table(fixed);
    let names = [lattice.words.len() as u32, lattice.lists.len() as u32, slots.len() as u32, 0];
    writer.finish(strings, names)
}
