//! Images of dictionaries and of letter-to-sound models: what is written is read, what is broken is an error.
#![cfg(feature = "alloc")]

mod seal;

use earnest::lexicon::{
    CORE, Dictionary, DictionaryBuilder, EntryError, G2p, ImageError, MAX_PHONES, MAX_WORD, Phone, entries,
};
use proptest::prelude::*;
use seal::seal;
use std::collections::BTreeMap;

const LETTERS: &[u8] = include_bytes!("../models/g2p-en.bin");

/// Makes length and checksum right, as whoever wants to do harm would.
fn sign(image: &mut [u8]) {
    if image.len() >= 20 {
        let len = image.len() as u32;
        image[12..16].copy_from_slice(&len.to_le_bytes());
        seal(image);
    }
}

/// Uses what passes as an image; whatever comes, it must come back.
fn run(image: &[u8]) -> bool {
    let mut passed = false;
    if let Ok(dictionary) = Dictionary::new(image) {
        passed = true;
        let mut words = Vec::new();
        dictionary.for_each(|word, phones| words.push((word.to_string(), phones.to_vec())));
        assert_eq!(words.len(), dictionary.pronunciations());
        for (word, phones) in words {
            assert!(dictionary.get(&word).unwrap().any(|found| *found == *phones));
        }
    }
    if let Ok(model) = G2p::new(image) {
        passed = true;
        for word in ["", "a", "quick", "o'brien", "zzzzzzzzzzzzzzzzzzzzzz"] {
            let guesses = model.guess(word, 3).unwrap();
            assert!(guesses.iter().all(|guess| !guess.phones.is_empty() && guess.log_probability <= 0.0));
        }
    }
    passed
}

fn phones() -> impl Strategy<Value = Vec<Phone>> {
    prop::collection::vec((1u8..39).prop_map(|n| Phone::new(n).unwrap()), 1..=MAX_PHONES)
}

fn lexicon() -> impl Strategy<Value = BTreeMap<String, Vec<Vec<Phone>>>> {
    // Short words of few letters share their beginnings, long ones reach the limits.
    let word = prop_oneof![4 => "[ab'.-]{1,6}", 2 => "[a-z0-9'.-]{1,12}", 1 => "a{1,40}[a-z]{1,8}"];
    prop::collection::btree_map(word, prop::collection::vec(phones(), 1..4), 0..80)
}

