//! Text to pronunciations: what is read how, where it is from, and what cannot be read.
#![cfg(feature = "alloc")]

use earnest::ConfigError;
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig, ReadError, Source, Word};
use proptest::prelude::*;

fn lexicon() -> Lexicon<'static> {
    Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(G2p::new(&include_bytes!("../models/g2p-en.bin")[..]).unwrap())
}

fn phones(word: &Word) -> Vec<String> {
    let names =
        |phones: &[earnest::lexicon::Phone]| phones.iter().map(|p| p.name()).collect::<Vec<_>>().join(" ");
    word.pronunciations.iter().map(|p| names(&p.phones)).collect()
}

fn words(text: &str) -> Vec<String> {
    lexicon().pronounce(text).unwrap().into_iter().map(|word| word.text).collect()
}

/// The only pronunciation of the only word.
fn said(lexicon: &Lexicon, text: &str) -> (String, Source) {
    let words = lexicon.pronounce(text).unwrap();
    let all: Vec<String> = words.iter().map(|word| phones(word)[0].clone()).collect();
    (all.join(" "), words[0].pronunciations[0].source)
}

#[test]
fn the_user_comes_first_then_the_dictionary_then_letters() {
    let mut lexicon = lexicon();
    let sources = |lexicon: &Lexicon, word: &str| {
        let words = lexicon.pronounce(word).unwrap();
        words[0].pronunciations.iter().map(|p| p.source).collect::<Vec<_>>()
    };
    assert_eq!(sources(&lexicon, "tomorrow"), [Source::Dictionary; 2]);
    assert_eq!(sources(&lexicon, "Zbigniew"), [Source::Letters; 3]);
    assert_eq!(
        lexicon.add_entries("TOMORROW  T AH0 M AA1\nZbigniew Z B IY G\nk9 K EY N AY N\nJosé HH OW Z EY"),
        Ok(4)
    );
    for (word, expected) in
        [("Tomorrow", "T AH M AA"), ("zbigniew", "Z B IY G"), ("K9", "K EY N AY N"), ("jose", "HH OW Z EY")]
    {
        assert_eq!(said(&lexicon, word), (expected.into(), Source::User), "{word}");
        assert_eq!(sources(&lexicon, word), [Source::User], "{word}");
    }
    let error = lexicon.add_entries("lamp B IY P\nlight X").unwrap_err();
    assert_eq!((error.line, error.found), (2, "X"));
    assert_eq!(said(&lexicon, "lamp"), ("L AE M P".into(), Source::Dictionary), "nothing was added");
}

#[test]
fn phrases_are_read_word_by_word() {
    assert_eq!(words("Hey earnest, turn ON the lamp!"), ["hey", "earnest", "turn", "on", "the", "lamp"]);
    assert_eq!(words("dim to 35%"), ["dim", "to", "thirty", "five", "percent"]);
    assert_eq!(words("at 7:05"), ["at", "seven", "zero", "five"]);
    assert_eq!(
        words("21st and 3.25, -5"),
        ["twenty", "first", "and", "three", "point", "two", "five", "minus", "five"]
    );
    assert_eq!(words("120,000"), ["one", "hundred", "twenty", "thousand"]);
    assert_eq!(words("1,2"), ["one", "two"]);
    assert_eq!(words("the 90s"), ["the", "ninety's"]);
    assert_eq!(words("K9 mp3 h264"), ["k", "nine", "mp", "three", "h", "two", "hundred", "sixty", "four"]);
    assert_eq!(words("stand-by"), ["stand", "by"]);
    assert_eq!(words("e.a-0 on.off-3.5"), ["e.a", "zero", "on", "off", "three", "point", "five"]);
    let spans: Vec<_> = lexicon().pronounce("dim: 35").unwrap().into_iter().map(|word| word.span).collect();
    assert_eq!(spans, [0..3, 5..7, 5..7]);
}

