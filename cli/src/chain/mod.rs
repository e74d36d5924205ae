//! `earnest chain`: the whole chain over recordings, with every decision and its reason; forced-gate trials.

mod assemble;
mod host;
mod tell;
mod trials;

use crate::audio::{self, AudioError};
use crate::config;
use crate::progress::Progress;
use crate::{Outcome, UsageError, grammar, input, output};
use assemble::{Assembled, Plan};
use earnest::audio::{SAMPLE_RATE_HZ, SampleIndex};
use earnest::chain::Told;
use earnest::journal::{Entry, JournalFile};
use host::Host;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};
use tell::{Counts, Line, Teller};
use trials::ForceGate;

/// Samples at a time: the host looks at its prompts a hundred times a second.
const CHUNK_SAMPLES: usize = 160;

/// Run the whole chain over recordings: what was heard, what the guard decided, and why
///
/// Nothing is really done: what is authorised is redeemed at once and told. Prompts are not in a recording: they are taken
/// as played to their end, --prompt seconds long, while the recording goes on.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Recordings (WAV, FLAC, Ogg Vorbis or Opus, MP3); `-` is raw 16 kHz s16le on stdin
    #[arg(value_name = "FILE")]
    files: Vec<String>,
    /// Wake phrase, [commands], [answers] and [guard]
    #[arg(long, value_name = "TOML")]
    config: PathBuf,
    /// How long a prompt takes, seconds
    #[arg(long, value_name = "S", default_value = "2.5", value_parser = seconds)]
    prompt: f64,
    /// Write the journal there; one that is there is gone on with
    #[arg(long, value_name = "FILE", conflicts_with = "force_gate")]
    journal: Option<PathBuf>,
    /// Open a gate again and again, as if what comes before it had been passed, and count what talk gets through
    #[arg(long, value_name = "GATE")]
    force_gate: Option<ForceGate>,
    /// With --force-gate: a trial begins so long after the one before, seconds
    #[arg(long, value_name = "S", default_value = "5", value_parser = seconds, requires = "force_gate")]
    every: f64,
    /// With --force-gate: the intent whose action is forced, where a later gate than intent is
    #[arg(long, value_name = "INTENT", requires = "force_gate")]
    intent: Option<String>,
    /// Read the names of the recordings from FILE, one a line; `-` is stdin
    #[arg(long, value_name = "FILE")]
    list: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.strip_suffix('s').unwrap_or(text).parse::<f64>() {
        Ok(seconds) if (0.1..=3600.0).contains(&seconds) => Ok(seconds),
        Ok(seconds) => Err(format!("{seconds}, expected 0.1 to 3600 seconds")),
        Err(_) => Err("expected seconds".into()),
    }
}

fn samples(seconds: f64) -> u64 {
    (seconds * f64::from(SAMPLE_RATE_HZ)) as u64
}

pub(crate) fn run(args: &Args) -> Result<Outcome, UsageError> {
    let mut files = args.files.clone();
    if let Some(list) = &args.list {
        for name in input::names(list)? {
            files.push(name?);
        }
    }
    if files.is_empty() {
        return Err(UsageError("nothing to listen to: give recordings, or --list FILE".into()));
    }
    let assistant = config::read(&args.config)?;
    let Some(request) = &assistant.request else {
        let file = args.config.display();
        return Err(UsageError(format!(
            "{file}: [commands], [answers] and [guard] are missing: the chain needs them"
        )));
    };
    let plan = Plan { assistant: &assistant, request, file: &args.config, lexicon: grammar::lexicon()? };
    match args.force_gate {
        Some(gate) => trials::run(args, &files, &plan, gate),
        None => recordings(args, &files, plan.assemble()?),
    }
}