fn image(words: &BTreeMap<String, Vec<Vec<Phone>>>) -> Vec<u8> {
    let mut builder = DictionaryBuilder::new();
    for (word, pronunciations) in words {
        for phones in pronunciations {
            builder.add(word, phones).unwrap();
        }
    }
    builder.to_image()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_word_comes_back_and_no_other(words in lexicon(), others in prop::collection::vec("[a-z'.-]{0,8}", 20)) {
        let image = image(&words);
        let dictionary = Dictionary::new(&image[..]).unwrap();
        prop_assert_eq!(dictionary.words(), words.len());
        let mut listed = Vec::new();
        dictionary.for_each(|word, phones| listed.push((word.to_string(), phones.to_vec())));
        let mut expected = Vec::new();
        for (word, pronunciations) in &words {
            let mut unique: Vec<&Vec<Phone>> = Vec::new();
            pronunciations.iter().for_each(|p| if !unique.contains(&p) { unique.push(p) });
            let found: Vec<Vec<Phone>> = dictionary.get(&word.to_uppercase()).unwrap().map(|p| p.to_vec()).collect();
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), unique.clone());
            expected.extend(unique.into_iter().map(|p| (word.clone(), p.clone())));
        }
        prop_assert_eq!(listed, expected);
        for other in others {
            prop_assert_eq!(dictionary.get(&other).is_some(), words.contains_key(&other), "{}", other);
        }
    }

    #[test]
    fn any_text_may_be_asked_for(text in r"\PC{0,60}") {
        let dictionary = Dictionary::new(CORE).unwrap();
        let _ = dictionary.get(&text).map(Iterator::count);
        let model = G2p::new(LETTERS).unwrap();
        let letters = text.chars().all(|c| c.is_ascii_alphabetic() || c == '\'');
        prop_assert_eq!(model.guess(&text, 2).is_ok(), letters);
    }

    #[test]
    fn any_changed_byte_is_seen(letters: bool, at in 0.0f64..1.0, mask in 1u8..) {
        let mut image = if letters { LETTERS } else { CORE }.to_vec();
        let at = (at * image.len() as f64) as usize;
        image[at] ^= mask;
        prop_assert!(Dictionary::new(&image[..]).is_err() && G2p::new(&image[..]).is_err());
    }

    #[test]
    fn cut_or_longer_images_are_errors(at in 0.0f64..1.0) {
        let mut image = CORE.to_vec();
        let at = (at * image.len() as f64) as usize;
        prop_assert!(Dictionary::new(&image[..at]).is_err());
        image.push(0);
        prop_assert!(Dictionary::new(image).is_err());
    }

    #[test]
    fn lies_with_a_right_checksum_do_no_harm(
        words in lexicon(),
        lies in prop::collection::vec((5usize..4000, prop_oneof![any::<u32>(), 0u32..300, Just(u32::MAX)], 0u8..3), 1..4),
    ) {
        let mut image = image(&words);
        lie(&mut image, &lies);
        run(&image);
    }

    #[test]
    fn any_bytes_do_no_harm(letters: bool, mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        run(&bytes);
        let magic = if letters { b"EARN-G2P\x01\0\0\0" } else { b"EARN-LEX\x01\0\0\0" };
        bytes.splice(0..0, *magic);
        sign(&mut bytes);
        run(&bytes);
    }
}

fn lie(image: &mut [u8], lies: &[(usize, u32, u8)]) {
    for &(word, value, how) in lies {
        let at = 4 * (word % (image.len() / 4));
        let old = u32::from_le_bytes(image[at..at + 4].try_into().unwrap());
        let new = match how {
            0 => value,
            1 => old.wrapping_add(value),
            _ => old ^ 1 << (value % 32),
        };
        image[at..at + 4].copy_from_slice(&new.to_le_bytes());
    }
    image[..12].copy_from_slice(b"EARN-LEX\x01\0\0\0");
    sign(image);
}

proptest! {
    // A check of this image takes milliseconds.
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn lies_about_letters_do_no_harm(
        lies in prop::collection::vec((prop_oneof![5usize..600, 5usize..400_000], any::<u32>(), 0u8..3), 1..3),
    ) {
        let mut image = LETTERS.to_vec();
        lie(&mut image, &lies);
        image[..8].copy_from_slice(b"EARN-G2P");
        sign(&mut image);
        run(&image);
    }
}

#[test]
fn lies_are_told_or_harmless_one_by_one() {
    // Every bit of a small dictionary that is no data: only those in the words themselves may pass.
    let mut builder = DictionaryBuilder::new();
    for entry in entries("one W AH1 N\ntwo T UW1\ntwo(2) T AH0\nthree TH R IY1\n") {
        let entry = entry.unwrap();
        builder.add(entry.word, &entry.phones).unwrap();
    }
    let good = builder.to_image();
    assert!(run(&good));
    let mut passed = 0;
    for bit in 20 * 8..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        sign(&mut bad);
        passed += usize::from(run(&bad));
    }
    assert!(passed < good.len() * 8 / 10, "{passed} of {}", good.len() * 8);
}

