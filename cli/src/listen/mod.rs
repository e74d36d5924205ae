//! `earnest listen`: the whole chain, told as it happens.

mod bundled;
mod meter;
mod tell;

use crate::audio::{self, AudioError, Source};
use crate::config::{self, Assistant};
use crate::term::{Colour, Term};
use crate::wake::{Wake, score};
use crate::{Outcome, UsageError, output};
use earnest::Storage;
use earnest::audio::SAMPLE_RATE_HZ;
use earnest::pipeline::Pipeline;
use earnest::spotter::KeywordSpotter;
use meter::{Meter, Reading};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};
use tell::Teller;

/// The chain takes this much at a time, so that the meter moves and events come when they happen.
const CHUNK_SAMPLES: usize = 800;

/// Seconds of audio the chain remembers.
const PRE_ROLL_S: usize = 2;

/// Run the whole chain and say what it hears, and why
///
/// Without FILE (and --mic) it plays a bundled sample, a conversation in a kitchen, through the bundled
/// configuration. On a terminal audio is taken at the pace it was spoken at; --fast doesn't wait.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A recording (WAV, FLAC, Ogg Vorbis or Opus, MP3), or `-` for raw 16 kHz s16le on stdin
    #[cfg_attr(feature = "mic", arg(conflicts_with = "mic"))]
    file: Option<String>,
    /// Listen to the default microphone
    #[cfg(feature = "mic")]
    #[arg(long)]
    mic: bool,
    /// What to wake on, and when it is speech
    #[arg(long, value_name = "TOML")]
    config: Option<PathBuf>,
    /// Score to wake at, 0 to 1, instead of the configuration's
    #[arg(long, value_name = "X", value_parser = score)]
    threshold: Option<f32>,
    /// Don't wait: as fast as the machine can
    #[arg(long)]
    fast: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let (assistant, wake) = match &args.config {
        None => bundled::assistant(args.threshold)?,
        Some(file) => {
            let assistant = config::read(file)?;
            let wake = Wake::new(&assistant.source()?, args.threshold.or(assistant.threshold))?;
            (assistant, wake)
        }
    };
    let Assistant { pipeline, .. } = assistant;
    let teller = Teller::new(&wake, args.json);
    let term = Term::stderr();
    let pre_roll = Storage::owned(PRE_ROLL_S * SAMPLE_RATE_HZ as usize);
    let threshold = wake.threshold;
    let phrase = wake.phrases.join(", ");
    let pipeline = Pipeline::new(pipeline, wake.spotter, pre_roll)
        .map_err(|error| UsageError(format!("configuration: {error}")))?;

    let (name, source) = open(args);
    let result = source.and_then(|source| {
        let terminal = Term::stdout().is_terminal && !args.json;
        if !args.json {
            let length = source.total_seconds().map_or(String::new(), |s| format!(", {s:.1} s"));
            let phrase = term.paint(Colour::Bold, &format!("{phrase:?}"));
            output::message(&format!(
                "listening for {phrase} in {name}{length}; wakes at score {threshold:.2}"
            ));
        }
        let session = Session {
            pipeline,
            teller,
            name: &name,
            meter: (terminal && term.is_terminal).then(|| Meter::new(term, threshold)),
            pace: (terminal && !args.fast && !is_mic(args)).then(Instant::now),
        };
        session.run(source)
    });
    Ok(match result {
        Ok(()) => Outcome::Done,
        Err(error) => {
            output::error(&error);
            Outcome::SomeFailed
        }
    })
}

fn is_mic(args: &Args) -> bool {
    #[cfg(feature = "mic")]
    return args.mic;
    #[cfg(not(feature = "mic"))]
    {
        let _ = args;
        false
    }
}

fn open(args: &Args) -> (String, Result<Box<dyn Source>, AudioError>) {
    #[cfg(feature = "mic")]
    if args.mic {
        return ("microphone".into(), audio::mic::open());
    }
    match &args.file {
        Some(file) => (file.clone(), audio::open(file)),
        None => (bundled::SAMPLE_NAME.into(), audio::open_bundled(bundled::SAMPLE_NAME, bundled::SAMPLE)),
    }
}

/// One recording on its way through the chain.
struct Session<'a, K> {
    pipeline: Pipeline<'static, K>,
    teller: Teller,
    name: &'a str,
    meter: Option<Meter>,
    /// When the first sample was "spoken", if the pace is kept.
    pace: Option<Instant>,
}

impl<K: KeywordSpotter> Session<'_, K> {
    fn run(mut self, mut source: Box<dyn Source>) -> Result<(), AudioError> {
        let total_s = source.total_seconds();
        let result = loop {
            match source.next_block() {
                Ok(Some(block)) => {
                    for chunk in block.chunks(CHUNK_SAMPLES) {
                        self.push(chunk, total_s);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        let end = self.pipeline.now();
        self.pace = None;
        for chunk in audio::AFTER_THE_END.chunks(CHUNK_SAMPLES) {
            self.push(chunk, total_s);
        }
        if let Some(meter) = &mut self.meter {
            meter.clear();
        }
        for warning in source.warnings() {
            output::warning(self.name, &warning);
        }
        self.teller.end(self.name, end);
        result
    }

    fn push(&mut self, chunk: &[i16], total_s: Option<f64>) {
        let Session { pipeline, teller, name, meter, pace } = self;
        if let Some(start) = pace {
            let spoken = pipeline.now().after(chunk.len() as u64).seconds();
            sleep((*start + Duration::from_secs_f64(spoken)).saturating_duration_since(Instant::now()));
        }
        pipeline.push(chunk, |event| {
            if let Some(meter) = meter {
                meter.clear();
            }
            teller.event(name, &event);
        });
        if let (Some(meter), Some(vad)) = (meter, pipeline.vad()) {
            meter.show(&Reading {
                at_s: pipeline.now().seconds(),
                total_s,
                level_db: vad.level_db,
                noise_db: vad.noise_db,
                speech: vad.speech,
                score: pipeline.spotter().score(),
            });
        }
    }
}