/// The chain over recordings, each from a fresh start.
fn recordings(args: &Args, files: &[String], mut assembled: Assembled) -> Result<Outcome, UsageError> {
    let mut journal = args.journal.as_deref().map(open_journal).transpose()?;
    let mut progress = Progress::new();
    if files.len() > 1 {
        progress.files(Some(files.len()));
    }
    if !args.json {
        output::message(&format!(
            "listening for {:?}; wakes at score {:.2}; prompts take {:.1} s",
            assembled.named.phrase, assembled.threshold, args.prompt
        ));
    }
    let mut outcome = Outcome::Done;
    for file in files {
        let (result, counts, now) = recording(args, file, &mut assembled, journal.as_mut(), &mut progress)?;
        let error = result.err().map(|error| error.to_string());
        if let Some(error) = &error {
            output::error(error);
            outcome = Outcome::SomeFailed;
        }
        if args.json {
            let Counts { wakes, authorized, refused } = counts;
            let seconds = error.is_none().then_some(now.seconds());
            output::json(&Line::File { file, seconds, wakes, authorized, refused, error });
        } else if error.is_none() {
            let Counts { wakes, authorized, refused } = counts;
            output::message(&format!(
                "{file}: {:.1} s, woke {wakes} times, {authorized} requests authorised, {refused} refused",
                now.seconds()
            ));
        }
    }
    Ok(outcome)
}

fn open_journal(path: &std::path::Path) -> Result<JournalFile, UsageError> {
    let wrong = |error: &dyn std::fmt::Display| UsageError(format!("--journal {}: {error}", path.display()));
    JournalFile::open(path, None).map_err(|error| wrong(&error))
}

/// Each recording begins now, at its sample 0.
fn clock() -> Entry {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    Entry::clock(SampleIndex(0), now, 0)
}

type Recorded = (Result<(), AudioError>, Counts, SampleIndex);

fn recording(
    args: &Args,
    file: &str,
    assembled: &mut Assembled,
    mut journal: Option<&mut JournalFile>,
    progress: &mut Progress,
) -> Result<Recorded, UsageError> {
    let Assembled { chain, named, .. } = assembled;
    let mut teller = Teller::new(file, named, args.json);
    let mut host = Host::new(samples(args.prompt));
    let mut written = Ok(());
    chain.reset();
    let mut source = match audio::open(file) {
        Ok(source) => source,
        Err(error) => return Ok((Err(error), teller.counts, chain.now())),
    };
    if let Some(journal) = journal.as_deref_mut() {
        written = journal.append(&clock());
    }
    progress.begin(file, source.total_seconds());
    let result = loop {
        let block = match source.next_block() {
            Ok(Some(block)) => block,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        for pcm in block.chunks(CHUNK_SAMPLES) {
            host.push(chain, pcm, |told| {
                if let (Told::Guard(output), Some(journal), Ok(())) = (told, journal.as_deref_mut(), &written)
                {
                    written = journal.append(&Entry::of(output));
                }
                teller.told(told);
            });
            for authorization in host.authorizations.drain(..) {
                let (act, now, request) = (*authorization.act(), chain.now(), authorization.session());
                let entry = match chain.guard_mut().redeem(authorization, &act, now) {
                    Ok(grant) => {
                        let kept = grant.open(grant.owner()).map_or(0, <[i16]>::len);
                        let recording_s = SampleIndex(kept as u64).seconds();
                        if args.json {
                            output::json(&Line::Done { file, request, at_s: now.seconds(), recording_s });
                        }
                        Entry::redeemed(&grant)
                    }
                    Err(refusal) => Entry::refused(&refusal),
                };
                if let (Some(journal), Ok(())) = (journal.as_deref_mut(), &written) {
                    written = journal.append(&entry);
                }
                teller.entry(&entry);
            }
        }
        progress.at(chain.now().seconds());
    };
    for warning in source.warnings() {
        output::warning(file, &warning);
    }
    written.map_err(|error| UsageError(format!("--journal: cannot be written: {error}")))?;
    Ok((result, teller.counts, chain.now()))
}
