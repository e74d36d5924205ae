//! What the guard's examples share: real audio to plain numbers.
//!
//! Front end, VAD and acoustic model are the library's and run over the recording. Phrases are found in the model's
//! posteriors by a forced alignment that is only good enough for examples, and its score becomes a probability by the
//! curves in `examples/portland/odds.json`, measured on synthetic speech by `calibrate.py` beside it.
#![allow(dead_code)] // each example uses its own part

pub(crate) mod desk;

use earnest::audio::{SampleIndex, SampleSpan, Unit};
use earnest::frontend::{FrontEnd, FrontEndConfig, MelFrame};
use earnest::guard::{Slot, Surroundings, TalkMeter, VoiceMeter};
use earnest::lexicon::{Dictionary, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};
use earnest::vad::{MelVad, MelVadConfig, VoiceActivityDetector};
use std::error::Error;
use std::ops::Range;

pub(crate) const CONTACTS: [&str; 8] =
    ["Denise", "Andrew", "Olivia", "Martha", "Grace", "Karl", "Hannah", "Dennis"];
/// A household that knows a Denise and no Dennis. Where there are both, the guard asks once which was meant: this
/// model tells them apart with 0.74 only.
pub(crate) const NO_DENNIS: usize = 7;

/// A phrase is known so long after it was said: the model looks 165 ms ahead, the VAD waits 300 ms for an end.
const KNOWN_AFTER: u64 = 16 * 450;
/// Samples of one row of posteriors.
const ROW: u64 = 320;
/// Taken off blank beyond what the image has off, as `calibrate.py` does.
const BLANK_OFFSET: f32 = 0.75;

pub(crate) fn seconds(s: f64) -> SampleIndex {
    SampleIndex((s * 16_000.0).round() as u64)
}

pub(crate) fn root() -> String {
    env!("CARGO_MANIFEST_DIR").to_string()
}

/// 16 kHz mono FLAC of the examples.
pub(crate) fn flac(path: &str) -> Result<Vec<i16>, Box<dyn Error>> {
    let path = format!("{}/examples/{path}", root());
    let mut reader = claxon::FlacReader::open(&path).map_err(|error| format!("{path}: {error}"))?;
    Ok(reader.samples().map(|sample| sample.map(|s| s as i16)).collect::<Result<_, _>>()?)
}

/// A curve from score to probability.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Odds {
    slope: f32,
    middle: f32,
}

impl Odds {
    pub(crate) fn read(gate: &str) -> Result<Odds, Box<dyn Error>> {
        let path = format!("{}/examples/portland/odds.json", root());
        let all: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        let number = |name: &str| all[gate][name].as_f64().ok_or(format!("odds.json: no {gate}.{name}"));
        Ok(Odds { slope: number("slope")? as f32, middle: number("middle")? as f32 })
    }

    pub(crate) fn probability(&self, score: f32) -> f32 {
        1.0 / (1.0 + (-self.slope * (score - self.middle)).exp())
    }

    /// Log-likelihood ratio: the curve was fitted with real and other speech weighing the same.
    pub(crate) fn nats(&self, score: f32) -> f32 {
        self.slope * (score - self.middle)
    }
}

/// A phrase, where it fits best.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// Log-likelihood against any phones at all over the same frames, by phone; 0 is best.
    pub(crate) score: f32,
    pub(crate) span: SampleSpan,
    pub(crate) phones: u16,
}

impl Found {
    /// When the chain knows of it.
    pub(crate) fn known(&self) -> SampleIndex {
        self.span.end.after(KNOWN_AFTER)
    }
}

/// A recording, heard: posteriors, what the VAD said, mel frames.
pub(crate) struct Sound {
    pub(crate) pcm: Vec<i16>,
    /// Log-likelihood of each symbol less that of the best, one row every 20 ms.
    rows: Vec<Vec<f32>>,
    /// After each mel frame: its span, whether there was speech, the facts about the talk so far.
    talk: Vec<(SampleSpan, bool, TalkMeter)>,
    mels: Vec<MelFrame>,
    symbols: Vec<String>,
    lexicon: Lexicon<'static>,
}

