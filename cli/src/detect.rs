//! `earnest detect`: in which files was the phrase said, when, how sure.

use crate::audio::{self, AudioError, Warning};
use crate::progress::Progress;
use crate::term::{Colour, Term};
use crate::wake::{Engine, Source, Wake, score};
use crate::{Outcome, UsageError, input, output, phrase};
use earnest::audio::SAMPLE_RATE_HZ;
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::spotter::{Detection, KeywordSpotter};
use earnest::vad::{MelVad, MelVadConfig, VoiceActivityDetector};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// From one `score` line to the next: 10 frames are 100 ms.
const SCORE_FRAMES: u64 = 10;

/// Look for wake phrases in recordings
///
/// Audio: WAV, FLAC, Ogg Vorbis or Opus, or MP3, any rate and channel count; `-` is raw 16 kHz s16le on stdin.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Recordings to look in
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// An enrolled phrase, or a network trained for one; may be given several times
    #[arg(short, long, value_name = "FILE")]
    model: Vec<PathBuf>,
    /// A phrase as text, without training; may be given several times
    #[arg(long, value_name = "TEXT", conflicts_with = "model")]
    phrase: Vec<String>,
    /// With --phrase: what sounds like it and must not wake; may be given several times
    #[arg(long, value_name = "TEXT", requires = "phrase")]
    sounds_like: Vec<String>,
    /// Which engine listens
    #[arg(long)]
    engine: Option<Engine>,
    /// Score to wake at, 0 to 1, instead of the model's own
    #[arg(long, value_name = "X", value_parser = score)]
    threshold: Option<f32>,
    /// The score that ordinary audio reaches at most this often an hour, instead of --threshold; not for enrolled phrases
    #[arg(long, value_name = "X", conflicts_with = "threshold", value_parser = phrase::rate)]
    fa_per_hour: Option<f32>,
    /// Also print near misses and, with --json, the running score ten times a second
    #[arg(long)]
    scores: bool,
    /// Read the names of the recordings from FILE, one a line; `-` is stdin
    #[arg(long, value_name = "FILE")]
    list: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What is printed with `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Detection(Heard<'a>),
    NearMiss(Heard<'a>),
    Score {
        file: &'a str,
        phrase: &'a str,
        at_s: f64,
        score: f32,
    },
    File {
        file: &'a str,
        seconds: Option<f64>,
        detections: usize,
        max_score: Option<f32>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

#[derive(Serialize)]
struct Heard<'a> {
    file: &'a str,
    phrase: &'a str,
    engine: &'a str,
    start_s: f64,
    end_s: f64,
    score: f32,
    threshold: f32,
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    if let Some(engine) = args.engine {
        engine.check()?;
        if (engine == Engine::Phonetic) == args.phrase.is_empty() {
            let (hears, instead) = match engine {
                Engine::Phonetic => ("typed phrases", "--phrase, not --model"),
                Engine::Net | Engine::Cascade => ("networks trained for a phrase", "--model, not --phrase"),
                Engine::Onnx => ("models in ONNX", "--model, not --phrase"),
                Engine::Micro => ("models of microWakeWord's", "--model, not --phrase"),
                _ => ("enrolled phrases", "--model, not --phrase"),
            };
            return Err(UsageError(format!("engine `{}` hears {hears}: use {instead}", engine.name())));
        }
    }
    if args.model.is_empty() && args.phrase.is_empty() {
        return Err(UsageError(
            "nothing to listen for: give --phrase TEXT, or --model FILE (from `earnest enroll`, or a network)".into(),
        ));
    }
    if args.files.is_empty() && args.list.is_none() {
        return Err(UsageError("nothing to listen to: give recordings, or --list FILE".into()));
    }
    if args.files.iter().filter(|file| *file == "-").count() + usize::from(args.list.as_deref() == Some("-"))
        > 1
    {
        return Err(UsageError("stdin (`-`) can be read only once".into()));
    }
    let mut wakes = args.model.iter().map(|model| wake(model, args)).collect::<Result<Vec<_>, _>>()?;
    if !args.phrase.is_empty() {
        let threshold = phrase::threshold(args.threshold, args.fa_per_hour);
        let source = Source::typed(&args.phrase, &args.sounds_like, threshold)?;
        wakes.push(Wake::new(&source, None)?);
    }
    let mut detector = Detector::new(wakes)?;
    let listed = args.list.as_deref().map(input::names).transpose()?;
    let mut report = Report { args, term: Term::stdout(), progress: Progress::new(), failed: false };
    if listed.is_some() || args.files.len() > 1 {
        let listed = args.list.as_deref().map_or(Some(0), input::count);
        report.progress.files(listed.map(|listed| listed + args.files.len()));
    }
    for file in &args.files {
        report.file(&mut detector, file);
    }
    for name in listed.into_iter().flatten() {
        report.file(&mut detector, &name?);
    }
    Ok(if report.failed { Outcome::SomeFailed } else { Outcome::Done })
}

/// What `model` listens for, at the score that is asked for.
fn wake(model: &Path, args: &Args) -> Result<Wake, UsageError> {
    let source = Source::read_for(model, args.engine)?;
    let threshold = args.fa_per_hour.map(|rate| source.score_for(rate)).transpose()?;
    Wake::new(&source, threshold.or(args.threshold))
}

/// The chain up to the spotters; one front end and one VAD serve them all.
struct Detector {
    front_end: FrontEnd,
    vad: MelVad,
    wakes: Vec<Wake>,
}

/// What a file held.
#[derive(Default)]
struct Found {
    samples: u64,
    detections: usize,
    /// Highest running score of any phrase; `None` for less than a frame of audio.
    max_score: Option<f32>,
}

impl Detector {
    fn new(wakes: Vec<Wake>) -> Result<Detector, UsageError> {
        let failed = |error| UsageError(format!("{error}"));
        Ok(Detector {
            front_end: FrontEnd::new(FrontEndConfig::base()).map_err(failed)?,
            vad: MelVad::new(MelVadConfig::default(), &FrontEndConfig::base()).map_err(failed)?,
            wakes,
        })
    }

    fn reset(&mut self) {
        self.front_end.reset();
        self.vad.reset();
        for wake in &mut self.wakes {
            wake.spotter.reset();
        }
    }

    /// `hear`: each detection and near miss. `score`: highest score of the last 100 ms, and when they ended.
    fn push(
        &mut self,
        pcm: &[i16],
        found: &mut Found,
        recent: &mut [Vec<f32>],
        mut hear: impl FnMut(&Wake, Detection),
        mut score: impl FnMut(&str, f64, f32),
    ) {
        found.samples += pcm.len() as u64;
        let mut rest = pcm;
        loop {
            let before = rest;
            let frame = self.front_end.process(&mut rest);
            for wake in &mut self.wakes {
                wake.spotter.hear(&before[..before.len() - rest.len()]);
            }
            let Some(frame) = frame else { break };
            let vad = self.vad.process(frame);
            for (wake, recent) in self.wakes.iter_mut().zip(&mut *recent) {
                let mut heard = Vec::new();
                wake.spotter.process_all(frame, &vad, |detection| heard.push(detection));
                for (index, (phrase, recent)) in wake.phrases.iter().zip(recent).enumerate() {
                    let mut now = wake.spotter.phrase_score(index);
                    for detection in heard.iter().filter(|detection| usize::from(detection.phrase) == index) {
                        now = now.max(detection.score);
                        found.detections += usize::from(detection.accepted());
                        hear(wake, *detection);
                    }
                    found.max_score = Some(found.max_score.map_or(now, |max| max.max(now)));
                    *recent = recent.max(now);
                    if (frame.index + 1) % SCORE_FRAMES == 0 {
                        score(phrase, frame.span.end.seconds(), *recent);
                        *recent = 0.0;
                    }
                }
            }
        }
    }
}

/// Tells what was found.
struct Report<'a> {
    args: &'a Args,
    term: Term,
    progress: Progress,
    failed: bool,
}

impl Report<'_> {
    fn file(&mut self, detector: &mut Detector, file: &str) {
        let mut found = Found::default();
        // Human readers want the file above what is in it, so this waits for the file's own line.
        let mut heard = Vec::new();
        let mut warnings = Vec::new();
        let result = self.listen(detector, file, &mut found, &mut heard, &mut warnings);
        self.progress.aside(|| {
            for warning in &warnings {
                output::warning(file, warning);
            }
            if let Err(error) = &result {
                output::error(error);
            }
            if self.args.json {
                output::json(&Line::File {
                    file,
                    seconds: (found.samples > 0).then(|| found.samples as f64 / f64::from(SAMPLE_RATE_HZ)),
                    detections: found.detections,
                    max_score: found.max_score,
                    warnings: warnings.iter().map(Warning::to_string).collect(),
                    error: result.as_ref().err().map(AudioError::to_string),
                });
            } else if found.samples > 0 {
                self.summary(file, &found, &heard);
            }
        });
        self.failed |= result.is_err();
    }

    fn listen(
        &mut self,
        detector: &mut Detector,
        file: &str,
        found: &mut Found,
        heard: &mut Vec<String>,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), AudioError> {
        let (args, term, progress) = (self.args, self.term, &mut self.progress);
        let mut source = audio::open(file)?;
        progress.begin(file, source.total_seconds());
        detector.reset();
        let mut recent: Vec<Vec<f32>> =
            detector.wakes.iter().map(|wake| vec![0.0; wake.phrases.len()]).collect();
        let mut ended = None;
        let result = loop {
            let block = match source.next_block() {
                Ok(Some(block)) => block,
                Ok(None) if ended.is_none() => {
                    ended = Some(found.samples);
                    audio::AFTER_THE_END
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            let over = ended.is_some();
            detector.push(
                block,
                found,
                &mut recent,
                |wake, detection| {
                    if !detection.accepted() && !args.scores {
                    } else if args.json {
                        progress.aside(|| output::json(&line(file, wake, &detection)));
                    } else {
                        heard.push(words(term, wake, &detection));
                    }
                },
                |phrase, at_s, score| {
                    if args.scores && args.json && !over {
                        let line = Line::Score { file, phrase, at_s, score };
                        progress.aside(|| output::json(&line));
                    }
                },
            );
            progress.at(found.samples as f64 / f64::from(SAMPLE_RATE_HZ));
        };
        found.samples = ended.unwrap_or(found.samples);
        if found.samples < FrontEndConfig::base().window_samples as u64 {
            found.max_score = None;
        }
        *warnings = source.warnings();
        result
    }

    /// A file for human readers.
    fn summary(&self, file: &str, found: &Found, heard: &[String]) {
        let seconds = found.samples as f64 / f64::from(SAMPLE_RATE_HZ);
        let (colour, count) = match found.detections {
            0 => (Colour::Dim, "no detection".to_string()),
            1 => (Colour::Green, "1 detection".to_string()),
            n => (Colour::Green, format!("{n} detections")),
        };
        let count = self.term.paint(colour, &format!("{count:<13}"));
        let best = found.max_score.map_or("   -".to_string(), |score| format!("{score:.2}"));
        let name = self.term.paint(Colour::Bold, file);
        output::line(&format!("{count}  best {best}  {seconds:>8.2} s  {name}"));
        for line in heard {
            output::line(line);
        }
    }
}

fn line<'a>(file: &'a str, wake: &'a Wake, detection: &Detection) -> Line<'a> {
    let heard = Heard {
        file,
        phrase: wake.phrase(detection),
        engine: wake.engine.name(),
        start_s: detection.span.start.seconds(),
        end_s: detection.span.end.seconds(),
        score: detection.score,
        threshold: detection.threshold,
    };
    if detection.accepted() { Line::Detection(heard) } else { Line::NearMiss(heard) }
}

fn words(term: Term, wake: &Wake, detection: &Detection) -> String {
    let Detection { span, score, threshold, .. } = detection;
    let (colour, verdict) =
        if detection.accepted() { (Colour::Green, "heard    ") } else { (Colour::Yellow, "near miss") };
    let time = format!("{:.2}–{:.2} s", span.start.seconds(), span.end.seconds());
    let verdict = term.paint(colour, verdict);
    format!("  {verdict}  score {score:.2}, needed {threshold:.2}  {:?} at {time}", wake.phrase(detection))
}
