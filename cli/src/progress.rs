//! A progress bar on stderr, if that is a terminal and the work takes long enough to want one.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Work shorter than this needs no bar.
const PATIENCE: Duration = Duration::from_millis(400);

pub(crate) struct Progress {
    bar: ProgressBar,
    since: Instant,
    shown: bool,
}

impl Progress {
    pub(crate) fn new() -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Progress { bar, since: Instant::now(), shown: false }
    }

    /// The next recording; lengths in seconds, unknown for a pipe.
    pub(crate) fn begin(&self, label: &str, seconds: Option<f64>) {
        let style = match seconds {
            Some(_) => "{wide_bar:.cyan/dim} {percent:>3}%  {prefix} {msg}",
            None => "{spinner} {pos} s  {prefix} {msg}",
        };
        self.bar.set_style(ProgressStyle::with_template(style).expect("a template that is right"));
        match seconds {
            Some(seconds) => self.bar.set_length(seconds.ceil() as u64),
            None => self.bar.unset_length(),
        }
        self.bar.set_message(label.to_string());
        self.bar.set_position(0);
    }

    /// How many recordings are done, of how many.
    pub(crate) fn count(&self, done: usize, of: Option<usize>) {
        self.bar.set_prefix(of.map_or_else(|| format!("{done}"), |of| format!("{done}/{of}")));
    }

    /// Seconds of the present recording that are done.
    pub(crate) fn at(&mut self, seconds: f64) {
        if !self.shown && self.since.elapsed() >= PATIENCE {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(seconds as u64);
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