#[test]
fn initials_are_spelled() {
    let lexicon = lexicon();
    let spelled = |text: &str, phones: &str| {
        assert_eq!(said(&lexicon, text), (phones.into(), Source::Spelled), "{text}");
    };
    spelled("BBC", "B IY B IY S IY");
    spelled("bbc", "B IY B IY S IY");
    spelled("U.S.A.", "Y UW EH S EY");
    spelled("UPS", "Y UW P IY EH S");
    assert_eq!(said(&lexicon, "DVD's"), ("D IY V IY D IY Z".into(), Source::Spelled));
    assert_eq!(said(&lexicon, "NASA").1, Source::Letters);
    // Small letters at a number are initials only where they are no word.
    let sources = |text: &str| {
        lexicon.pronounce(text).unwrap()[0].pronunciations.iter().map(|p| p.source).collect::<Vec<_>>()
    };
    assert_eq!((sources("mp3"), sources("top10")), (vec![Source::Spelled], vec![Source::Dictionary]));
    // Capitals that make a word may be either.
    let it = lexicon.pronounce("call IT").unwrap();
    let sources: Vec<Source> = it[1].pronunciations.iter().map(|p| p.source).collect();
    assert_eq!(sources.last(), Some(&Source::Spelled));
    assert_eq!(sources[0], Source::Dictionary);
    assert_eq!(lexicon.pronounce("it").unwrap()[0].pronunciations.len(), sources.len() - 1);
}

#[test]
fn possessives_end_as_their_nouns_do() {
    let lexicon = lexicon();
    for (word, end) in [("lamp's", "P S"), ("kitchen's", "N Z"), ("house's", "S IH Z"), ("kids'", "D Z")] {
        let (said, source) = said(&lexicon, word);
        assert!(said.ends_with(end) && source == Source::Dictionary, "{word}: {said}");
    }
}

#[test]
fn weights_are_logarithms_of_shares() {
    let lexicon = lexicon();
    let words = lexicon.pronounce("tomorrow Siobhan").unwrap();
    let shares = |word: &Word| word.pronunciations.iter().map(|p| p.log_weight.exp()).collect::<Vec<f32>>();
    assert_eq!(shares(&words[0]), [0.5, 0.5]);
    let letters = shares(&words[1]);
    assert!(letters.is_sorted_by(|a, b| a >= b) && letters.iter().sum::<f32>() <= 1.0001, "{letters:?}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let lexicon = lexicon();
    let error = |text: &str| lexicon.pronounce(text).unwrap_err();
    assert_eq!(error("call 妈妈"), ReadError::Character { character: '妈', at: 5 });
    assert_eq!(error("☕"), ReadError::Character { character: '☕', at: 0 });
    assert_eq!(error(" - '' ..."), ReadError::Empty);
    assert_eq!(error(&"ab".repeat(60)), ReadError::Length { expected: 100, actual: 120, at: 0 });
    let small =
        Lexicon::new(LexiconConfig::default()).unwrap().with_dictionary(Dictionary::new(CORE).unwrap());
    assert_eq!(
        small.pronounce("turn Zbigniew on"),
        Err(ReadError::Unknown { word: "zbigniew".into(), at: 5 })
    );
    for nbest in [0, 17] {
        let error = Lexicon::new(LexiconConfig { nbest }).unwrap_err();
        assert!(matches!(error, ConfigError::OutOfRange { field: "nbest", .. }));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_said_or_an_error(text in r"(\PC|[-a-zA-Z0-9.,'’&é% ]{1,6}){0,12}") {
        match lexicon().pronounce(&text) {
            Err(ReadError::Character { character, at }) => prop_assert_eq!(text[at..].chars().next(), Some(character)),
            Err(ReadError::Empty | ReadError::Length { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
            Ok(words) => for word in words {
                prop_assert!(text.get(word.span.clone()).is_some());
                prop_assert!(!word.text.is_empty() && !word.pronunciations.is_empty());
                for (n, one) in word.pronunciations.iter().enumerate() {
                    prop_assert!(!one.phones.is_empty() && one.phones.iter().all(|phone| !phone.is_blank()));
                    prop_assert!(one.log_weight <= 1e-6);
                    prop_assert!(word.pronunciations[..n].iter().all(|other| other.phones != one.phones));
                }
            },
        }
    }
}
