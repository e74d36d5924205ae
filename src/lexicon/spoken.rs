//! Text as it is written to words as they are said.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// Words of letters, apostrophes, hyphens, full stops and digits, in lower case, and where they stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Bytes of the text it was read from.
    pub(super) span: Range<usize>,
    /// Two letters at least, and none of them small.
    pub(super) capitals: bool,
}

/// What a character is to a reader.
enum Reading {
    /// A letter, as one or two of a … z, or nothing (a mark on the letter before).
    Letters(&'static str),
    Digit(u8),
    Apostrophe,
    Hyphen,
    Stop,
    Comma,
    /// Parts words and is not said.
    Gap,
    /// Said as a word of its own.
    Word(&'static str),
}

const ASCII: &str = "abcdefghijklmnopqrstuvwxyz";

/// None: there is no English way to say it.
fn reading(c: char) -> Option<Reading> {
    use Reading::*;
    let small = |c: char| {
        let at = (c.to_ascii_lowercase() as usize).checked_sub('a' as usize)?;
        ASCII.get(at..at + 1)
    };
    Some(match c {
        'a'..='z' | 'A'..='Z' => Letters(small(c)?),
        '0'..='9' => Digit(c as u8 - b'0'),
        '\'' | '’' | '‘' | 'ʼ' | '`' | '´' => Apostrophe,
        '-' | '‐' | '‑' => Hyphen,
        '.' => Stop,
        ',' => Comma,
        '&' => Word("and"),
        '%' => Word("percent"),
        '@' => Word("at"),
        '+' => Word("plus"),
        '°' => Word("degrees"),
        _ if c.is_whitespace() || c.is_ascii_punctuation() && c != '$' => Gap,
        '–' | '—' | '…' | '“' | '”' | '„' | '«' | '»' | '‹' | '›' | '‚' | '·' | '•' | '¿' | '¡'
        | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => Gap,
        '\u{300}'..='\u{36f}' => Letters(""),
        _ => Letters(latin(c)?),
    })
}

/// Latin letters with marks, without them.
fn latin(c: char) -> Option<&'static str> {
    Some(match c {
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' => "a",
        'Æ' | 'æ' => "ae",
        'Ç' | 'ç' | 'Ć'..='č' => "c",
        'Ð' | 'ð' | 'Ď'..='đ' => "d",
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' => "e",
        'Ĝ'..='ģ' => "g",
        'Ĥ'..='ħ' => "h",
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' => "i",
        'Ĳ' | 'ĳ' => "ij",
        'Ĵ' | 'ĵ' => "j",
        'Ķ'..='ĸ' => "k",
        'Ĺ'..='ł' => "l",
        'Ñ' | 'ñ' | 'Ń'..='ŋ' => "n",
        'Ò'..='Ö' | 'Ø' | 'ò'..='ö' | 'ø' | 'Ō'..='ő' => "o",
        'Œ' | 'œ' => "oe",
        'Ŕ'..='ř' => "r",
        'Ś'..='š' | 'ſ' | 'Ș' | 'ș' => "s",
        'ß' | 'ẞ' => "ss",
        'Þ' | 'þ' => "th",
        'Ţ'..='ŧ' | 'Ț' | 'ț' => "t",
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' => "u",
        'Ŵ' | 'ŵ' => "w",
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' => "y",
        'Ź'..='ž' => "z",
        _ => return None,
    })
}

/// A word of a user's dictionary as a [`Piece`] of text would have it; what no piece can hold stays as it is.
pub(super) fn key(word: &str) -> String {
    let mut key = String::new();
    for c in word.chars() {
        match reading(c) {
            Some(Reading::Letters(letters)) => key.push_str(letters),
            Some(Reading::Apostrophe) => key.push('\''),
            Some(Reading::Hyphen) => key.push('-'),
            _ => key.push(c),
        }
    }
    key
}

/// Divides `text` at white space and punctuation.
///
/// # Errors
/// The first character that cannot be read, and the byte at which it stands.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, (char, usize)> {
    let mut pieces = Vec::new();
    let mut piece = Piece { text: String::new(), span: 0..0, capitals: true };
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        let last = piece.text.bytes().next_back();
        let here = reading(c).ok_or((c, at))?;
        let before = piece.text.len();
        let mut word = None;
        match here {
            Reading::Letters(letters) => {
                piece.text.push_str(letters);
                piece.capitals &= !c.is_lowercase();
            }
            Reading::Digit(digit) => piece.text.push(char::from(b'0' + digit)),
            Reading::Apostrophe => piece.text.push('\''),
            Reading::Hyphen => piece.text.push('-'),
            // Inside of initials and numbers only.
            Reading::Stop
                if last.is_some_and(|c| c.is_ascii_alphanumeric())
                    && next.is_some_and(char::is_alphanumeric) =>
            {
                piece.text.push('.');
            }
            Reading::Comma
                if last.is_some_and(|c| c.is_ascii_digit()) && next.is_some_and(|c| c.is_ascii_digit()) =>
            {
                piece.text.push(',');
            }
            Reading::Word(said) => word = Some(said),
            Reading::Stop | Reading::Comma | Reading::Gap => {}
        }
        let end = at + c.len_utf8();
        if piece.text.len() > before {
            if before == 0 {
                piece.span.start = at;
            }
            piece.span.end = end;
        } else if !matches!(here, Reading::Letters(_)) {
            finish(&mut piece, &mut pieces);
        }
        if let Some(word) = word {
            pieces.push(Piece { text: word.into(), span: at..end, capitals: false });
        }
    }
    finish(&mut piece, &mut pieces);
    Ok(pieces)
}

