//! The text format of the CMU dictionary.
//!
//! One pronunciation a line: the word, white space, its phones. `WORD(2)` is another pronunciation of `WORD`. Lines
//! that begin with `;;;` or `#` are comments, and so is the rest of a line from a `#` behind white space on.

use super::phone::{Phone, Phones};
use core::fmt;

/// A line of a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'t> {
    /// Its number, from 1.
    pub line: usize,
    /// The word as it is written, without the number of its pronunciation.
    pub word: &'t str,
    /// At least one.
    pub phones: Phones,
}

/// A line that is no entry of a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineError<'t> {
    /// Its number, from 1.
    pub line: usize,
    /// What should be there.
    pub expected: &'static str,
    /// What is there; empty at the end of the line.
    pub found: &'t str,
}

impl fmt::Display for LineError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected {}, found ", self.line, self.expected)?;
        if self.found.is_empty() { f.write_str("the end of the line") } else { write!(f, "`{}`", self.found) }
    }
}

impl core::error::Error for LineError<'_> {}

/// All entries of `text`, in order; a bad line is an error and reading goes on behind it.
pub fn entries(text: &str) -> impl Iterator<Item = Result<Entry<'_>, LineError<'_>>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().enumerate().filter_map(|(index, line)| entry(index + 1, line).transpose())
}

fn entry(line: usize, text: &str) -> Result<Option<Entry<'_>>, LineError<'_>> {
    if text.starts_with(";;;") || text.starts_with('#') {
        return Ok(None);
    }
    let mut fields = text.split_whitespace().take_while(|field| !field.starts_with('#'));
    let Some(word) = fields.next() else { return Ok(None) };
    let mut phones = Phones::new();
    for field in fields {
        let phone: Phone =
            field.parse().map_err(|_| LineError { line, expected: "a phone of ARPABET", found: field })?;
        if !phones.push(phone) {
            return Err(LineError { line, expected: "at most 48 phones", found: field });
        }
    }
    if phones.is_empty() {
        return Err(LineError { line, expected: "phones behind the word", found: "" });
    }
    Ok(Some(Entry { line, word: without_number(word), phones }))
}

/// `WORD` of `WORD(2)`.
fn without_number(word: &str) -> &str {
    let number = word.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match number {
        Some((bare, number))
            if !bare.is_empty()
                && !number.is_empty()
                && number.bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            bare
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::{String, ToString};
    use std::vec::Vec;

    #[test]
    fn both_releases_of_the_dictionary_are_read() {
        let text = "\u{feff};;; a comment\n# another\n\nTOMATO  T AH0 M EY1 T OW2\r\nTOMATO(1)  T AH0 M AA1 T OW2\n\
                    aalto AA1 L T OW2 # name, finnish\n  (odd) AO1\n(2) B";
        let read: Vec<(usize, &str, String)> = entries(text)
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.line, entry.word, entry.phones.to_string()))
            .collect();
        let expected = [
            (4, "TOMATO", "T AH M EY T OW"),
            (5, "TOMATO", "T AH M AA T OW"),
            (6, "aalto", "AA L T OW"),
            (7, "(odd)", "AA"),
            (8, "(2)", "B"),
        ];
        assert_eq!(read, expected.map(|(line, word, phones)| (line, word, phones.to_string())));
    }

    #[test]
    fn errors_name_the_line_and_what_is_there() {
        let error = |text| entries(text).find_map(Result::err).unwrap().to_string();
        assert_eq!(error("a AH0\nb B QQ1\n"), "line 2: expected a phone of ARPABET, found `QQ1`");
        assert_eq!(
            error("a AH0\n\nword # AH0\n"),
            "line 3: expected phones behind the word, found the end of the line"
        );
        let long = std::format!("word {}", "AH ".repeat(49));
        assert_eq!(error(&long), "line 1: expected at most 48 phones, found `AH`");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_an_error(text in r"(\PC|[ \n\t#;()0-2]|AH0|B){0,80}") {
            for read in entries(&text) {
                match read {
                    Ok(entry) => prop_assert!(!entry.phones.is_empty() && !entry.word.is_empty()),
                    Err(error) => prop_assert!(error.line <= text.lines().count()),
                }
            }
        }
    }
}
