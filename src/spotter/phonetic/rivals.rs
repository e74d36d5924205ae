//! What sounds like a phrase: found in the dictionary, word by word and in pairs, and made of its own parts.

use super::distance::{Distance, GAP};
use super::phrase::{MAX_PHRASE_PHONES, MIN_PHRASE_PHONES};
use crate::lexicon::{CORE, Dictionary, Phone};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Farther than this from every pronunciation, per phone of the phrase, nothing is a rival.
const FAR: f32 = 0.34;
/// Nearer than this to a pronunciation, nothing can be told from the phrase.
const NEAR: f32 = 0.65;
/// How near a longer word has to come to containing the phrase.
const CONTAINED: f32 = 0.8;
/// Words that are kept for each half of a pair.
const HALVES: usize = 6;
/// Most rivals of each kind.
const PARTS: usize = 6;
const LONGER: usize = 16;
const WORDS: usize = 14;
const PAIRS: usize = 10;
/// Words that have earned a wake word's trust by waking real devices: published lists of 2018 to 2021.
const PUBLISHED: &[&str] = &[
    "unacceptable",
    "election",
    "a letter",
    "alex",
    "alexis",
    "lexus",
    "congresswoman",
    "actually",
    "tobacco",
    "gecko",
    "art deco",
    "okay",
    "peter",
    "and the zone",
    "ok cool",
    "cocaine noodles",
    "okay poodle",
    "a city",
    "hey jerry",
    "seriously",
    "hey charity",
    "montana",
    "extra",
    "ketchup",
    "hexagon",
    "babylon",
];

/// Something that sounds like a phrase.
#[derive(Clone, Debug, PartialEq)]
pub struct Rival {
    /// As it is written; what is only a part of the phrase has `…` where the rest is missing.
    pub text: String,
    /// How it is said: outputs of the acoustic model.
    pub phones: Vec<u8>,
    /// How far it is from the nearest pronunciation of the phrase: 0 sounds the same, 1 is one phone replaced by another
    /// that sounds nothing like it.
    pub distance: f32,
    /// What it is.
    pub kind: RivalKind,
}

/// What a rival is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RivalKind {
    /// A word or two that sound like the whole phrase.
    Alike,
    /// A longer word, or words, with the phrase in it: what follows or comes before tells them apart.
    Longer,
    /// A part of the phrase.
    Part,
    /// A word that can't be told from the phrase by its sound: it is told, but nothing can be done about it.
    Same,
    /// Added by the user.
    Added,
}

/// The phrase as its words' phones: one pronunciation.
type Words = Vec<Vec<u8>>;

