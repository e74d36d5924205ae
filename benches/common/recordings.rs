//! What benchmarks over the data's recordings share: which of them, the lexicon, a chain in each thread.
#![allow(dead_code, reason = "no benchmark uses all of it")]

#[path = "clips.rs"]
pub(crate) mod clips;

use clips::Clip;
use earnest::lexicon::{CORE, Dictionary, G2p, Lexicon, LexiconConfig};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `DATA OUT.jsonl [--split dev,train] [--sets PREFIX,…] [--more FOLDER] [--snr DB]`
pub(crate) struct Recordings {
    data: PathBuf,
    out: PathBuf,
    splits: Vec<String>,
    sets: Vec<String>,
    more: Option<PathBuf>,
    snr: Option<f32>,
}

impl Recordings {
    /// What the command line asks `bench` for; `own` takes the options that are the benchmark's own, and says whether there is
    /// such a one. Nothing is measured where no data are named.
    pub(crate) fn asked(bench: &str, mut own: impl FnMut(&str, &str) -> bool) -> Recordings {
        let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
        let (Some(data), Some(out)) = (args.next(), args.next()) else {
            println!("{bench}: nothing measured, expected DATA and OUT.jsonl");
            std::process::exit(0);
        };
        let splits = vec!["dev".into()];
        let mut asked = Recordings {
            data: data.into(),
            out: out.into(),
            splits,
            sets: Vec::new(),
            more: None,
            snr: None,
        };
        while let Some(name) = args.next() {
            let value = args.next().unwrap_or_else(|| panic!("{name} needs a value"));
            let list = || value.split(',').map(String::from).collect();
            match name.as_str() {
                "--split" => asked.splits = list(),
                "--sets" => asked.sets = list(),
                "--more" => asked.more = Some(value.into()),
                "--snr" => asked.snr = Some(value.parse().expect("a number of dB")),
                other => assert!(own(other, &value), "unknown argument {other}"),
            }
        }
        asked
    }

    /// Each recording, a second of silence before and after, in the kitchen if that is asked for, through a chain: what `tell`
    /// writes of it goes into the output. How many recordings, and hours.
    pub(crate) fn each<C>(
        &self,
        chain: impl Fn() -> C + Sync,
        tell: impl Fn(&Clip, &[i16], &mut C, &mut Vec<u8>) + Sync,
    ) -> (usize, f64) {
        let mut clips = clips::clips(&self.data, &self.sets, &self.splits);
        if let Some(more) = &self.more {
            clips.extend(clips::of_folder(more, &self.splits));
        }
        let noise = self.snr.map(|snr| (snr, clips::decode(&self.data.join("noise/kitchen/kitchen.ogg"))));
        let out = std::fs::File::create(&self.out).unwrap_or_else(|e| panic!("{}: {e}", self.out.display()));
        let out = Mutex::new(BufWriter::new(out));
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, |cores| cores.get()) {
                scope.spawn(|| {
                    let mut chain = chain();
                    while let Some(clip) = clips.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut pcm = clips::padded(&clips::decode(&clip.path));
                        if let Some((snr, kitchen)) = &noise {
                            clips::in_kitchen(&mut pcm, kitchen, *snr, &clip.file);
                        }
                        let mut bytes = Vec::new();
                        tell(clip, &pcm, &mut chain, &mut bytes);
                        out.lock().unwrap().write_all(&bytes).unwrap();
                    }
                });
            }
        });
        (clips.len(), clips.iter().map(|clip| clip.seconds).sum::<f64>() / 3600.0)
    }
}

/// What lies there.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where the file `name` of `models/` lies.
pub(crate) fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)
}

/// The whole dictionary, and the lexicon that the command line has.
pub(crate) fn lexicon() -> (Dictionary<'static>, Lexicon<'static>) {
    let dictionary = Dictionary::new(read(&model("lexicon-en.bin"))).unwrap();
    let lexicon = Lexicon::new(LexiconConfig::default())
        .unwrap()
        .with_dictionary(dictionary.clone())
        .with_dictionary(Dictionary::new(CORE).unwrap())
        .with_letters(G2p::new(read(&model("g2p-en.bin"))).unwrap());
    (dictionary, lexicon)
}