fn finish(piece: &mut Piece, pieces: &mut Vec<Piece>) {
    let mut done = core::mem::replace(piece, Piece { text: String::new(), span: 0..0, capitals: true });
    // Dashes and lone apostrophes are punctuation.
    if done.text.bytes().any(|c| c.is_ascii_alphanumeric()) {
        done.capitals &= done.text.bytes().filter(u8::is_ascii_alphabetic).count() > 1;
        pieces.push(done);
    }
}

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// Digits as words: 0 … 999,999 as a number, more or with leading zeros digit by digit.
pub(crate) fn number(digits: &str) -> Vec<&'static str> {
    let mut words = Vec::new();
    match digits.parse::<u32>() {
        Ok(number) if digits.len() <= 6 && (digits.len() == 1 || !digits.starts_with('0')) => {
            if number >= 1000 {
                below_thousand(number / 1000, &mut words);
                words.push("thousand");
            }
            if !number.is_multiple_of(1000) || number == 0 {
                below_thousand(number % 1000, &mut words);
            }
        }
        _ => words.extend(digits.bytes().filter_map(|c| UNITS.get(usize::from(c.wrapping_sub(b'0'))))),
    }
    words
}

fn below_thousand(number: u32, words: &mut Vec<&'static str>) {
    if number >= 100 {
        words.extend([UNITS[(number / 100 % 10) as usize], "hundred"]);
    }
    let rest = (number % 100) as usize;
    match rest {
        0 if number > 0 => {}
        0..20 => words.push(UNITS[rest]),
        _ => {
            words.push(TENS[rest / 10]);
            if !rest.is_multiple_of(10) {
                words.push(UNITS[rest % 10]);
            }
        }
    }
}

