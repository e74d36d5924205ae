//! One line that shows, while it happens, how loud it is, whether that is speech, and how near the phrase is.

use crate::term::{Colour, Term};
use std::io::{Write, stderr};
use std::time::{Duration, Instant};

/// Twenty pictures a second look smooth; more are work for nobody.
const REDRAW: Duration = Duration::from_millis(45);
/// Left end of the level bar, dB; the right end is full scale.
const BOTTOM_DB: f32 = -80.0;

/// What the line shows.
pub(super) struct Reading {
    pub(super) at_s: f64,
    pub(super) total_s: Option<f64>,
    pub(super) level_db: f32,
    pub(super) noise_db: f32,
    pub(super) speech: bool,
    /// Running score, 0 to 1.
    pub(super) score: f32,
}

/// A line on stderr that rewrites itself.
pub(super) struct Meter {
    term: Term,
    threshold: f32,
    drawn: Option<Instant>,
    visible: bool,
}

impl Meter {
    pub(super) fn new(term: Term, threshold: f32) -> Meter {
        Meter { term, threshold, drawn: None, visible: false }
    }

    pub(super) fn show(&mut self, reading: &Reading) {
        let now = Instant::now();
        if self.drawn.is_some_and(|drawn| now.duration_since(drawn) < REDRAW) {
            return;
        }
        self.drawn = Some(now);
        self.visible = true;
        let line = render(self.term, self.term.width() - 1, self.threshold, reading);
        // One write, or the terminal shows halves.
        let _ = stderr().write_all(format!("\r{line}\x1b[K").as_bytes());
    }

    /// Takes the line away, for something that stays.
    pub(super) fn clear(&mut self) {
        if self.visible {
            self.visible = false;
            self.drawn = None;
            let _ = stderr().write_all(b"\r\x1b[K");
        }
    }
}

/// At most `width` columns; parts that don't fit are left out, the least telling first.
fn render(term: Term, width: usize, threshold: f32, reading: &Reading) -> String {
    let time = match reading.total_s {
        Some(total) if width >= 50 => format!("{:>6.1}/{total:.1} s", reading.at_s),
        _ => format!("{:>6.1} s", reading.at_s),
    };
    let decibels = if width >= 64 { format!(" {:>4.0} dB", reading.level_db) } else { String::new() };
    let (voice, voice_colour) =
        if reading.speech { ("speech", Colour::Green) } else { ("quiet ", Colour::Dim) };
    let phrase_cells = match width {
        0..44 => 0,
        44..80 => 8,
        _ => 16,
    };
    let phrase = if phrase_cells == 0 {
        String::new()
    } else {
        let colour = if reading.score >= threshold { Colour::Green } else { Colour::Cyan };
        let bar = bar(term, phrase_cells, reading.score, Some(threshold), colour);
        let word = if width >= 80 { "phrase " } else { "" };
        format!("  {word}{bar} {:.2}", reading.score)
    };
    let phrase_columns = match phrase_cells {
        0 => 0,
        cells => 2 + if width >= 80 { 7 } else { 0 } + cells + 2 + 5,
    };
    // Two ends of the level bar, two spaces on both sides of the voice.
    let fixed = time.chars().count() + 1 + 2 + decibels.len() + 2 + 6 + phrase_columns;
    let cells = width.saturating_sub(fixed).min(48);
    let part = |db: f32| ((db - BOTTOM_DB) / -BOTTOM_DB).clamp(0.0, 1.0);
    let level = if cells < 4 {
        String::new()
    } else {
        bar(term, cells, part(reading.level_db), Some(part(reading.noise_db)), voice_colour)
    };
    format!("{time} {level}{decibels}  {}{phrase}", term.paint(voice_colour, voice))
}

/// A bar of `cells` cells between two ends, filled to `part` (0 to 1), with a mark at `mark`.
fn bar(term: Term, cells: usize, part: f32, mark: Option<f32>, colour: Colour) -> String {
    let eighths = (part.clamp(0.0, 1.0) * (cells * 8) as f32) as usize;
    let mark = mark.map(|mark| ((mark * cells as f32) as usize).min(cells - 1));
    let (left, right, full, empty, tick) =
        if term.unicode { ('▕', '▏', '█', ' ', '┊') } else { ('[', ']', '#', ' ', '|') };
    let parts = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let inside: String = (0..cells)
        .map(|cell| match eighths.saturating_sub(cell * 8) {
            _ if mark == Some(cell) => tick,
            0 => empty,
            n @ 1..8 if term.unicode => parts[n - 1],
            1..8 => empty,
            _ => full,
        })
        .collect();
    format!("{left}{}{right}", term.paint(colour, &inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_every_width() {
        for unicode in [true, false] {
            let term = Term::plain(unicode);
            for width in 19..200 {
                for (at_s, total_s) in [(0.0, None), (12.34, Some(46.25)), (7_200.0, Some(86_400.0))] {
                    for level_db in [-100.0, -30.0, 0.0] {
                        let reading =
                            Reading { at_s, total_s, level_db, noise_db: -60.0, speech: true, score: 1.0 };
                        let line = render(term, width, 0.7, &reading);
                        assert!(line.chars().count() <= width.max(24), "{width}: {line}");
                        assert!(unicode || line.is_ascii(), "{line}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_bar_is_as_full_as_the_level() {
        let term = Term::plain(true);
        assert_eq!(bar(term, 4, 0.5, None, Colour::Dim), "▕██  ▏");
        assert_eq!(bar(term, 4, 0.53125, None, Colour::Dim), "▕██▏ ▏");
        assert_eq!(bar(term, 4, 1.0, Some(0.8), Colour::Dim), "▕███┊▏");
        assert_eq!(bar(term, 4, 0.0, Some(1.0), Colour::Dim), "▕   ┊▏");
    }
}
