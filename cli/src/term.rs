//! The terminal: is there one, how wide, with colours and block characters or without.

use std::env;
use std::io::{IsTerminal, stderr, stdout};

/// Colours of the standard palette, so that they fit the user's theme.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

/// How to write to one stream.
#[derive(Clone, Copy)]
pub(crate) struct Term {
    pub(crate) is_terminal: bool,
    colour: bool,
    pub(crate) unicode: bool,
}

impl Term {
    pub(crate) fn stdout() -> Term {
        Term::of(stdout().is_terminal())
    }

    pub(crate) fn stderr() -> Term {
        Term::of(stderr().is_terminal())
    }

    /// No terminal, no colours.
    #[cfg(test)]
    pub(crate) fn plain(unicode: bool) -> Term {
        Term { is_terminal: false, colour: false, unicode }
    }

    fn of(is_terminal: bool) -> Term {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        // The first of these that is set decides, as in POSIX. None set: most terminals can.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .filter_map(|name| env::var(name).ok())
            .find(|value| !value.is_empty())
            .map(|value| value.to_ascii_lowercase());
        let unicode = locale.is_none_or(|locale| locale.contains("utf"));
        Term { is_terminal, colour: is_terminal && !dumb && !set("NO_COLOR"), unicode }
    }

    /// Columns; 80 where there is no terminal to ask.
    pub(crate) fn width(self) -> usize {
        terminal_size::terminal_size_of(stderr())
            .or_else(|| terminal_size::terminal_size_of(stdout()))
            .map_or(80, |(width, _)| usize::from(width.0).max(20))
    }

    /// `text` in that colour, where colours are wanted.
    pub(crate) fn paint(self, colour: Colour, text: &str) -> String {
        if !self.colour {
            return text.to_string();
        }
        let code = match colour {
            Colour::Bold => "1",
            Colour::Dim => "2",
            Colour::Red => "31",
            Colour::Green => "32",
            Colour::Yellow => "33",
            Colour::Cyan => "36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// Breaks `text` into lines of at most `width` columns, at spaces; a longer word has a line of its own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("never empty");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_string());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_keeps_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a verylongword b", 6), ["a", "verylongword", "b"]);
        assert_eq!(wrap("", 6), [""]);
    }
}
