//! Sentence templates in the language that Home Assistant uses, and the one of Rhino's contexts.
//!
//! | Home Assistant | Rhino | means |
//! |---|---|---|
//! | `(a\|b)` | `[a, b]` | one of them |
//! | `[a]`, `[a\|b]` | `(a)`, `(a, b)` | one of them or nothing |
//! | `(a;b)` | | all of them, in any order |
//! | `{list}`, `{list:slot}` | `$list:slot` | a value of the list, kept in the slot |
//! | `{0..100:slot}`, `{0..100,5:slot}` | | a number, perhaps in steps |
//! | `<rule>` | `@rule` | what the rule stands for |
//! | `\(` | | the character itself |
//!
//! Home Assistant's language: <https://developers.home-assistant.io/docs/voice/intent-recognition/template-sentence-syntax>,
//! with the readings of its reference implementation, `hassil`. Letters count without their case. Where two parts
//! touch, as in `light[s]`, they make one word.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Deepest nesting of brackets that is read.
const MAX_DEPTH: usize = 64;

/// A sentence template as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Template {
    /// Letters of words, and spaces between them.
    Text(String),
    /// All, one after the other.
    Sequence(Vec<Template>),
    /// One of them. Something optional is an alternative to an empty text.
    Alternative(Vec<Template>),
    /// All, in any order.
    Permutation(Vec<Template>),
    /// A value of a list.
    List {
        /// The list, or a range of numbers `from..to` or `from..to,step`.
        list: String,
        /// Where the value goes; `None` if it is not kept.
        slot: Option<String>,
        /// Character of the template at which this stands.
        at: usize,
    },
    /// A rule by its name.
    Rule {
        /// The name.
        name: String,
        /// Character of the template at which this stands.
        at: usize,
    },
}

/// Where a template is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Byte of the template.
    pub at: usize,
    /// What may stand there.
    pub expected: &'static str,
    /// What does; `None` at the end.
    pub found: Option<char>,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found ", self.expected)?;
        match self.found {
            Some(found) => write!(f, "{found:?}"),
            None => f.write_str("the end"),
        }
    }
}

impl core::error::Error for TemplateError {}

impl Template {
    /// Reads a template of Home Assistant.
    ///
    /// # Errors
    /// The first place at which it is none.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        Parser { text, at: 0, depth: 0, rhino: false }.group(None)
    }

    /// Reads an expression of Rhino's contexts.
    ///
    /// # Errors
    /// The first place at which it is none.
    pub fn parse_rhino(text: &str) -> Result<Template, TemplateError> {
        Parser { text, at: 0, depth: 0, rhino: true }.group(None)
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    rhino: bool,
}

/// How the parts of a group stand to each other.
#[derive(Clone, Copy, PartialEq)]
enum Between {
    Nothing,
    Or,
    And,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn error<T>(&self, expected: &'static str) -> Result<T, TemplateError> {
        Err(TemplateError { at: self.at, expected, found: self.peek() })
    }

    /// What a comma or a bar is between alternatives.
    fn separator(&self) -> char {
        if self.rhino { ',' } else { '|' }
    }

    fn special(&self, c: char) -> bool {
        match self.rhino {
            false => "()[]{}<>|;".contains(c),
            true => "()[]$@,".contains(c),
        }
    }

    /// Up to `close`, which is taken; up to the end without one.
    fn group(&mut self, close: Option<char>) -> Result<Template, TemplateError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.error("no more than 64 brackets in each other");
        }
        let mut parts = Vec::from([Vec::new()]);
        let mut between = Between::Nothing;
        loop {
            let Some(c) = self.peek() else {
                match close {
                    None => break,
                    Some(')') => return self.error("`)`"),
                    Some(_) => return self.error("`]`"),
                }
            };
            if Some(c) == close {
                self.at += 1;
                break;
            }
            let now = match c {
                _ if c == self.separator() && !(self.rhino && close.is_none()) => Between::Or,
                ';' if !self.rhino => Between::And,
                _ => Between::Nothing,
            };
            if now != Between::Nothing {
                if between != Between::Nothing && between != now {
                    return self.error("one kind of separator in a group, `|` or `;`");
                }
                between = now;
                self.at += 1;
                parts.push(Vec::new());
                continue;
            }
            let item = self.item(c)?;
            if let Some(part) = parts.last_mut() {
                part.push(item);
            }
        }
        self.depth -= 1;
        let mut parts: Vec<Template> = parts.into_iter().map(sequence).collect();
        Ok(match between {
            Between::Nothing => parts.pop().unwrap_or(Template::Text(String::new())),
            Between::Or => Template::Alternative(parts),
            Between::And => Template::Permutation(parts),
        })
    }

    fn item(&mut self, c: char) -> Result<Template, TemplateError> {
        let optional = |template| {
            let nothing = Template::Text(String::new());
            Template::Alternative(match template {
                Template::Alternative(mut all) => {
                    all.push(nothing);
                    all
                }
                other => Vec::from([other, nothing]),
            })
        };
        let at = self.text.get(..self.at).unwrap_or_default().chars().count();
        match (c, self.rhino) {
            ('(', false) | ('[', true) => {
                self.at += 1;
                let close = if self.rhino { ']' } else { ')' };
                self.group(Some(close))
            }
            ('[', false) | ('(', true) => {
                self.at += 1;
                let close = if self.rhino { ')' } else { ']' };
                self.group(Some(close)).map(optional)
            }
            ('{', false) => {
                self.at += 1;
                let name = self.name('}', "the name of a list and `}`")?;
                let (list, slot) = match name.split_once(':') {
                    // What is captured for the answer only is no slot.
                    Some((list, slot)) if slot.starts_with('@') => (list, None),
                    Some((list, slot)) => (list, Some(slot)),
                    None if name.starts_with('@') => (&name[1..], None),
                    None => (name, Some(name)),
                };
                Ok(Template::List { list: list.into(), slot: slot.map(String::from), at })
            }
            ('<', false) => {
                self.at += 1;
                let name = self.name('>', "the name of a rule and `>`")?.into();
                Ok(Template::Rule { name, at })
            }
            ('$', true) => {
                self.at += 1;
                let list = self.rhino_name()?.into();
                if self.peek() != Some(':') {
                    return self.error("`:` and the name of a slot");
                }
                self.at += 1;
                let slot = Some(self.rhino_name()?.into());
                Ok(Template::List { list, slot, at })
            }
            ('@', true) => {
                self.at += 1;
                let name = self.rhino_name()?.into();
                Ok(Template::Rule { name, at })
            }
            _ if self.special(c) && !(self.rhino && c == ',') => self.error("text or an opening bracket"),
            _ => Ok(Template::Text(self.words())),
        }
    }

    /// A name up to `close`.
    fn name(&mut self, close: char, expected: &'static str) -> Result<&str, TemplateError> {
        let from = self.at;
        loop {
            match self.peek() {
                Some(c) if c == close && self.at > from => break,
                Some(c) if c != close && !"()[]{}<>|;".contains(c) => self.at += c.len_utf8(),
                _ => return self.error(expected),
            }
        }
        self.at += 1;
        Ok(self.text.get(from..self.at - 1).unwrap_or_default())
    }

    fn rhino_name(&mut self) -> Result<&str, TemplateError> {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') {
            self.take();
        }
        if self.at == from {
            return self.error("a name");
        }
        Ok(self.text.get(from..self.at).unwrap_or_default())
    }

    fn words(&mut self) -> String {
        let mut words = String::new();
        while let Some(c) = self.peek() {
            if c == '\\' && !self.rhino {
                self.at += 1;
                if let Some(c) = self.take() {
                    words.push(c);
                }
                continue;
            }
            if self.special(c) && !(words.is_empty() && self.rhino && c == ',') {
                break;
            }
            self.at += c.len_utf8();
            words.push(if c.is_whitespace() || self.rhino && c == ',' { ' ' } else { c });
        }
        words
    }
}