/// The word for a place in a row, of the word for a number.
pub(super) fn ordinal(word: &'static str) -> &'static str {
    const IRREGULAR: [(&str, &str); 30] = [
        ("zero", "zeroth"),
        ("one", "first"),
        ("two", "second"),
        ("three", "third"),
        ("four", "fourth"),
        ("five", "fifth"),
        ("six", "sixth"),
        ("seven", "seventh"),
        ("eight", "eighth"),
        ("nine", "ninth"),
        ("ten", "tenth"),
        ("eleven", "eleventh"),
        ("twelve", "twelfth"),
        ("thirteen", "thirteenth"),
        ("fourteen", "fourteenth"),
        ("fifteen", "fifteenth"),
        ("sixteen", "sixteenth"),
        ("seventeen", "seventeenth"),
        ("eighteen", "eighteenth"),
        ("nineteen", "nineteenth"),
        ("twenty", "twentieth"),
        ("thirty", "thirtieth"),
        ("forty", "fortieth"),
        ("fifty", "fiftieth"),
        ("sixty", "sixtieth"),
        ("seventy", "seventieth"),
        ("eighty", "eightieth"),
        ("ninety", "ninetieth"),
        ("hundred", "hundredth"),
        ("thousand", "thousandth"),
    ];
    IRREGULAR.iter().find(|(cardinal, _)| *cardinal == word).map_or(word, |(_, ordinal)| ordinal)
}

/// The names of letters, a to z, in ARPABET.
pub(super) fn letter_name(letter: u8) -> Option<&'static str> {
    const NAMES: [&str; 26] = [
        "EY",
        "B IY",
        "S IY",
        "D IY",
        "IY",
        "EH F",
        "JH IY",
        "EY CH",
        "AY",
        "JH EY",
        "K EY",
        "EH L",
        "EH M",
        "EH N",
        "OW",
        "P IY",
        "K Y UW",
        "AA R",
        "EH S",
        "T IY",
        "Y UW",
        "V IY",
        "D AH B AH L Y UW",
        "EH K S",
        "W AY",
        "Z IY",
    ];
    NAMES.get(usize::from(letter.checked_sub(b'a')?)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str) -> Vec<String> {
        pieces(text).unwrap().into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn text_is_divided_as_it_is_read() {
        assert_eq!(texts("Hey Earnest, turn on the lamp!"), ["hey", "earnest", "turn", "on", "the", "lamp"]);
        assert_eq!(
            texts("  O’Neil's co-op — at 7:30 "),
            ["o'neil's", "co-op", "at", "7", "30"].map(String::from)
        );
        assert_eq!(texts("U.S.A. 3.5% 1,000, 20°"), ["u.s.a", "3.5", "percent", "1,000", "20", "degrees"]);
        assert_eq!(
            texts("Björn Łukasz Straße Jose\u{301} ÆØ"),
            ["bjorn", "lukasz", "strasse", "jose", "aeo"]
        );
        assert_eq!(texts("R&D – ' -- 'tis"), ["r", "and", "d", "'tis"]);
        assert_eq!(pieces("call 妈妈"), Err(('妈', 5)));
        assert_eq!(pieces("5 $"), Err(('$', 2)));
        let capitals: Vec<bool> = pieces("TV Tv A K9 NASA").unwrap().iter().map(|p| p.capitals).collect();
        assert_eq!(capitals, [true, false, false, false, true]);
        let spans: Vec<Range<usize>> = pieces("é, Zoë.").unwrap().into_iter().map(|p| p.span).collect();
        assert_eq!(spans, [0..2, 4..8]);
    }

    #[test]
    fn numbers_as_they_are_said() {
        let said = |digits| number(digits).join(" ");
        for (digits, words) in [
            ("0", "zero"),
            ("7", "seven"),
            ("19", "nineteen"),
            ("20", "twenty"),
            ("21", "twenty one"),
            ("100", "one hundred"),
            ("101", "one hundred one"),
            ("999", "nine hundred ninety nine"),
            ("1000", "one thousand"),
            ("1001", "one thousand one"),
            ("80000", "eighty thousand"),
            ("123456", "one hundred twenty three thousand four hundred fifty six"),
            ("999999", "nine hundred ninety nine thousand nine hundred ninety nine"),
            ("1000000", "one zero zero zero zero zero zero"),
            ("007", "zero zero seven"),
        ] {
            assert_eq!(said(digits), words);
        }
    }

    /// Read back by rules of their own, every number is the one that was said.
    #[test]
    fn no_number_is_said_as_another() {
        for n in (0..=999_999u32).step_by(7).chain(0..2000) {
            let (mut total, mut part) = (0, 0);
            for word in number(&alloc::format!("{n}")) {
                match word {
                    "thousand" => (total, part) = (1000 * part, 0),
                    "hundred" => part *= 100,
                    _ => {
                        let unit = UNITS.iter().position(|&unit| unit == word);
                        part += unit
                            .or_else(|| TENS.iter().position(|&ten| ten == word).map(|n| 10 * n))
                            .unwrap();
                    }
                }
            }
            assert_eq!(total + part, n as usize);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_divided_or_an_error(text in r"(\PC|[-a-zA-Z0-9.,'’&éÉ ]){0,60}") {
            match pieces(&text) {
                Err((c, at)) => prop_assert_eq!(text[at..].chars().next(), Some(c)),
                Ok(pieces) => for piece in pieces {
                    prop_assert!(text.get(piece.span.clone()).is_some_and(|span| !span.is_empty()));
                    prop_assert!(piece.text.bytes().all(|c| b"-.,'".contains(&c)
                        || c.is_ascii_lowercase() || c.is_ascii_digit()));
                    prop_assert!(piece.text.bytes().any(|c| c.is_ascii_alphanumeric()));
                },
            }
        }
    }
}
