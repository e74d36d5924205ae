//! The phones of the acoustic model, and sequences of them.

use core::fmt;
use core::ops::Deref;
use core::str::FromStr;

/// Most phones of one pronunciation in a dictionary.
pub const MAX_PHONES: usize = 48;

/// One symbol of the acoustic model: a phone of ARPABET without stress, or blank.
///
/// AO counts as AA, AH0 as AH. The order is that of the acoustic model's outputs, blank the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u8);

const NAMES: [&str; Phone::SYMBOLS] = [
    "<blank>", "AA", "AE", "AH", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH",
    "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W",
    "Y", "Z", "ZH",
];

impl Phone {
    /// Symbols that there are: 38 phones and blank.
    pub const SYMBOLS: usize = 39;
    /// No phone: what a CTC model says between phones. Never part of a pronunciation.
    pub const BLANK: Phone = Phone(0);

    /// The symbol of output `index` of the acoustic model, 0 … 38.
    pub const fn new(index: u8) -> Option<Phone> {
        if (index as usize) < Phone::SYMBOLS { Some(Phone(index)) } else { None }
    }

    /// Output of the acoustic model.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The 38 phones, without blank.
    pub fn all() -> impl ExactSizeIterator<Item = Phone> {
        (1..Phone::SYMBOLS as u8).map(Phone)
    }

    /// As ARPABET has it, without stress; blank is `<blank>`.
    pub const fn name(self) -> &'static str {
        NAMES[self.0 as usize]
    }

    /// Is it blank?
    pub const fn is_blank(self) -> bool {
        self.0 == 0
    }

    /// Does a syllable need it? ER is one.
    pub fn is_vowel(self) -> bool {
        matches!(self.name().as_bytes()[0], b'A' | b'E' | b'I' | b'O' | b'U')
    }

    /// Does it hiss, so that the plural of a word that ends with it has a syllable more?
    #[cfg(feature = "alloc")]
    pub(super) fn is_sibilant(self) -> bool {
        matches!(self.name(), "S" | "Z" | "SH" | "ZH" | "CH" | "JH")
    }

    /// Is it said without voice, sibilants aside?
    #[cfg(feature = "alloc")]
    pub(super) fn is_voiceless(self) -> bool {
        matches!(self.name(), "P" | "T" | "K" | "F" | "TH")
    }
}

/// Text that names no phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneError;

impl fmt::Display for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a phone of ARPABET")
    }
}

impl core::error::Error for PhoneError {}

impl FromStr for Phone {
    type Err = PhoneError;

    /// ARPABET in either case; a vowel may carry its stress, 0, 1 or 2.
    fn from_str(text: &str) -> Result<Phone, PhoneError> {
        let bare = text.strip_suffix(['0', '1', '2']).unwrap_or(text);
        let name = if bare.eq_ignore_ascii_case("AO") { "AA" } else { bare };
        let found = Phone::all().find(|phone| phone.name().eq_ignore_ascii_case(name));
        found.filter(|phone| bare.len() == text.len() || phone.is_vowel()).ok_or(PhoneError)
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A sequence of up to [`MAX_PHONES`] phones, without the heap.
#[derive(Clone, Copy)]
pub struct Phones {
    phones: [Phone; MAX_PHONES],
    len: u8,
}

impl Phones {
    pub(super) const fn new() -> Self {
        Phones { phones: [Phone::BLANK; MAX_PHONES], len: 0 }
    }

    /// False, and nothing done, if it is full.
    pub(super) fn push(&mut self, phone: Phone) -> bool {
        match self.phones.get_mut(usize::from(self.len)) {
            None => false,
            Some(place) => {
                *place = phone;
                self.len += 1;
                true
            }
        }
    }
}

impl Deref for Phones {
    type Target = [Phone];
    fn deref(&self) -> &[Phone] {
        &self.phones[..usize::from(self.len)]
    }
}

impl PartialEq for Phones {
    fn eq(&self, other: &Phones) -> bool {
        **self == **other
    }
}

impl Eq for Phones {}

impl fmt::Debug for Phones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Names with spaces between.
impl fmt::Display for Phones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, phone) in self.iter().enumerate() {
            let space = if n == 0 { "" } else { " " };
            write!(f, "{space}{phone}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_the_acoustic_model_s_order() {
        // The order that `models/phones-m.card.md` states.
        let card = include_str!("../../models/phones-m.card.md");
        let line = card.lines().find(|line| line.starts_with("| symbols |")).unwrap();
        let names: std::vec::Vec<&str> =
            line.trim_start_matches("| symbols |").split_whitespace().take(Phone::SYMBOLS).collect();
        assert_eq!(names, NAMES);
        for (n, phone) in Phone::all().enumerate() {
            assert_eq!(phone.index(), n + 1);
            assert_eq!(phone.name().parse(), Ok(phone));
        }
        assert_eq!(Phone::new(0), Some(Phone::BLANK));
        assert_eq!(Phone::new(39), None);
    }

    #[test]
    fn stress_is_dropped_and_ao_is_aa() {
        let parse = |text: &str| text.parse::<Phone>();
        assert_eq!(parse("AO1"), parse("aa"));
        assert_eq!(parse("er0").unwrap().name(), "ER");
        for bad in ["", "B1", "AH3", "AH01", "<blank>", "Q", "1", "É"] {
            assert_eq!(parse(bad), Err(PhoneError), "{bad}");
        }
        assert_eq!(Phone::all().filter(|phone| phone.is_vowel()).count(), 14);
    }

    #[test]
    fn sequences_have_an_end() {
        let mut phones = Phones::new();
        assert!((0..MAX_PHONES).all(|_| phones.push(Phone(5))));
        assert!(!phones.push(Phone(5)));
        assert_eq!(phones.len(), MAX_PHONES);
    }
}
