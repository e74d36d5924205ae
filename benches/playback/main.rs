//! The device's own voice: how often does a phrase wake that the device plays, and is one still heard that is spoken over
//! playback, with and without the reference signal?
//!
//! ```text
//! cargo bench --features eval --bench playback [-- DATA [--split dev] [--out FILE.jsonl]]
//! ```
//! `DATA` is the folder of recordings, `../shared/data` without it; where there is none, nothing is measured.
//!
//! Every recording of a phrase is used in two kinds of scenes. *Played*: it lies in what the device plays, speech that is
//! interrupted for it or music that goes on under it. *Spoken*: somebody says it while the device plays something else, the
//! loudest 32 ms of the phrase 0, 5 or 10 dB above the loudest 32 ms of the echo (and once 10 dB below: a loud device).
//! What is played reaches the microphone through a loudspeaker that clips softly and a room that decays by 60 dB in
//! 0.2 … 0.5 s (noise with an exponential decay), some time later; the microphone adds noise.

#[path = "../common/mod.rs"]
mod common;
mod scene;

use common::thread_time;
use earnest::Storage;
use earnest::eval::stats::{Level, Share};
use earnest::event::Event;
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use earnest::nn::{Model, Net};
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::playback::{FRAMES, Playback, PlaybackConfig, Reference};
use earnest::spotter::net::{NetConfig, NetModel, NetSpotter};
use earnest::spotter::phonetic::{Background, PhoneticConfig, PhoneticSpotter, PhraseCompiler, PhraseSet};
use earnest::spotter::{Evidence, KeywordSpotter};
use scene::{Beds, Scene};
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// From a sample of the reference to its echo, ms.
const DELAYS_MS: [usize; 4] = [0, 60, 180, 400];
/// Speech over playback, dB.
const OVER_DB: [f32; 4] = [10.0, 5.0, 0.0, -10.0];

/// What one chain made of one scene.
#[derive(Clone, Copy, Default)]
struct Result1 {
    woke: bool,
    vetoed: bool,
    /// What the guard is told of a wake: the score in the reference.
    in_playback: f32,
    similarity: f32,
    /// Of a phrase that counts or would have counted.
    score: f32,
}

/// Runs one scene; a wake counts that is decided before `until`.
fn listen<K: KeywordSpotter, P: Reference>(
    chain: &mut Pipeline<'_, K, earnest::vad::MelVad, earnest::frontend::FrontEnd, P>,
    scene: &Scene,
    with: bool,
) -> Result1 {
    chain.reset();
    let mut result = Result1::default();
    let silence = vec![0; 160];
    for (pcm, played) in scene.heard.chunks(160).zip(scene.played.chunks(160)) {
        let played = if with { played } else { &silence[..played.len()] };
        let mut found = None;
        chain.push_with_reference(pcm, played, |event| match event {
            Event::Wake(detection) => found = Some((detection, false)),
            Event::NearMiss(detection) => {
                if let Evidence::Playback(_) = detection.why {
                    found = Some((detection, true));
                }
            }
            _ => {}
        });
        let Some((detection, vetoed)) = found else { continue };
        if detection.span.end < scene.from || detection.span.start > scene.until {
            continue;
        }
        result.woke |= !vetoed;
        result.vetoed |= vetoed;
        result.score = result.score.max(detection.score);
        if with {
            let evidence = chain.playback().evidence(detection.span, detection.decided);
            result.in_playback = result.in_playback.max(evidence.score);
            result.similarity = result.similarity.max(evidence.similarity);
        }
    }
    result
}

fn net(image: &[u8]) -> std::result::Result<NetSpotter<'_>, Box<dyn Error>> {
    let model = NetModel::parse(image)?;
    let memory = Storage::owned(NetSpotter::required_words(&model));
    Ok(NetSpotter::new(NetConfig::default(), model, memory)?)
}

/// The typed phrase, and the models that it needs.
struct Typed {
    phones: Vec<u8>,
    set: Vec<u8>,
}

impl Typed {
    fn new(root: &Path, phrase: &str) -> std::result::Result<Typed, Box<dyn Error>> {
        let read = |name: &str| fs::read(root.join("models").join(name));
        let (background, large, g2p) =
            (read("background-m.bin")?, read("lexicon-en.bin")?, read("g2p-en.bin")?);
        let dictionary = Dictionary::new(&large[..])?;
        let core = Dictionary::new(CORE)?;
        let lexicon = Lexicon::new(LexiconConfig::default())?
            .with_dictionary(core)
            .with_dictionary(dictionary.clone())
            .with_letters(G2p::new(&g2p[..])?);
        let mut compiler = PhraseCompiler::new();
        compiler.add(phrase, 0.5, &lexicon)?;
        compiler.find_rivals(&dictionary);
        compiler.calibrate(&Background::parse(&background[..])?)?;
        Ok(Typed { phones: read("phones-m.int8.ear")?, set: compiler.to_image()? })
    }

    fn spotter(&self) -> std::result::Result<PhoneticSpotter<'_>, Box<dyn Error>> {
        let set = PhraseSet::parse(&self.set[..])?;
        let tokens = Storage::owned(PhoneticSpotter::required_tokens(&set));
        let history = Storage::owned(PhoneticSpotter::required_history(&set));
        let net = Net::owned(Model::new(&self.phones[..])?);
        Ok(PhoneticSpotter::new(PhoneticConfig::default(), net, set, tokens, history)?)
    }
}