impl Sound {
    pub(crate) fn hear(pcm: Vec<i16>) -> Result<Sound, Box<dyn Error>> {
        let model = Model::new(std::fs::read(format!("{}/models/phones-m.int8.ear", root()))?)?;
        let symbols: Vec<String> = model.symbols().map(str::to_string).collect();
        let mut net = Net::owned(model);
        let mut front_end = FrontEnd::new(FrontEndConfig::base())?;
        let config = MelVadConfig::default();
        let mut vad = MelVad::new(config, &FrontEndConfig::base())?;
        let mut meter = TalkMeter::new(config.talk_window_s);
        let (mut rows, mut talk, mut mels) = (Vec::new(), Vec::new(), Vec::new());
        // Silence behind, so that the last words come out of the model.
        let padded: Vec<Unit> = pcm.iter().map(|s| Unit::from(*s)).chain([Unit::default(); 8000]).collect();
        let mut rest = &padded[..];
        while let Some(frame) = front_end.process(&mut rest) {
            let judged = vad.process(frame);
            meter.process(&judged, frame.span.end);
            talk.push((frame.span, judged.probability > 0.5, meter.clone()));
            mels.push(frame.clone());
            for row in net.process(frame.mel()).unwrap_or_default().chunks_exact(symbols.len()) {
                let mut row = row.to_vec();
                row[0] -= BLANK_OFFSET;
                let best = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                row.iter_mut().for_each(|x| *x -= best);
                rows.push(row);
            }
        }
        let dictionary = Dictionary::new(std::fs::read(format!("{}/models/lexicon-en.bin", root()))?)?;
        let lexicon = Lexicon::new(LexiconConfig::default())?.with_dictionary(dictionary);
        Ok(Sound { pcm, rows, talk, mels, symbols, lexicon })
    }

    /// The symbols of a text: the first pronunciation of every word.
    fn phones(&self, text: &str) -> Result<Vec<usize>, Box<dyn Error>> {
        let mut phones = Vec::new();
        for word in self.lexicon.pronounce(text).map_err(|error| format!("{text:?}: {error:?}"))? {
            for phone in &word.pronunciations[0].phones {
                let name = phone.to_string();
                let name = if name == "AO" { "AA" } else { &name };
                let at = self.symbols.iter().position(|symbol| symbol == name);
                phones.push(at.ok_or_else(|| format!("the model has no phone {name}"))?);
            }
        }
        Ok(phones)
    }

    /// Where in `window` (seconds) `text` fits best.
    pub(crate) fn find(&self, text: &str, window: Range<f64>) -> Result<Found, Box<dyn Error>> {
        let phones = self.phones(text)?;
        let row = |s: f64| ((s * 50.0).max(0.0) as usize).min(self.rows.len());
        let (from, to) = (row(window.start), row(window.end));
        // Phone, blank, phone, … : score and first row of the best path that stands there.
        let states = 2 * phones.len() - 1;
        let none = (f32::NEG_INFINITY, 0);
        let mut paths = vec![none; states];
        let mut best = (f32::NEG_INFINITY, 0, 0);
        for (at, row) in self.rows.iter().enumerate().take(to).skip(from) {
            let before = paths.clone();
            for state in 0..states {
                let is_phone = state % 2 == 0;
                let mut path = before[state];
                let mut also = |other: (f32, usize)| {
                    if other.0 > path.0 {
                        path = other;
                    }
                };
                match state {
                    0 => also((0.0, at)),
                    _ => also(before[state - 1]),
                }
                if is_phone && state >= 2 && phones[state / 2] != phones[state / 2 - 1] {
                    also(before[state - 2]);
                }
                let symbol = if is_phone { phones[state / 2] } else { 0 };
                paths[state] = (path.0 + row[symbol], path.1);
            }
            let end = paths[states - 1];
            if end.0 > best.0 {
                best = (end.0, end.1, at + 1);
            }
        }
        let (score, first, end) = best;
        let span = SampleSpan { start: SampleIndex(first as u64 * ROW), end: SampleIndex(end as u64 * ROW) };
        Ok(Found { score: score / phones.len() as f32, span, phones: phones.len() as u16 })
    }

    /// What was going on around words, as it is known at `at`.
    pub(crate) fn around(&self, words: SampleSpan, at: SampleIndex) -> Surroundings {
        let known = self.talk.iter().take_while(|(span, ..)| span.end <= at).last();
        let mut facts = known.map_or(Surroundings::unknown(), |(_, _, meter)| meter.surroundings(words));
        let mut voice = VoiceMeter::new();
        for (frame, (span, speech, _)) in self.mels.iter().zip(&self.talk) {
            if *speech && span.start >= words.start && span.end <= words.end {
                voice.process(frame);
            }
        }
        facts.voice = voice.facts();
        facts
    }

    /// The contact, of the first `known` ones, whose name fits best in `window`, as a slot. A name's own probability comes from its score; it
    /// shares it with the others by how well they fit. What is left is "not in the list".
    pub(crate) fn contact(&self, known: usize, window: Range<f64>) -> Result<(Slot, Found), Box<dyn Error>> {
        let odds = Odds::read("name")?;
        let mut found = Vec::new();
        for (value, name) in CONTACTS.iter().take(known).enumerate() {
            found.push((value, self.find(name, window.clone())?));
        }
        found.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        let (value, first) = found[0];
        let listed = odds.probability(first.score);
        let weight = |f: &Found| odds.nats(f.score).exp();
        let all: f32 = found.iter().map(|(_, f)| weight(f)).sum();
        let slot = Slot {
            value: value as u32,
            probability: listed * weight(&first) / all,
            runner_up: listed * weight(&found[1].1) / all,
            not_listed: 1.0 - listed,
        };
        Ok((slot, first))
    }
}
