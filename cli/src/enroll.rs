//! `earnest enroll`: a phrase from three to eight recordings of it.

use crate::audio::{self, AudioError, Source};
use crate::progress::Progress;
use crate::term::{Colour, Term, wrap};
use crate::wake::Wake;
use crate::{Outcome, UsageError, output};
use earnest::audio::{SAMPLE_RATE_HZ, SampleSpan};
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::spotter::KeywordSpotter;
use earnest::spotter::template::{
    ClipReport, EnrollError, Enrollment, EnrollmentReport, MAX_RECORDINGS, MIN_RECORDINGS,
};
use earnest::vad::{EnergyVad, EnergyVadConfig, VoiceActivityDetector};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Other speech for those who have none at hand: the cook of the bundled sample, without the phrase.
const BACKGROUND: &[u8] = include_bytes!("../../examples/kitchen/background.flac");
const BACKGROUND_NAME: &str = "the bundled background";

/// A recording of one phrase is shorter than this.
const MAX_CLIP_S: usize = 30;
/// Background is taken in pieces of this length, so that hours of it need no more memory than the model of them.
const PIECE_S: usize = 30;

/// A phrase that stands out by less is hard to tell from its background, dB.
const NOISY_DB: f32 = 15.0;
/// The loudest sample of a recording that is not too quiet, of 32768: −36 dB.
const QUIET_PEAK: u16 = 520;
/// Samples at full scale that are no accident.
const CLIPPED_SAMPLES: usize = 4;
/// A phrase that is longer or shorter than the middle one by this factor was cut or said otherwise.
const ODD_LENGTH: f64 = 1.6;

/// Enrol a wake phrase from three to eight recordings
///
/// Each recording holds the phrase once, with a little quiet around it: said as you will say it, at different
/// distances and moods. More people in the recordings make a model for more people.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The phrase, as it is to be shown
    name: String,
    /// Recordings of it (WAV, FLAC, Ogg Vorbis or Opus, MP3)
    #[arg(required = true, value_name = "CLIP")]
    clips: Vec<String>,
    /// Recordings of other speech and of your rooms, without the phrase; 10 s at least, minutes are better
    #[arg(long, value_name = "FILE", num_args = 1..)]
    background: Vec<String>,
    /// Where the model goes [default: the phrase with .earnest]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// A recording that was used.
struct Used {
    file: String,
    peak: u16,
    report: ClipReport,
}

/// How the model does on the background it was made with.
#[derive(Default)]
struct Check {
    seconds: f64,
    wakes: usize,
    highest: f32,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    Clip {
        file: &'a str,
        start_s: f64,
        end_s: f64,
        snr_db: f32,
        clipped: usize,
        agreement: f32,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    },
    Model {
        file: String,
        phrase: &'a str,
        bytes: usize,
        threshold: f32,
        cost_same: f32,
        cost_other: f32,
        background_s: f64,
        background_wakes: usize,
        background_max_score: f32,
    },
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let count = args.clips.len();
    if !(MIN_RECORDINGS..=MAX_RECORDINGS).contains(&count) {
        let what = format!("{count} recordings, expected {MIN_RECORDINGS} to {MAX_RECORDINGS}");
        return Err(UsageError(what));
    }
    let path = args.output.clone().unwrap_or_else(|| {
        let slug = args.name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "_");
        PathBuf::from(format!("{slug}.earnest"))
    });
    let mut failed = false;
    let mut tell = |error: &dyn std::fmt::Display| {
        failed = true;
        output::error(error);
    };
    let mut enrollment = Enrollment::new();
    let mut used = Vec::new();
    for file in &args.clips {
        match read_clip(file) {
            Err(error) => tell(&error),
            Ok(None) => tell(&format_args!("{file}: expected one phrase, found more than {MAX_CLIP_S} s")),
            Ok(Some(pcm)) => match enrollment.add_clip(&pcm) {
                Err(error) => tell(&format_args!("{file}: {error}")),
                Ok(report) => {
                    let peak = pcm.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
                    used.push(Used { file: file.clone(), peak, report });
                }
            },
        }
    }
    let mut progress = Progress::new();
    for background in backgrounds(args) {
        let added = background.open().and_then(|source| {
            progress.begin(background.name(), source.total_seconds());
            add_background(&mut enrollment, background.name(), source, &mut progress)
        });
        if let Err(error) = added {
            progress.aside(|| tell(&error));
        }
    }
    progress.begin("calibrating", None);
    let report = match enrollment.finish(&args.name) {
        Ok(report) => report,
        Err(error @ EnrollError::Name { .. }) => return Err(UsageError(error.to_string())),
        Err(error) => {
            drop(progress);
            output::error(&format_args!("{:?} was not enrolled: {error}", args.name));
            return Ok(Outcome::SomeFailed);
        }
    };
    let check = check(args, &report, &mut progress)?;
    drop(progress);
    output::file(&path, &report.image)?;
    if args.json {
        tell_json(args, &used, &report, &check, &path);
    } else {
        tell_words(args, &used, &report, &check, &path);
    }
    Ok(if failed { Outcome::SomeFailed } else { Outcome::Done })
}

