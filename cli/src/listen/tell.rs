//! Events as lines: in plain words, or as JSON.

use crate::term::{Colour, Term, wrap};
use crate::wake::{Engine, Wake};
use crate::{event, output};
use earnest::audio::SampleIndex;
use earnest::event::Event;
use earnest::spotter::Detection;
use serde::Serialize;

/// Columns before the words: time and label.
const INDENT: usize = 24;

/// Tells events on stdout, and at the end how many there were.
pub(super) struct Teller {
    phrase: String,
    engine: Engine,
    json: bool,
    term: Term,
    speech_from: Option<SampleIndex>,
    wakes: usize,
    near_misses: usize,
    speeches: usize,
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "end")]
struct End<'a> {
    file: &'a str,
    seconds: f64,
    wakes: usize,
    near_misses: usize,
}

impl Teller {
    pub(super) fn new(wake: &Wake, json: bool) -> Teller {
        Teller {
            phrase: wake.phrases.join(", "),
            engine: wake.engine,
            json,
            term: Term::stdout(),
            speech_from: None,
            wakes: 0,
            near_misses: 0,
            speeches: 0,
        }
    }

    pub(super) fn event(&mut self, file: &str, event: &Event) {
        match event {
            Event::SpeechStart { .. } => self.speeches += 1,
            Event::Wake(_) => self.wakes += 1,
            Event::NearMiss(_) => self.near_misses += 1,
            _ => {}
        }
        if self.json {
            event::Line::of(file, &self.phrase, self.engine.name(), event).iter().for_each(output::json);
        } else {
            self.event_words(event);
        }
    }

    fn event_words(&mut self, event: &Event) {
        let phrase = &self.phrase;
        let (colour, label, words) = match event {
            Event::SpeechStart { at, .. } => {
                self.speech_from = Some(*at);
                (Colour::Dim, "speech", format!("somebody began to speak at {at}"))
            }
            Event::SpeechEnd { at, .. } => {
                let long = self.speech_from.take().map_or(String::new(), |from| {
                    format!(", after {:.1} s", SampleIndex(at.since(from)).seconds())
                });
                (Colour::Dim, "quiet", format!("speech ended at {at}{long}"))
            }
            Event::Wake(Detection { span, score, threshold, why, .. }) => (
                Colour::Green,
                "WAKE",
                format!("heard {phrase:?} at {span}: score {score:.2}, needed {threshold:.2} ({why})"),
            ),
            Event::NearMiss(Detection { span, score, threshold, why, .. }) => (
                Colour::Yellow,
                "near miss",
                format!(
                    "did not wake: {span} was a little like {phrase:?}, but score {score:.2}, \
                     needed {threshold:.2} ({why})"
                ),
            ),
            other => (Colour::Dim, "event", other.to_string()),
        };
        let time = format!("{:>9.2} s", event.decided().seconds());
        let label = self.term.paint(colour, &format!("{label:<9}"));
        let width = if self.term.is_terminal { self.term.width().min(110) } else { usize::MAX };
        // On a narrow terminal the words go below the label.
        let (below, indent) = if width < 56 { (true, 4) } else { (false, INDENT) };
        let lines = wrap(&words, width.saturating_sub(indent + 1));
        let mut first = format!("{time}  {label}");
        if !below {
            first = format!("{first}  {}", lines[0]);
        }
        output::line(&first);
        for line in &lines[usize::from(!below)..] {
            let line = format!("{:indent$}{line}", "");
            output::line(&if matches!(event, Event::SpeechStart { .. } | Event::SpeechEnd { .. }) {
                self.term.paint(Colour::Dim, &line)
            } else {
                line
            });
        }
    }

    /// After the last event.
    pub(super) fn end(&self, file: &str, now: SampleIndex) {
        let Teller { wakes, near_misses, speeches, .. } = *self;
        if self.json {
            output::json(&End { file, seconds: now.seconds(), wakes, near_misses });
            return;
        }
        let count = |n: usize, one: &str, many: &str| match n {
            1 => format!("1 {one}"),
            n => format!("{n} {many}"),
        };
        output::message(&format!(
            "{:.1} s heard: {}, {}, {}",
            now.seconds(),
            count(wakes, "wake", "wakes"),
            count(near_misses, "near miss", "near misses"),
            count(speeches, "stretch of speech", "stretches of speech"),
        ));
    }
}
