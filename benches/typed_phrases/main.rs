//! Typed phrases over recordings: every candidate that the phonetic spotter looked at, with its evidence, as JSON lines.
//!
//! ```text
//! cargo bench --bench typed_phrases -- DATA OUT.jsonl [--model FILE.ear] [--split dev,train] [--sets PREFIX,…]
//!     [--more FOLDER] [--phrases FILE] [--snr DB]
//! ```
//! `DATA` is the folder of recordings, `--more` another folder with a manifest. Each recording gets a second of silence
//! before and after, and the chain starts anew for it. `--snr` mixes in the kitchen, by the loudest 32 ms of each, from
//! a place that depends on the file's name alone. `figures.py` beside this makes tables of the lines.

mod clips;

use clips::{Clip, clips, in_kitchen};
use earnest::Storage;
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};
use earnest::spotter::phonetic::{Background, PhoneticConfig, PhoneticSpotter, PhraseCompiler, PhraseSet};
use earnest::spotter::{Detection, Evidence, KeywordSpotter};
use earnest::vad::{MelVad, MelVadConfig, VoiceActivityDetector};
use rustix::time::{ClockId, clock_gettime};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

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

struct Options {
    data: PathBuf,
    out: PathBuf,
    model: PathBuf,
    splits: Vec<String>,
    sets: Vec<String>,
    more: Option<PathBuf>,
    phrases: Vec<String>,
    snr: Option<f32>,
}

fn options() -> Options {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let (data, out) = match (args.next(), args.next()) {
        (Some(data), Some(out)) => (data.into(), out.into()),
        _ => {
            println!("typed_phrases: nothing measured, expected DATA and OUT.jsonl");
            std::process::exit(0);
        }
    };
    let mut options = Options {
        data,
        out,
        model: models.join("phones-m.int8.ear"),
        splits: vec!["dev".into()],
        sets: Vec::new(),
        more: None,
        phrases: PHRASES.iter().map(|phrase| phrase.to_string()).collect(),
        snr: None,
    };
    while let Some(name) = args.next() {
        let value = args.next().unwrap_or_else(|| panic!("{name} needs a value"));
        let list = || value.split(',').map(String::from).collect();
        match name.as_str() {
            "--model" => options.model = value.into(),
            "--split" => options.splits = list(),
            "--sets" => options.sets = list(),
            "--more" => options.more = Some(value.into()),
            "--phrases" => {
                let text = std::fs::read_to_string(&value).unwrap_or_else(|error| panic!("{value}: {error}"));
                options.phrases = text.lines().map(String::from).filter(|line| !line.is_empty()).collect();
            }
            "--snr" => options.snr = Some(value.parse().expect("a number of dB")),
            other => panic!("unknown argument {other}"),
        }
    }
    options
}

fn phrases(texts: &[String]) -> Vec<u8> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let read =
        |name: &str| std::fs::read(models.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let dictionary = Dictionary::new(read("lexicon-en.bin")).unwrap();
    let lexicon = Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(dictionary.clone())
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(G2p::new(read("g2p-en.bin")).unwrap());
    let mut compiler = PhraseCompiler::new();
    for text in texts {
        compiler.add(text, 1.0, &lexicon).unwrap_or_else(|error| panic!("{text}: {error}"));
        compiler.find_rivals(&dictionary);
    }
    let background = Background::parse(read("background-m.bin")).unwrap();
    compiler.calibrate(&background).unwrap();
    compiler.to_image().unwrap()
}

/// Processor time of this thread.
fn seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
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

fn lines(clip: &Clip, chain: &mut Chain<'_>, pcm: &[i16], out: &mut Vec<u8>) {
    let begun = seconds();
    let mut told = Vec::new();
    chain.hear(pcm, |detection| told.push(detection));
    let cpu_s = seconds() - begun;
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
    let options = options();
    let read =
        |path: &Path| std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let model = read(&options.model);
    let image = phrases(&options.phrases);
    let mut clips = clips(&options.data, &options.sets, &options.splits);
    if let Some(more) = &options.more {
        clips.extend(clips::of_folder(more, &options.splits));
    }
    let kitchen = clips::decode(&options.data.join("noise/kitchen/kitchen.ogg"));
    let out =
        Mutex::new(BufWriter::new(std::fs::File::create(&options.out).expect("the output can be written")));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |cores| cores.get()) {
            scope.spawn(|| {
                let mut chain = Chain::new(&model, &image);
                while let Some(clip) = clips.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut pcm = clips::padded(&clips::decode(&clip.path));
                    if let Some(snr) = options.snr {
                        in_kitchen(&mut pcm, &kitchen, snr, &clip.file);
                    }
                    let mut bytes = Vec::new();
                    lines(clip, &mut chain, &pcm, &mut bytes);
                    out.lock().unwrap().write_all(&bytes).unwrap();
                }
            });
        }
    });
    let hours: f64 = clips.iter().map(|clip| clip.seconds).sum::<f64>() / 3600.0;
    println!("{} phrases over {} recordings, {hours:.2} h", options.phrases.len(), clips.len());
}
