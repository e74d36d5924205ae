//! A cascade over recordings: every stretch that its check looked at, with the evidence of both stages, as JSON lines.
//!
//! ```text
//! cargo bench --bench cascade -- DATA OUT.jsonl --model models/wake-alexa.ear [--from X] [--split dev,train] [--sets PREFIX,…]
//!     [--more FOLDER] [--snr DB]
//! ```
//! `DATA` is the folder of recordings, `--more` another folder with a manifest. Recordings are padded and noise is mixed in as
//! `typed_phrases` does it. `models/training/cascade.py` fits the score to the lines.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/recordings.rs"]
mod recordings;

use common::thread_time;
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::nn::{Model, Net};
use earnest::spotter::cascade::{CascadeConfig, CascadeMemory, CascadeSpotter};
use earnest::spotter::net::NetModel;
use earnest::spotter::phonetic::{PhraseCompiler, PhraseSet};
use earnest::spotter::{Detection, Evidence, KeywordSpotter};
use earnest::vad::{MelVad, MelVadConfig, VoiceActivityDetector};
use recordings::{Recordings, clips::Clip};
use std::io::Write;

fn phrases(text: &str) -> Vec<u8> {
    let (dictionary, lexicon) = recordings::lexicon();
    let mut compiler = PhraseCompiler::new();
    compiler.add(text, 1.0, &lexicon).unwrap_or_else(|error| panic!("{text}: {error}"));
    compiler.add_accents().find_rivals(&dictionary);
    compiler.to_image().unwrap()
}

/// The chain, telling everything that was checked.
struct Chain<'a> {
    front_end: FrontEnd,
    vad: MelVad,
    spotter: CascadeSpotter<'a>,
}

impl<'a> Chain<'a> {
    fn new(net: &'a [u8], acoustic: &'a [u8], image: &'a [u8], from: Option<f32>) -> Self {
        let model = NetModel::parse(net).unwrap();
        let set = PhraseSet::parse(image).unwrap();
        let config = CascadeConfig {
            from,
            threshold: Some(1.0),
            near_miss: 1.0,
            refractory_ms: 0,
            ..CascadeConfig::default()
        };
        let memory = CascadeMemory::owned(&model, &set);
        let acoustic = Net::owned(Model::new(acoustic).unwrap());
        let base = FrontEndConfig::base();
        Chain {
            front_end: FrontEnd::new(base).unwrap(),
            vad: MelVad::new(MelVadConfig::default(), &base).unwrap(),
            spotter: CascadeSpotter::new(config, model, acoustic, set, memory).unwrap(),
        }
    }

    /// The highest score of the network alone, and the frames in which the acoustic model was at work.
    fn hear(&mut self, pcm: &[i16], mut tell: impl FnMut(Detection)) -> (f32, u32) {
        self.front_end.reset();
        self.vad.reset();
        self.spotter.reset();
        let (mut rest, mut highest, mut checking) = (pcm, 0.0f32, 0);
        while let Some(frame) = self.front_end.process(&mut rest) {
            let vad = self.vad.process(frame);
            self.spotter.process(frame, &vad).into_iter().for_each(&mut tell);
            highest = highest.max(self.spotter.net_score());
            checking += u32::from(self.spotter.checking());
        }
        (highest, checking)
    }
}

fn lines(clip: &Clip, pcm: &[i16], chain: &mut Chain<'_>, out: &mut Vec<u8>) {
    let begun = thread_time();
    let mut told = Vec::new();
    let (highest, checking) = chain.hear(pcm, |detection| told.push(detection));
    let cpu_s = (thread_time() - begun).as_secs_f64();
    let name = serde_json::json!({"set": clip.set, "split": clip.split, "file": clip.file, "seconds": clip.seconds,
        "phrase": clip.phrase, "text": clip.text, "net": highest, "checked_s": f64::from(checking) / 100.0, "cpu_s": cpu_s});
    writeln!(out, "{name}").unwrap();
    for detection in told {
        let Evidence::Cascade(why) = detection.why else { continue };
        let phrase = chain.spotter.phrases().phrase(0).unwrap();
        let rival = why.phonetic.rival.and_then(|rival| phrase.rival_text(rival));
        let line = serde_json::json!({
            "heard": phrase.text(), "score": detection.score, "log_odds": why.net.log_odds, "highest": why.net.highest,
            "held_ms": why.net.held_ms, "ratio": why.phonetic.ratio, "worst": why.phonetic.worst,
            "second": why.phonetic.second_worst, "phones": why.phonetic.phones,
            "start_s": detection.span.start.seconds(), "end_s": detection.span.end.seconds(),
            "before": why.phonetic.pause_before_ms, "after": why.phonetic.pause_after_ms, "rival": rival,
            "margin": why.phonetic.rival_margin.max(-99.0),
        });
        writeln!(out, "{line}").unwrap();
    }
}

fn main() {
    let (mut net, mut from) = (recordings::model("wake-alexa.ear"), None);
    let asked = Recordings::asked("cascade", |name, value| {
        match name {
            "--model" => net = value.into(),
            "--from" => from = Some(value.parse().expect("a score")),
            _ => return false,
        }
        true
    });
    let (net, acoustic) = (recordings::read(&net), recordings::read(&recordings::model("phones-m.int8.ear")));
    let image = phrases(NetModel::parse(&net[..]).unwrap().phrase());
    let (clips, hours) = asked.each(|| Chain::new(&net, &acoustic, &image, from), lines);
    println!("{clips} recordings, {hours:.2} h");
}
