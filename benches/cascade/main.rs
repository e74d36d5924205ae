//! A cascade over recordings: every stretch that its check looked at, with the evidence of both stages, as JSON lines.
//!
//! ```text
//! cargo bench --bench cascade -- DATA OUT.jsonl --model models/wake-alexa.ear [--from X] [--split dev,train] [--sets PREFIX,…]
//!     [--more FOLDER] [--snr DB]
//! ```
//! `DATA` is the folder of recordings, `--more` another folder with a manifest. Recordings are padded and noise is mixed in as
//! `typed_phrases` does it. `models/training/cascade.py` fits the score to the lines.

#[path = "../typed_phrases/clips.rs"]
mod clips;

use clips::{Clip, clips, in_kitchen};
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};
use earnest::spotter::cascade::{CascadeConfig, CascadeMemory, CascadeSpotter};
use earnest::spotter::net::NetModel;
use earnest::spotter::phonetic::{PhraseCompiler, PhraseSet};
use earnest::spotter::{Detection, Evidence, KeywordSpotter};
use earnest::vad::{MelVad, MelVadConfig, VoiceActivityDetector};
use rustix::time::{ClockId, clock_gettime};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Options {
    data: PathBuf,
    out: PathBuf,
    model: PathBuf,
    from: Option<f32>,
    splits: Vec<String>,
    sets: Vec<String>,
    more: Option<PathBuf>,
    snr: Option<f32>,
}

fn options() -> Options {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let (data, out) = match (args.next(), args.next()) {
        (Some(data), Some(out)) => (data.into(), out.into()),
        _ => {
            println!("cascade: nothing measured, expected DATA and OUT.jsonl");
            std::process::exit(0);
        }
    };
    let mut options = Options {
        data,
        out,
        model: models.join("wake-alexa.ear"),
        from: None,
        splits: vec!["dev".into()],
        sets: Vec::new(),
        more: None,
        snr: None,
    };
    while let Some(name) = args.next() {
        let value = args.next().unwrap_or_else(|| panic!("{name} needs a value"));
        let list = || value.split(',').map(String::from).collect();
        match name.as_str() {
            "--model" => options.model = value.into(),
            "--from" => options.from = Some(value.parse().expect("a score")),
            "--split" => options.splits = list(),
            "--sets" => options.sets = list(),
            "--more" => options.more = Some(value.into()),
            "--snr" => options.snr = Some(value.parse().expect("a number of dB")),
            other => panic!("unknown argument {other}"),
        }
    }
    options
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn phrases(text: &str) -> Vec<u8> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dictionary = Dictionary::new(read(&models.join("lexicon-en.bin"))).unwrap();
    let lexicon = Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(dictionary.clone())
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(G2p::new(read(&models.join("g2p-en.bin"))).unwrap());
    let mut compiler = PhraseCompiler::new();
    compiler.add(text, 1.0, &lexicon).unwrap_or_else(|error| panic!("{text}: {error}"));
    compiler.add_accents().find_rivals(&dictionary);
    compiler.to_image().unwrap()
}

/// Processor time of this thread.
fn seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
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

fn lines(clip: &Clip, chain: &mut Chain<'_>, pcm: &[i16], out: &mut Vec<u8>) {
    let begun = seconds();
    let mut told = Vec::new();
    let (highest, checking) = chain.hear(pcm, |detection| told.push(detection));
    let cpu_s = seconds() - begun;
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
    let options = options();
    let net = read(&options.model);
    let acoustic = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models/phones-m.int8.ear"));
    let image = phrases(NetModel::parse(&net[..]).unwrap().phrase());
    let mut clips = clips(&options.data, &options.sets, &options.splits);
    if let Some(more) = &options.more {
        clips.extend(clips::of_folder(more, &options.splits));
    }
    let kitchen = options.snr.map(|_| clips::decode(&options.data.join("noise/kitchen/kitchen.ogg")));
    let out =
        Mutex::new(BufWriter::new(std::fs::File::create(&options.out).expect("the output can be written")));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, |cores| cores.get()) {
            scope.spawn(|| {
                let mut chain = Chain::new(&net, &acoustic, &image, options.from);
                while let Some(clip) = clips.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut pcm = clips::padded(&clips::decode(&clip.path));
                    if let (Some(snr), Some(kitchen)) = (options.snr, &kitchen) {
                        in_kitchen(&mut pcm, kitchen, snr, &clip.file);
                    }
                    let mut bytes = Vec::new();
                    lines(clip, &mut chain, &pcm, &mut bytes);
                    out.lock().unwrap().write_all(&bytes).unwrap();
                }
            });
        }
    });
    let hours: f64 = clips.iter().map(|clip| clip.seconds).sum::<f64>() / 3600.0;
    println!("{} recordings, {hours:.2} h", clips.len());
}