#[test]
fn ngrams_out_of_order_are_told() {
    let mut image = LETTERS.to_vec();
    let word = |n: usize| u32::from_le_bytes(LETTERS[20 + 4 * n..24 + 4 * n].try_into().unwrap()) as usize;
    let (tokens, nodes, contexts, token_bits, cost_bits) = (word(0), word(1), word(2), word(4), word(5));
    let before = [
        2 * (27 * 28 + 1),
        2 * tokens,
        2 << cost_bits,
        2 << cost_bits,
        nodes.div_ceil(8),
        4 * (nodes + 1).div_ceil(256),
        nodes.div_ceil(8),
        4 * contexts.div_ceil(64),
    ];
    let at = 64 + before.map(|bytes| bytes.next_multiple_of(8)).iter().sum::<usize>();
    // Token 0 for several nodes on end, somewhere in the middle.
    let middle = at + nodes * token_bits / 16;
    image[middle..middle + 64].fill(0);
    sign(&mut image);
    let error = G2p::new(image).unwrap_err();
    assert!(matches!(error, ImageError::Contents { what: "wrong token of node", .. }), "{error}");
}

#[test]
fn other_files_are_told_apart() {
    assert!(
        matches!(Dictionary::new(LETTERS), Err(ImageError::Magic { expected }) if &expected == b"EARN-LEX")
    );
    assert!(matches!(G2p::new(CORE), Err(ImageError::Magic { expected }) if &expected == b"EARN-G2P"));
    let mut image = CORE.to_vec();
    image[8] = 9;
    sign(&mut image);
    assert_eq!(Dictionary::new(image).unwrap_err(), ImageError::Version { expected: 1, actual: 9 });
    assert_eq!(Dictionary::new(&CORE[..30]).unwrap_err(), ImageError::Length { expected: 64, actual: 30 });
}

#[test]
fn what_no_dictionary_can_hold_is_an_error() {
    let mut builder = DictionaryBuilder::new();
    let ah = "AH".parse().unwrap();
    assert_eq!(builder.add("naïve", &[ah]), Err(EntryError::Character { actual: 'ï' }));
    assert_eq!(builder.add("", &[ah]), Err(EntryError::WordLength { expected: MAX_WORD, actual: 0 }));
    assert_eq!(
        builder.add(&"a".repeat(49), &[ah]),
        Err(EntryError::WordLength { expected: MAX_WORD, actual: 49 })
    );
    assert_eq!(builder.add("a", &[]), Err(EntryError::Phones { expected: MAX_PHONES, actual: 0 }));
    assert_eq!(builder.add("a", &[ah, Phone::BLANK]), Err(EntryError::Blank { index: 1 }));
    assert_eq!(builder.words(), 0);
}

#[test]
fn the_core_dictionary_has_the_words_of_its_list() {
    let dictionary = Dictionary::new(CORE).unwrap();
    let list = include_str!("../models/lexicon-core.txt");
    let lines = list.lines().map(|line| line.split('#').next().unwrap());
    let words: std::collections::BTreeSet<&str> = lines.flat_map(str::split_whitespace).collect();
    assert_eq!(dictionary.words(), words.len());
    for word in words {
        assert!(dictionary.get(word).is_some_and(|mut found| found.next().is_some()), "{word}");
    }
    let said: Vec<String> = dictionary.get("Tomorrow").unwrap().map(|p| p.to_string()).collect();
    assert_eq!(said, ["T AH M AA R OW", "T UW M AA R OW"]);
}

#[test]
fn the_whole_dictionary_is_one_too() {
    let dictionary = Dictionary::new(&include_bytes!("../models/lexicon-en.bin")[..]).unwrap();
    assert_eq!((dictionary.words(), dictionary.pronunciations()), (126_052, 134_707));
    let said = |word| dictionary.get(word).unwrap().map(|p| p.to_string()).collect::<Vec<_>>();
    assert_eq!(said("zywicki"), ["Z IH W IH K IY"]);
    assert_eq!(said("'bout"), ["B AW T"]);
    assert_eq!(said("read"), ["R EH D", "R IY D"]);
    assert!(
        dictionary.get("zzzz").is_none() && dictionary.get("").is_none() && dictionary.get("!").is_none()
    );
}