/// Counts of one row of the table.
#[derive(Default)]
struct Row {
    scenes: u64,
    without: u64,
    with: u64,
    vetoed: u64,
    /// Of the wakes with a reference, those whose score in the reference the guard would not take.
    doubted: u64,
}

fn share(count: u64, of: u64) -> String {
    let share = Share { count, of };
    let limits = share.exact(Level::P95);
    format!(
        "{count}/{of} ({:.1} %, {:.1}–{:.1})",
        100.0 * share.value(),
        100.0 * limits.low,
        100.0 * limits.high
    )
}

struct Args {
    data: PathBuf,
    split: String,
    out: Option<fs::File>,
}

fn args() -> std::result::Result<Args, Box<dyn Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let mut found = Args { data, split: "dev".into(), out: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--bench" => {}
            "--split" => found.split = value()?,
            "--out" => found.out = Some(fs::File::create(value()?)?),
            folder => found.data = folder.into(),
        }
    }
    Ok(found)
}

/// All scenes of one phrase with one engine.
fn judge<K: KeywordSpotter>(
    name: &str,
    make: impl Fn() -> std::result::Result<K, Box<dyn Error>>,
    clips: &[PathBuf],
    beds: &Beds,
    out: &mut Option<fs::File>,
) -> std::result::Result<(), Box<dyn Error>> {
    let chain = Pipeline::new(PipelineConfig::default(), make()?, Storage::owned(160))?;
    let playback = Playback::new(PlaybackConfig::default(), make()?, Storage::owned(FRAMES))?;
    let mut chain = chain.with_playback(playback);
    let mut rows: std::collections::BTreeMap<(u8, String), Row> = Default::default();
    let (mut time_without, mut time_with, mut seconds) = (Duration::ZERO, Duration::ZERO, 0.0);
    for (index, clip) in clips.iter().enumerate() {
        let phrase = scene::ogg(clip)?;
        let mut scenes = Vec::new();
        for (n, delay_ms) in DELAYS_MS.into_iter().enumerate() {
            for music in [false, true] {
                let kind = if music { "music" } else { "speech" };
                scenes.push((
                    (0, format!("played, in {kind}, {delay_ms} ms")),
                    beds.played(&phrase, index, n, music),
                ));
            }
        }
        for (n, over_db) in OVER_DB.into_iter().enumerate() {
            for music in [false, true] {
                let kind = if music { "music" } else { "speech" };
                let scene = beds.spoken(&phrase, index, n, over_db, music);
                scenes.push(((1, format!("spoken, over {kind}, {over_db} dB")), scene));
            }
        }
        for (row, scene) in scenes {
            let start = thread_time();
            let without = listen(&mut chain, &scene, false);
            let between = thread_time();
            let with = listen(&mut chain, &scene, true);
            time_without += between - start;
            time_with += thread_time() - between;
            seconds += scene.heard.len() as f64 / 16_000.0;
            if let Some(out) = out {
                let file = clip.display();
                writeln!(
                    out,
                    "{{\"engine\":{name:?},\"scene\":{:?},\"file\":\"{file}\",\"without\":{},\"with\":{},\"vetoed\":{},\"in_playback\":{},\"similarity\":{},\"score\":{}}}",
                    row.1,
                    without.woke,
                    with.woke,
                    with.vetoed,
                    with.in_playback,
                    with.similarity,
                    with.score
                )?;
            }
            let row = rows.entry(row).or_default();
            row.scenes += 1;
            row.without += u64::from(without.woke);
            row.with += u64::from(with.woke);
            row.vetoed += u64::from(with.vetoed);
            row.doubted += u64::from(with.woke && with.in_playback > 0.1);
        }
    }
    println!("\n{name}: {} recordings, {:.2} h", clips.len(), seconds / 3600.0);
    println!(
        "| scene | wakes without | wakes with reference | vetoed | doubted by the guard |\n|---|---|---|---|---|"
    );
    for ((_, row), Row { scenes, without, with, vetoed, doubted }) in rows {
        let (without, with) = (share(without, scenes), share(with, scenes));
        println!("| {row} | {without} | {with} | {vetoed} | {doubted} |");
    }
    let per_hour = |time: Duration| time.as_secs_f64() / seconds * 3600.0;
    println!(
        "CPU s per hour: {:.2} with a silent reference, {:.2} with one that plays, {:.2} times as much",
        per_hour(time_without),
        per_hour(time_with),
        time_with.as_secs_f64() / time_without.as_secs_f64()
    );
    Ok(())
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let mut args = args()?;
    if !args.data.is_dir() {
        println!("skipped: no recordings at {}", args.data.display());
        return Ok(());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let beds = Beds::new(&args.data)?;
    for phrase in ["alexa", "snowboy", "computer", "view_glass"] {
        let clips = scene::files(&args.data, &format!("wake/{phrase}"), &args.split)?;
        let image = fs::read(root.join(format!("models/wake-{phrase}.ear")));
        if let Ok(image) = image {
            judge(&format!("net {phrase}"), || net(&image), &clips, &beds, &mut args.out)?;
        }
        let typed = Typed::new(root, &phrase.replace('_', " "))?;
        judge(&format!("typed {phrase}"), || typed.spotter(), &clips, &beds, &mut args.out)?;
    }
    Ok(())
}
