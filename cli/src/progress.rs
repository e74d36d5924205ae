//! A progress bar on stderr, if that is a terminal and the work takes long enough to want one.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Work shorter than this needs no bar.
const PATIENCE: Duration = Duration::from_millis(400);

pub(crate) struct Progress {
    bar: ProgressBar,
    since: Instant,
    shown: bool,
    by_file: bool,
}

impl Progress {
    pub(crate) fn new() -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Progress { bar, since: Instant::now(), shown: false, by_file: false }
    }

    /// Counts recordings from now on, of how many if that is known.
    pub(crate) fn files(&mut self, of: Option<usize>) {
        self.by_file = true;
        self.style(of.is_some(), "{pos}/{len}", "{pos}");
        self.length(of.map(|of| of as u64));
    }

    /// The next recording; its length in seconds, unknown for a pipe.
    pub(crate) fn begin(&self, label: &str, seconds: Option<f64>) {
        self.bar.set_message(label.to_string());
        if self.by_file {
            self.bar.inc(1);
        } else {
            self.style(seconds.is_some(), "{percent}%", "{pos} s");
            self.length(seconds.map(|seconds| seconds.ceil() as u64));
            self.bar.set_position(0);
        }
    }

    /// So many recordings are done; what else is to be said.
    pub(crate) fn reach(&mut self, done: u64, message: &str) {
        self.bar.set_message(message.to_string());
        self.bar.set_position(done);
        self.at(0.0);
    }

    fn style(&self, known: bool, of: &str, without: &str) {
        let style = match known {
            true => format!("{{bar:24.cyan/dim}} {of}  {{wide_msg}}"),
            false => format!("{{spinner}} {without}  {{wide_msg}}"),
        };
        self.bar.set_style(ProgressStyle::with_template(&style).expect("a template that is right"));
    }

    fn length(&self, length: Option<u64>) {
        match length {
            Some(length) => self.bar.set_length(length),
            None => self.bar.unset_length(),
        }
    }

    /// Seconds of the present recording that are done.
    pub(crate) fn at(&mut self, seconds: f64) {
        if !self.shown && self.since.elapsed() >= PATIENCE {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        if self.by_file {
            self.bar.tick();
        } else {
            self.bar.set_position(seconds as u64);
        }
    }

    /// Prints while the bar is out of the way.
    pub(crate) fn aside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
