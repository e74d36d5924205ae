//! Results to stdout, messages to stderr.

use crate::audio::Warning;
use crate::term::{Colour, Term};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::exit;

/// One line of results.
pub(crate) fn line(text: &str) {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Ok(()) => {}
        // Whoever reads has had enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(0),
        Err(err) => {
            error(&format_args!("stdout: {err}"));
            exit(1)
        }
    }
}

/// One JSON object on a line of its own.
pub(crate) fn json(object: &impl Serialize) {
    line(&serde_json::to_string(object).expect("plain data"));
}

/// A message; stderr may be gone, then nobody wants it.
pub(crate) fn message(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

pub(crate) fn error(error: &dyn Display) {
    message(&format!("{} {error}", Term::stderr().paint(Colour::Red, "error:")));
}

pub(crate) fn warning(file: &str, warning: &Warning) {
    message(&format!("{} {file}: {warning}", Term::stderr().paint(Colour::Yellow, "warning:")));
}
