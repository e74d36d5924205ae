//! Ways of saying a phrase that a dictionary of General American doesn't have.
//!
//! Two regular differences that spread over many words (J. C. Wells, Accents of English, 1982): R that is only said
//! before vowels, so that "computer" ends like "soda", and the long A of the lexical set BATH, so that "glass" has the
//! vowel of "father".

use crate::lexicon::Phone;
use alloc::vec::Vec;
use core::str::FromStr;

/// A phrase, word by word.
type Words = Vec<Vec<u8>>;

/// `words` in other accents, without themselves.
pub(super) fn accents(words: &[Vec<u8>]) -> Vec<Words> {
    let changed = |change: fn(&[u8]) -> Vec<u8>, words: &[Vec<u8>]| -> Words {
        words.iter().map(|word| change(word)).collect()
    };
    let (r, a) = (changed(without_r, words), changed(with_long_a, words));
    let both = changed(with_long_a, &r);
    let mut found: Vec<Words> = Vec::new();
    for other in [r, a, both] {
        if other != words && !found.contains(&other) {
            found.push(other);
        }
    }
    found
}

fn number(name: &str) -> u8 {
    Phone::from_str(name).map_or(0, |phone| phone.index() as u8)
}

fn is(phone: Option<&u8>, names: &[&str]) -> bool {
    phone.is_some_and(|phone| names.iter().any(|name| number(name) == *phone))
}

fn is_vowel(phone: Option<&u8>) -> bool {
    phone.is_some_and(|&phone| Phone::new(phone).is_some_and(Phone::is_vowel))
}

/// No R but before a vowel; ER at the end of a word is a mere vowel.
fn without_r(word: &[u8]) -> Vec<u8> {
    let mut said = Vec::new();
    for (at, &phone) in word.iter().enumerate() {
        let next = word.get(at + 1);
        if phone == number("R") && is_vowel(said.last()) && !is_vowel(next) {
            continue;
        }
        let end = phone == number("ER") && next.is_none() && at > 0;
        said.push(if end { number("AH") } else { phone });
    }
    said
}

/// AE before F, S, TH, and before N with another consonant of those behind it, as AA.
fn with_long_a(word: &[u8]) -> Vec<u8> {
    let long = |at: usize| {
        is(word.get(at), &["AE"])
            && (is(word.get(at + 1), &["F", "S", "TH"])
                || is(word.get(at + 1), &["N"]) && is(word.get(at + 2), &["S", "T", "CH"]))
    };
    word.iter().enumerate().map(|(at, &phone)| if long(at) { number("AA") } else { phone }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn said(text: &str) -> Vec<String> {
        let words: Words = text.split(" | ").map(|word| word.split(' ').map(number).collect()).collect();
        let name = |&phone: &u8| Phone::new(phone).unwrap().name();
        let text = |words: &Words| {
            let words: Vec<_> =
                words.iter().map(|word| word.iter().map(name).collect::<Vec<_>>().join(" ")).collect();
            words.join(" | ")
        };
        accents(&words).iter().map(text).collect()
    }

    #[test]
    fn what_regularly_differs_is_said_both_ways() {
        assert_eq!(said("K AH M P Y UW T ER"), ["K AH M P Y UW T AH"]);
        assert_eq!(said("V Y UW | G L AE S"), ["V Y UW | G L AA S"]);
        assert_eq!(said("D AE N S | F AA R"), ["D AE N S | F AA", "D AA N S | F AA R", "D AA N S | F AA"]);
        // Before a vowel R stays, and so do an A in "bad" and an ER within a word.
        assert_eq!(said("M EH R IY | B AE D | B ER D"), Vec::<String>::new());
    }
}