/// All samples of a clip; `None` if it is longer than a phrase can be.
fn read_clip(file: &str) -> Result<Option<Vec<i16>>, AudioError> {
    let mut source = audio::open(file)?;
    let mut pcm = Vec::new();
    while let Some(block) = source.next_block()? {
        pcm.extend_from_slice(block);
        if pcm.len() > MAX_CLIP_S * SAMPLE_RATE_HZ as usize {
            return Ok(None);
        }
    }
    for warning in source.warnings() {
        output::warning(file, &warning);
    }
    Ok(Some(pcm))
}

/// Where background comes from.
enum Background<'a> {
    File(&'a str),
    Bundled,
}

impl Background<'_> {
    fn name(&self) -> &str {
        match self {
            Background::File(file) => file,
            Background::Bundled => BACKGROUND_NAME,
        }
    }

    fn open(&self) -> Result<Box<dyn Source>, AudioError> {
        match self {
            Background::File(file) => audio::open(file),
            Background::Bundled => audio::open_bundled(BACKGROUND_NAME, BACKGROUND),
        }
    }
}

fn backgrounds(args: &Args) -> Vec<Background<'_>> {
    match args.background.is_empty() {
        true => vec![Background::Bundled],
        false => args.background.iter().map(|file| Background::File(file)).collect(),
    }
}