/// What sounds like `phrase` (its pronunciations, word by word), the nearest first.
pub(super) fn find(phrase: &[Words], dictionary: &Dictionary<'_>) -> Vec<Rival> {
    let distance = Distance::new();
    let whole: Vec<Vec<u8>> = phrase.iter().map(|words| words.concat()).collect();
    let reversed: Vec<Vec<u8>> = whole.iter().map(|one| one.iter().rev().copied().collect()).collect();
    let mut found = Vec::new();
    parts(phrase, &mut found);
    // One pass over the dictionary: words alike or longer, and the best for each beginning and end of the phrase.
    let Some(first) = whole.first() else { return found };
    let mut heads: Vec<Vec<(f32, String, Vec<u8>)>> = alloc::vec![Vec::new(); first.len()];
    let mut tails = heads.clone();
    let ends: Vec<(&[u8], &[u8])> =
        phrase.iter().filter_map(|words| Some((&**words.first()?, &**words.last()?))).collect();
    let single = phrase.iter().all(|words| words.len() == 1);
    // Beginnings of a single word that are common words themselves, as "a" in "alexa": "a lexicon" begins so.
    let mut begins_a_pair = alloc::vec![false; first.len()];
    let core = Dictionary::new(CORE).ok();
    if let Some(core) = core.as_ref().filter(|_| single) {
        core.for_each(|_, phones| {
            let head = phones.iter().map(|phone| phone.index() as u8);
            if phones.len() + MIN_PHRASE_PHONES <= first.len()
                && head.eq(first[..phones.len()].iter().copied())
            {
                begins_a_pair[phones.len()] = true;
            }
        });
    }
    dictionary.for_each(|word, phones| {
        let said: Vec<u8> = phones.iter().map(|phone| phone.index() as u8).collect();
        for (one, back) in whole.iter().zip(&reversed) {
            let limit = FAR * one.len() as f32;
            let cost = distance.whole(one, &said, limit);
            if cost <= limit {
                found.push(rival(word.to_string(), said.clone(), cost, RivalKind::Alike));
            }
            if said.len() > one.len() && said.len() <= one.len() + 6 {
                let begins = distance.beginning(one, &said, CONTAINED);
                let cost = begins.min(distance.end(back, &said, CONTAINED));
                if cost <= CONTAINED {
                    // It differs by what it has more, and what it has less alike.
                    let more = distance.whole(one, &said, f32::INFINITY);
                    found.push(rival(word.to_string(), said.clone(), more, RivalKind::Longer));
                }
            }
        }
        for length in 1..first.len() {
            let (head, tail) = first.split_at(length);
            keep(&mut heads[length], &distance, head, word, &said);
            keep(&mut tails[length], &distance, tail, word, &said);
            if begins_a_pair[length] && said.len() > tail.len() && said.len() <= tail.len() + 4 {
                let cost = distance.beginning(tail, &said, CONTAINED);
                if cost <= CONTAINED {
                    let more = GAP * (said.len() - tail.len()) as f32 + cost;
                    let phones = [head, &said[..]].concat();
                    found.push(rival(format!("… {word}"), phones, more, RivalKind::Longer));
                }
            }
        }
        if !single {
            for (words, (begins, ends)) in phrase.iter().zip(&ends) {
                longer(words, begins, ends, word, &said, &mut found);
            }
        }
    });
    let common = |word: &str| core.as_ref().is_some_and(|core| core.get(word).is_some());
    for length in 1..first.len() {
        for (a, head, head_said) in &heads[length] {
            for (b, tail, tail_said) in &tails[length] {
                // Two names side by side are nothing that people say.
                if !common(head) && !common(tail) {
                    continue;
                }
                let said = [&head_said[..], tail_said].concat();
                let limit = FAR * first.len() as f32;
                if a + b <= limit {
                    let cost = whole
                        .iter()
                        .map(|one| distance.whole(one, &said, limit))
                        .fold(f32::INFINITY, f32::min);
                    found.push(rival(format!("{head} {tail}"), said, cost, RivalKind::Alike));
                }
            }
        }
    }
    for text in PUBLISHED {
        let mut said = Vec::new();
        for word in text.split(' ') {
            if let Some(phones) = dictionary.get(word).and_then(|mut found| found.next()) {
                said.extend(phones.iter().map(|phone| phone.index() as u8));
            }
        }
        let limit = 2.0 * FAR * first.len() as f32;
        let cost = whole.iter().map(|one| distance.whole(one, &said, limit)).fold(f32::INFINITY, f32::min);
        if cost <= limit {
            found.push(rival(text.to_string(), said, cost, RivalKind::Alike));
        }
    }
    found.retain(|rival| rival.phones.len() <= MAX_PHRASE_PHONES);
    for rival in &mut found {
        let nearest =
            whole.iter().map(|one| distance.whole(one, &rival.phones, NEAR)).fold(f32::INFINITY, f32::min);
        if nearest < NEAR {
            (rival.kind, rival.distance) = (RivalKind::Same, nearest);
        }
    }
    // Two words of which one is the phrase don't compete with it.
    let within = |one: &Vec<u8>, rival: &Rival| rival.phones.windows(one.len()).any(|part| part == one);
    found.retain(|rival| rival.kind != RivalKind::Alike || !whole.iter().any(|one| within(one, rival)));
    // A part or a pair of words that sounds the same is only one more way to say the phrase.
    found.retain(|rival| rival.kind != RivalKind::Same || !rival.text.contains(['…', ' ']));
    found.sort_by(|a, b| a.distance.total_cmp(&b.distance).then_with(|| a.text.len().cmp(&b.text.len())));
    // Some of every kind: of one alone there can be hundreds.
    let mut kept: Vec<Rival> = Vec::new();
    let mut room = [PARTS, LONGER, WORDS, PAIRS, WORDS];
    for rival in found {
        let place = match rival.kind {
            RivalKind::Part => 0,
            RivalKind::Longer => 1,
            RivalKind::Same => 4,
            _ if rival.text.contains(' ') => 3,
            _ => 2,
        };
        if room[place] > 0 && kept.iter().all(|old| old.phones != rival.phones) {
            room[place] -= 1;
            kept.push(rival);
        }
    }
    kept
}