fn sequence(mut items: Vec<Template>) -> Template {
    match items.len() {
        0 => Template::Text(String::new()),
        1 => items.remove(0),
        _ => Template::Sequence(items),
    }
}

/// The numbers of a range as `{from..to}` and `{from..to,step}` name it.
pub(super) fn inline_range(list: &str) -> Option<super::grammar::Range> {
    let (from, rest) = list.split_once("..")?;
    let (to, step) = rest.split_once(',').unwrap_or((rest, "1"));
    let number = |text: &str| {
        if text.bytes().all(|c| c.is_ascii_digit()) { text.parse().ok() } else { None }
    };
    Some(super::grammar::Range { from: number(from)?, to: number(to)?, step: number(step)?, multiplier: 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    fn text(text: &str) -> Template {
        Template::Text(text.into())
    }

    #[test]
    fn brackets_of_both_languages() {
        let list = |list: &str, slot: Option<&str>, at| Template::List {
            list: list.into(),
            slot: slot.map(String::from),
            at,
        };
        let expected = Template::Sequence(Vec::from([
            Template::Alternative(Vec::from([text("turn"), text("switch")])),
            text(" on "),
            Template::Alternative(Vec::from([text("the"), text("")])),
            text(" "),
            list("name", Some("name"), 23),
        ]));
        assert_eq!(Template::parse("(turn|switch) on [the] {name}"), Ok(expected.clone()));
        let rhino = Template::parse_rhino("[turn,switch] on (the) $name:name").unwrap();
        let Template::Sequence(items) = rhino else { panic!() };
        let Template::Sequence(expected) = expected else { panic!() };
        assert_eq!(items[..4], expected[..4]);
        assert_eq!(Template::parse("{a:b}"), Ok(list("a", Some("b"), 0)));
        assert_eq!(Template::parse("{a:@b}"), Ok(list("a", None, 0)));
        assert_eq!(Template::parse("{@a}"), Ok(list("a", None, 0)));
        assert_eq!(Template::parse(r"\[a\]"), Ok(text("[a]")));
        assert_eq!(Template::parse("(a;b)"), Ok(Template::Permutation(Vec::from([text("a"), text("b")]))));
    }

    #[test]
    fn errors_name_the_place() {
        for (template, at, message) in [
            ("turn on (the", 12, "expected `)`, found the end"),
            ("turn on the)", 11, "expected text or an opening bracket, found ')'"),
            ("[a|b;c]", 4, "expected one kind of separator in a group, `|` or `;`, found ';'"),
            ("a {} b", 3, "expected the name of a list and `}`, found '}'"),
            ("a {b", 4, "expected the name of a list and `}`, found the end"),
            ("ä <b|c>", 5, "expected the name of a rule and `>`, found '|'"),
            ("a ] b", 2, "expected text or an opening bracket, found ']'"),
        ] {
            let error = Template::parse(template).unwrap_err();
            assert_eq!((error.at, &error.to_string()[..]), (at, message), "{template}");
        }
        assert_eq!(Template::parse_rhino("a $b c").unwrap_err().at, 4);
        assert!(Template::parse(&"(".repeat(10_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_within_itself(text in r"[ab()\[\]{}<>|;:$@,\\ é]{0,40}") {
            for read in [Template::parse(&text), Template::parse_rhino(&text)] {
                if let Err(error) = read {
                    prop_assert_eq!(text.get(error.at..).map(|rest| rest.chars().next()), Some(error.found));
                }
            }
        }
    }
}