fn add_background(
    enrollment: &mut Enrollment,
    name: &str,
    mut source: Box<dyn Source>,
    progress: &mut Progress,
) -> Result<(), AudioError> {
    let full = PIECE_S * SAMPLE_RATE_HZ as usize;
    let mut piece = Vec::with_capacity(full);
    let mut samples = 0;
    let result = loop {
        match source.next_block() {
            Ok(Some(block)) => {
                samples += block.len();
                piece.extend_from_slice(block);
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if piece.len() >= full {
            enrollment.add_background(&piece).expect("the base front end");
            piece.clear();
        }
        progress.at(samples as f64 / f64::from(SAMPLE_RATE_HZ));
    };
    enrollment.add_background(&piece).expect("the base front end");
    for warning in source.warnings() {
        progress.aside(|| output::warning(name, &warning));
    }
    result
}

/// Runs the model over the background.
fn check(args: &Args, report: &EnrollmentReport, progress: &mut Progress) -> Result<Check, UsageError> {
    let mut wake = Wake::parse(&args.name, report.image.clone(), None)?;
    let failed = |error| UsageError(format!("{error}"));
    let mut front_end = FrontEnd::new(FrontEndConfig::base()).map_err(failed)?;
    let mut vad = EnergyVad::new(EnergyVadConfig::default()).map_err(failed)?;
    let mut check = Check::default();
    for background in backgrounds(args) {
        // What cannot be read was told when it was added.
        let Ok(mut source) = background.open() else { continue };
        progress.begin("listening for the phrase in the background", source.total_seconds());
        front_end.reset();
        vad.reset();
        wake.spotter.reset();
        while let Ok(Some(mut block)) = source.next_block() {
            check.seconds += block.len() as f64 / f64::from(SAMPLE_RATE_HZ);
            while let Some(frame) = front_end.process(&mut block) {
                let vad = vad.process(frame);
                let detection = wake.spotter.process(frame, &vad);
                check.wakes += usize::from(detection.is_some_and(|detection| detection.accepted()));
                check.highest = check.highest.max(wake.spotter.score());
            }
            progress.at(front_end.now().seconds());
        }
    }
    Ok(check)
}

/// What its owner should know about the `n`th recording.
fn remarks(n: usize, used: &[Used], report: &EnrollmentReport) -> Vec<String> {
    let Used { peak, report: clip, .. } = &used[n];
    let mut remarks = Vec::new();
    if *peak < QUIET_PEAK {
        let db = 20.0 * (f64::from(*peak) / 32_768.0).log10();
        remarks.push(format!("very quiet: its loudest sample is at {db:.0} dB"));
    }
    if clip.clipped >= CLIPPED_SAMPLES {
        remarks.push(format!("overdriven: {} samples at full scale", clip.clipped));
    }
    if clip.snr_db < NOISY_DB {
        remarks.push(format!("noisy: the phrase stands only {:.0} dB above its background", clip.snr_db));
    }
    let mut lengths: Vec<f64> = used.iter().map(|used| used.report.phrase.seconds()).collect();
    lengths.sort_by(f64::total_cmp);
    let (own, middle) = (clip.phrase.seconds(), lengths[lengths.len() / 2]);
    if own * ODD_LENGTH < middle || own > middle * ODD_LENGTH {
        remarks.push(format!("odd length: {own:.2} s where the others take {middle:.2} s"));
    }
    if !report.used[n] {
        remarks.push("unlike the others: left out of the model".into());
    } else if report.agreement[n] < report.threshold {
        remarks.push("unlike the others: they would not have recognised it".into());
    }
    remarks
}

fn tell_json(args: &Args, used: &[Used], report: &EnrollmentReport, check: &Check, path: &Path) {
    for (n, Used { file, report: clip, .. }) in used.iter().enumerate() {
        output::json(&Line::Clip {
            file,
            start_s: clip.phrase.start.seconds(),
            end_s: clip.phrase.end.seconds(),
            snr_db: clip.snr_db,
            clipped: clip.clipped,
            agreement: report.agreement[n],
            warnings: remarks(n, used, report),
        });
    }
    output::json(&Line::Model {
        file: path.display().to_string(),
        phrase: &args.name,
        bytes: report.image.len(),
        threshold: report.threshold,
        cost_same: report.cost_same,
        cost_other: report.cost_other,
        background_s: check.seconds,
        background_wakes: check.wakes,
        background_max_score: check.highest,
    });
}

fn tell_words(args: &Args, used: &[Used], report: &EnrollmentReport, check: &Check, path: &Path) {
    let term = Term::stdout();
    output::line(&term.paint(Colour::Dim, "    phrase at         above noise   agrees   recording"));
    for (n, Used { file, report: clip, .. }) in used.iter().enumerate() {
        let SampleSpan { start, end } = clip.phrase;
        let place = format!("{:.2}–{:.2} s", start.seconds(), end.seconds());
        let agreement = report.agreement[n];
        let colour = if agreement < report.threshold { Colour::Yellow } else { Colour::Green };
        let agreement = term.paint(colour, &format!("{agreement:>6.2}"));
        output::line(&format!("{:>2}  {place:<16}  {:>8.0} dB   {agreement}   {file}", n + 1, clip.snr_db));
        for remark in remarks(n, used, report) {
            output::line(&format!("    {}", term.paint(Colour::Yellow, &remark)));
        }
    }
    let heard = report.agreement.iter().filter(|a| **a >= report.threshold).count();
    let weakest = report.agreement.iter().copied().fold(1.0, f32::min);
    let margin = (report.threshold - check.highest).min(weakest - report.threshold);
    let (colour, grade) = match () {
        _ if heard < used.len() || check.wakes > 0 => (Colour::Red, "weak"),
        _ if margin < 0.15 => (Colour::Yellow, "fair"),
        _ => (Colour::Green, "good"),
    };
    let background = match args.background.is_empty() {
        true => {
            format!("{:.0} s of bundled background (your own, with --background, says more)", check.seconds)
        }
        false => format!("{:.0} s of background", check.seconds),
    };
    let words = format!(
        "Estimate: {heard} of {} recordings would be heard by a model of the others, the weakest with score \
         {weakest:.2}; {background} woke it {} times, the highest score was {:.2}. It wakes at {:.2}.",
        used.len(),
        check.wakes,
        check.highest,
        report.threshold,
    );
    output::line("");
    output::line(&format!(
        "{}: {}, {} bytes in {}",
        term.paint(Colour::Bold, &format!("{:?}", args.name)),
        term.paint(colour, grade),
        report.image.len(),
        path.display()
    ));
    for line in wrap(&words, if term.is_terminal { term.width().min(100) } else { 100 }) {
        output::line(&line);
    }
}
