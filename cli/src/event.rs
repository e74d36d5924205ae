//! What was noticed in the audio, as a JSON line.

use earnest::event::Event;
use earnest::spotter::Detection;
use serde::Serialize;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    SpeechStart { file: &'a str, at_s: f64, decided_s: f64 },
    SpeechEnd { file: &'a str, at_s: f64, decided_s: f64 },
    Wake(Spotted<'a>),
    NearMiss(Spotted<'a>),
}

#[derive(Serialize)]
pub(crate) struct Spotted<'a> {
    file: &'a str,
    phrase: &'a str,
    engine: &'a str,
    start_s: f64,
    end_s: f64,
    decided_s: f64,
    score: f32,
    threshold: f32,
    why: String,
}

impl<'a> Line<'a> {
    /// Of `file`, in which `engine` listens for `phrase`; none for an event that lines don't know.
    pub(crate) fn of(file: &'a str, phrase: &'a str, engine: &'a str, event: &Event) -> Option<Line<'a>> {
        let decided_s = event.decided().seconds();
        let spotted = |detection: &Detection| Spotted {
            file,
            phrase,
            engine,
            start_s: detection.span.start.seconds(),
            end_s: detection.span.end.seconds(),
            decided_s,
            score: detection.score,
            threshold: detection.threshold,
            why: detection.why.to_string(),
        };
        Some(match event {
            Event::SpeechStart { at, .. } => Line::SpeechStart { file, at_s: at.seconds(), decided_s },
            Event::SpeechEnd { at, .. } => Line::SpeechEnd { file, at_s: at.seconds(), decided_s },
            Event::Wake(detection) => Line::Wake(spotted(detection)),
            Event::NearMiss(detection) => Line::NearMiss(spotted(detection)),
            _ => return None,
        })
    }
}