fn rival(text: String, phones: Vec<u8>, distance: f32, kind: RivalKind) -> Rival {
    Rival { text, phones, distance, kind }
}

/// Remembers the words nearest to a beginning or an end of the phrase.
fn keep(best: &mut Vec<(f32, String, Vec<u8>)>, distance: &Distance, part: &[u8], word: &str, said: &[u8]) {
    if said.len() + 2 < part.len() || said.len() > part.len() + 2 {
        return;
    }
    let limit = best.get(HALVES - 1).map_or(FAR * (part.len() + 2) as f32, |last| last.0);
    let cost = distance.whole(part, said, limit);
    if cost < limit && best.iter().all(|old| old.2 != said) {
        let at = best.partition_point(|old| old.0 <= cost);
        best.insert(at, (cost, word.to_string(), said.to_vec()));
        best.truncate(HALVES);
    }
}

/// The phrase with its last word, or its first, replaced by a longer word that begins, or ends, the same.
fn longer(words: &Words, begins: &[u8], ends: &[u8], word: &str, said: &[u8], found: &mut Vec<Rival>) {
    let more = |part: &[u8]| said.len() > part.len() && said.len() <= part.len() + 3;
    let others = words.len() - 1;
    if more(ends) && said.starts_with(ends) {
        let phones = [words[..others].concat(), said.to_vec()].concat();
        let cost = GAP * (said.len() - ends.len()) as f32;
        found.push(rival(format!("… {word}"), phones, cost, RivalKind::Longer));
    }
    if more(begins) && said.ends_with(begins) {
        let phones = [said.to_vec(), words[1..].concat()].concat();
        let cost = GAP * (said.len() - begins.len()) as f32;
        found.push(rival(format!("{word} …"), phones, cost, RivalKind::Longer));
    }
}

/// The phrase without its first or its last syllable, or word.
fn parts(phrase: &[Words], found: &mut Vec<Rival>) {
    let vowel = |&phone: &u8| Phone::new(phone).is_some_and(Phone::is_vowel);
    for words in phrase {
        let whole = words.concat();
        let vowels: Vec<usize> = (0..whole.len()).filter(|&at| vowel(&whole[at])).collect();
        if let [first, second, ..] = vowels[..] {
            // What stands between two vowels goes with the second.
            add_part(&whole[first + 1..], "…", &whole, found);
            add_part(&whole[second..], "…", &whole, found);
        }
        if let [.., before, last] = vowels[..] {
            add_part(&whole[..last], "…", &whole, found);
            add_part(&whole[..=before], "…", &whole, found);
        }
        if words.len() > 1 {
            let (first, last) = (words[0].len(), words[words.len() - 1].len());
            add_part(&whole[first..], "…", &whole, found);
            add_part(&whole[..whole.len() - last], "…", &whole, found);
        }
    }
}

fn add_part(part: &[u8], text: &str, whole: &[u8], found: &mut Vec<Rival>) {
    if part.len() >= MIN_PHRASE_PHONES - 1 && part.len() < whole.len() {
        let names: Vec<&str> = part.iter().filter_map(|&phone| Phone::new(phone)).map(Phone::name).collect();
        let cost = GAP * (whole.len() - part.len()) as f32;
        found.push(rival(format!("{text} {}", names.join(" ")), part.to_vec(), cost, RivalKind::Part));
    }
}
