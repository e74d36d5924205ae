//! Results to stdout or whole files, messages to stderr.

use crate::UsageError;
use crate::audio::Warning;
use crate::term::{Colour, Term};
use serde::Serialize;
use std::fmt::Display;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
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

/// Writes a file whole or leaves what was there: beside it first, then in its place. Devices and pipes are written to.
pub(crate) fn file(path: &Path, bytes: &[u8]) -> Result<(), UsageError> {
    let failed = |error: io::Error| UsageError(format!("{}: cannot be written: {error}", path.display()));
    // A link stays a link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if target.exists() && !target.is_file() {
        return fs::write(&target, bytes).map_err(failed);
    }
    let mut part = target.clone().into_os_string();
    part.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(part);
    fs::write(&part, bytes).and_then(|()| fs::rename(&part, &target)).map_err(|error| {
        let _ = fs::remove_file(&part);
        failed(error)
    })
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
