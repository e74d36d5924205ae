//! Typed phrases over recordings: every candidate that the phonetic spotter looked at, with its evidence, as JSON lines.
//!
//! ```text
//! cargo bench --bench typed_phrases -- DATA OUT.jsonl [--model FILE.ear] [--split dev,train] [--sets PREFIX,…]
//!     [--more FOLDER] [--phrases FILE] [--snr DB]
//! ```
//! `DATA` is the folder of recordings, `--more` another folder with a manifest. Each recording gets a second of silence
//! before and after, and the chain starts anew for it. `--snr` mixes in the kitchen, by the loudest 32 ms of each, from
//! a place that depends on the file's name alone. `figures.py` beside this makes tables of the lines.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/recordings.rs"]
mod recordings;

use common::thread_time;
use earnest::Storage;
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::nn::{Model, Net};
use earnest::spotter::phonetic::{Background, PhoneticConfig, PhoneticSpotter, PhraseCompiler, PhraseSet};
use earnest::spotter::{Detection, Evidence, KeywordSpotter};
use earnest::vad::{MelVad, MelVadConfig, VoiceActivityDetector};
use recordings::{Recordings, clips::Clip};
use std::io::Write;
use std::path::Path;

/// Phrases whose recordings there are, and others for counting what ordinary audio does to phrases in general.
const PHRASES: &[&str] = &[
    "alexa",
    "computer",
    "snowboy",
    "view glass",
    "athena",
    "amelia",
    "hey chatterbox",
    "hey computer",
    "hey firefox",
    "hey floyd",
    "hey k9",
    "hey kit",
    "hey mike",
    "hey moxie",
    "hey scout",
    "hey ziggy",
    "christopher",
    "jarvis",
    "smart mirror",
    "hey earnest",
    "okay kitchen",
    "open sesame",
    "good morning house",
    "hello robot",
    "purple monkey",
    "hey butler",
    "terminator",
    "blueberry",
    "listen up",
    "hey friday",
    "pumpkin",
    "hey amanda",
    "wake up now",
    "dolphin",
    "bumblebee",
    "hey marvin",
    "picovoice",
    "grasshopper",
    "americano",
    "hey sigmund",
    "sheila",
    "okay house",
    "hey butterfly",
    "dishwasher",
    "wonderful",
    "hey samantha",
    "mission control",
    "hello nova",
];

fn phrases(texts: &[String]) -> Vec<u8> {
    let (dictionary, lexicon) = recordings::lexicon();
    let mut compiler = PhraseCompiler::new();
    for text in texts {
        compiler.add(text, 1.0, &lexicon).unwrap_or_else(|error| panic!("{text}: {error}"));
        compiler.find_rivals(&dictionary);
    }
    let background = Background::parse(recordings::read(&recordings::model("background-m.bin"))).unwrap();
    compiler.calibrate(&background).unwrap();
    compiler.to_image().unwrap()
}

/// The chain, telling every candidate whatever its score.
struct Chain<'a> {
    front_end: FrontEnd,
    vad: MelVad,
    spotter: PhoneticSpotter<'a>,
}

impl<'a> Chain<'a> {
    fn new(model: &'a [u8], image: &'a [u8]) -> Self {
        let set = PhraseSet::parse(image).unwrap();
        let tokens = Storage::owned(PhoneticSpotter::required_tokens(&set));
        let history = Storage::owned(PhoneticSpotter::required_history(&set));
        // No score is above 1, and all are within 1 of it.
        let config = PhoneticConfig { threshold: Some(1.0), near_miss: 1.0, ..PhoneticConfig::default() };
        let net = Net::owned(Model::new(model).unwrap());
        let base = FrontEndConfig::base();
        Chain {
            front_end: FrontEnd::new(base).unwrap(),
            vad: MelVad::new(MelVadConfig::default(), &base).unwrap(),
            spotter: PhoneticSpotter::new(config, net, set, tokens, history).unwrap(),
        }
    }

    fn hear(&mut self, pcm: &[i16], mut tell: impl FnMut(Detection)) {
        self.front_end.reset();
        self.vad.reset();
        self.spotter.reset();
        let mut rest = pcm;
        while let Some(frame) = self.front_end.process(&mut rest) {
            let vad = self.vad.process(frame);
            self.spotter.process_all(frame, &vad, &mut tell);
        }
    }
}

fn lines(clip: &Clip, pcm: &[i16], chain: &mut Chain<'_>, out: &mut Vec<u8>) {
    let begun = thread_time();
    let mut told = Vec::new();
    chain.hear(pcm, |detection| told.push(detection));
    let cpu_s = (thread_time() - begun).as_secs_f64();
    let name = serde_json::json!({"set": clip.set, "split": clip.split, "file": clip.file, "seconds": clip.seconds,
        "phrase": clip.phrase, "text": clip.text, "cpu_s": cpu_s});
    writeln!(out, "{name}").unwrap();
    for detection in told {
        let Evidence::Phonetic(why) = detection.why else { continue };
        let phrase = chain.spotter.phrases().phrase(detection.phrase.into()).unwrap();
        let rival = why.rival.and_then(|rival| phrase.rival_text(rival));
        let line = serde_json::json!({
            "heard": phrase.text(), "score": detection.score, "half": phrase.calibration().half,
            "scale": phrase.calibration().scale, "ratio": why.ratio, "worst": why.worst,
            "second": why.second_worst, "phones": why.phones, "start_s": detection.span.start.seconds(),
            "end_s": detection.span.end.seconds(), "decided_s": detection.decided.seconds(),
            "before": why.pause_before_ms, "after": why.pause_after_ms, "rival": rival,
            "margin": why.rival_margin.max(-99.0),
        });
        writeln!(out, "{line}").unwrap();
    }
}

fn main() {
    let mut model = recordings::model("phones-m.int8.ear");
    let mut texts: Vec<String> = PHRASES.iter().map(|phrase| phrase.to_string()).collect();
    let asked = Recordings::asked("typed_phrases", |name, value| {
        match name {
            "--model" => model = value.into(),
            "--phrases" => {
                let text = String::from_utf8(recordings::read(Path::new(value))).expect("UTF-8");
                texts = text.lines().map(String::from).filter(|line| !line.is_empty()).collect();
            }
            _ => return false,
        }
        true
    });
    let (model, image) = (recordings::read(&model), phrases(&texts));
    let (clips, hours) = asked.each(|| Chain::new(&model, &image), lines);
    println!("{} phrases over {clips} recordings, {hours:.2} h", texts.len());
}
