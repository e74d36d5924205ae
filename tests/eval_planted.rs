//! The evaluator against planted truth, and evaluators that are wrong on purpose: each must be caught.

mod eval_support;

use earnest::eval::augment::{AugmentConfig, Augmenter};
use earnest::eval::plan::{Plan, PlannedFile, Shard};
use earnest::eval::result::{EvalResult, FileResult, Rules, Run, Spoken, Unit};
use earnest::eval::run::{PlayConfig, Player, evaluate, read_units};
use earnest::eval::score::{FileEnd, Judge, Scorer};
use earnest::eval::subject::{Heard, NotJudged, Subject};
use earnest::eval::sum::Sum;
use eval_support::{S, Script, Scripted, config, plant};
use std::path::Path;
use tempfile::TempDir;

/// What was planted: threshold, then hits of 5 trials, false accepts in the two negative groups, extras. Worked out
/// by hand from `plant`.
const TRUTH: [(f32, u64, u64, u64, u64); 8] = [
    // p1, p2, second of p4 | n1 at 1.0 and 4.0, s1 4.5, n2, n3; s2 is within the refractory | o1 | p2 at 5.0, p4 at 5.0
    (0.29, 3, 5, 1, 2),
    // … without p4 at 5.0
    (0.32, 3, 5, 1, 1),
    // … without n2
    (0.37, 3, 4, 1, 1),
    // … without o1
    (0.48, 3, 4, 0, 1),
    // without p2 and its extra
    (0.58, 2, 4, 0, 0),
    // without p4; n1 at 1.0 alone, s1, n3
    (0.68, 1, 3, 0, 0),
    // s2 at 1.0 instead of s1
    (0.75, 1, 3, 0, 0),
    // n1 at 1.5, n3
    (0.92, 0, 2, 0, 0),
];

/// Compares a result with the truth; the first difference.
fn check(result: &EvalResult, units: &[Unit]) -> Result<(), String> {
    let at = |threshold: f32| result.run.thresholds.partition_point(|t| *t < threshold);
    let of = |phrase: Option<&str>| {
        let mut groups = result.groups.iter().filter(move |group| group.key.phrase.as_deref() == phrase);
        groups.next().ok_or(format!("no group of {phrase:?}"))
    };
    let (wake, other, negative) = (of(Some("hey earnest"))?, of(Some("computer"))?, of(None)?);
    let equal = |what: &str, found: u64, expected: u64| match found == expected {
        true => Ok(()),
        false => Err(format!("{what}: {found}, expected {expected}")),
    };
    equal("files", negative.files + other.files + wake.files, 10)?;
    equal("sessions", negative.sessions, 4)?;
    equal("samples of negatives", negative.samples + other.samples, (10 + 5 + 5 + 2 + 4 + 2) * S)?;
    equal("samples of positives", wake.samples, (3 + 6 + 3 + 12) * S)?;
    equal("trials", wake.trials, 5)?;
    for (threshold, hits, accepts, others, extra) in TRUTH {
        let i = at(threshold);
        equal(&format!("hits at {threshold}"), wake.hits[i], hits)?;
        equal(&format!("false accepts at {threshold}"), negative.false_accepts[i], accepts)?;
        equal(&format!("in another phrase at {threshold}"), other.false_accepts[i], others)?;
        equal(&format!("extra at {threshold}"), wake.extra[i], extra)?;
        equal("of the wrong kind", wake.false_accepts[i] + negative.extra[i] + other.extra[i], 0)?;
    }
    let file = |name: &str| -> Result<&FileResult, String> {
        let mut files = units.iter().flat_map(|unit| &unit.files).filter(|file| file.file == name);
        files.next().ok_or(format!("no {name}"))
    };
    // Whose false accepts they are, at 0.75.
    for (name, count) in [("n1.wav", 1), ("s1.wav", 0), ("s2.wav", 1), ("n2.wav", 0), ("n3.wav", 1)] {
        equal(name, file(name)?.false_accepts.at(at(0.75)).into(), count)?;
    }
    let trial = |name: &str, i: usize| Ok::<_, String>(&file(name)?.trials[i]);
    let ms = |samples: Option<i64>| samples.map(|samples| samples / 16);
    // No speech in it, so from the end of the file; from the manifest where that knows.
    let found = (ms(trial("p1.wav", 0)?.latency(at(0.5))), ms(trial("p1.wav", 0)?.latency(at(0.8))));
    if found != (Some(-1800), Some(-1700)) || trial("p1.wav", 0)?.spoken_from != Spoken::File {
        return Err(format!("latency of p1: {found:?}"));
    }
    let found = (ms(trial("p4.wav", 1)?.latency(at(0.6))), ms(trial("p4.wav", 0)?.latency(at(0.1))));
    if found != (Some(900), None) || trial("p4.wav", 1)?.spoken_from != Spoken::Manifest {
        return Err(format!("latency of p4: {found:?}"));
    }
    let worst: Vec<_> = result.worst.iter().map(|w| (w.file.as_str(), w.event.at / 16)).collect();
    let expected = [
        ("n3.wav", 2000),
        ("n1.wav", 1500),
        // One cluster of the session: its highest is in the second file, and told from the start of the first.
        ("s1.wav", 6000),
        ("n1.wav", 4000),
        ("o1.wav", 1000),
        ("n2.wav", 2400),
    ];
    if worst != expected {
        return Err(format!("worst: {worst:?}"));
    }
    for worst in &result.worst {
        let trace = worst.event.trace.as_ref().ok_or("no trace")?;
        let highest = trace.scores.iter().fold(0.0f32, |a, b| a.max(*b));
        let highest_at = trace.scores.iter().position(|s| *s == highest).unwrap() as i64;
        let off = trace.from + highest_at * i64::from(trace.every) - worst.event.at;
        if (highest - worst.event.score).abs() > 6e-4 || !(0..i64::from(trace.every)).contains(&off) {
            return Err(format!("trace of {}: {highest}, {off} off", worst.file));
        }
    }
    Ok(())
}

/// Makes the judge of a unit of so many files. Runs are leaked, so that judges may borrow from them for ever.
type MakeJudge = fn(&'static Run, files: usize) -> Box<dyn Judge>;

/// Plays everything, with whatever parts.
fn play(
    plan: &Plan,
    run: &'static Run,
    subject: &mut dyn Subject,
    judge: MakeJudge,
) -> (EvalResult, Vec<Unit>) {
    let augmenter = Augmenter::new(&AugmentConfig::default()).unwrap();
    let config = PlayConfig { rules: run.rules, manifests: &run.manifests, augmenter: &augmenter };
    let mut player = Player::new(config);
    let (mut sum, mut units) = (Sum::new(run.clone()), Vec::new());
    for n in 0..plan.len() {
        let (unit, repetition, planned) = plan.unit(n).unwrap();
        let mut judge = judge(run, planned.files.len());
        let (unit, _) = player.play(unit, repetition, planned, subject, &mut *judge);
        sum.add(&unit);
        units.push(unit);
    }
    (sum.finish(), units)
}

fn right(run: &'static Run, _: usize) -> Box<dyn Judge> {
    Box::new(Scorer::new(run.rules, &run.thresholds))
}

/// A run by the evaluator as it is, and what it takes to do it again with other parts.
struct Setup {
    _corpus: TempDir,
    script: Script,
    plan: Plan,
    run: &'static Run,
}

fn setup() -> Setup {
    let corpus = TempDir::new().unwrap();
    let script = plant(corpus.path());
    let out = TempDir::new().unwrap();
    let config = config(corpus.path(), out.path());
    let outcome = evaluate(&config, || Ok(Scripted::new(&script)), |_| {}).unwrap();
    let units: Vec<_> = read_units(out.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(check(&outcome.result, &units), Ok(()));
    let plan = Plan::new(&config.plan, Shard::ALL).unwrap();
    Setup { _corpus: corpus, script, plan, run: Box::leak(Box::new(outcome.result.run)) }
}

/// What the checker says of a wrong evaluator; it must say something.
fn caught(subject: fn(Scripted) -> Box<dyn Subject>, judge: MakeJudge) -> String {
    let Setup { script, plan, run, .. } = &setup();
    let (result, units) = play(plan, run, &mut *subject(Scripted::new(script)), judge);
    check(&result, &units).expect_err("a wrong evaluator must be caught")
}

fn untouched(subject: Scripted) -> Box<dyn Subject> {
    Box::new(subject)
}

/// The right judge behind a way to go wrong.
struct Wrong {
    inner: Scorer<'static>,
    fault: Fault,
    /// Files of the unit that have not begun.
    left: usize,
    deaf: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    CountsTwice,
    DropsTheLastFile,
    PositivesAreNegative,
    OtherPhrasesArePositive,
    CountsTheTailAsAudio,
    IgnoresWhatTheManifestKnows,
}

impl Judge for Wrong {
    fn begin(&mut self, file: &PlannedFile, at: u64) {
        self.left -= 1;
        self.deaf = self.fault == Fault::DropsTheLastFile && self.left == 0;
        let mut file = file.clone();
        match self.fault {
            Fault::PositivesAreNegative => file.trials = None,
            Fault::OtherPhrasesArePositive if file.file == "o1.wav" => file.trials = Some(Vec::new()),
            Fault::IgnoresWhatTheManifestKnows if file.trials.is_some() => file.trials = Some(Vec::new()),
            _ => {}
        }
        if !self.deaf {
            self.inner.begin(&file, at);
        }
    }

    fn heard(&mut self, heard: Heard) {
        if !self.deaf {
            self.inner.heard(heard);
        }
    }

    fn end(&mut self, mut end: FileEnd) {
        if self.fault == Fault::CountsTheTailAsAudio {
            end.samples += S;
        }
        if !self.deaf {
            self.inner.end(end);
        }
    }

    fn finish(&mut self) -> Vec<FileResult> {
        let mut files = self.inner.finish();
        if self.fault == Fault::CountsTwice {
            for file in &mut files {
                file.false_accepts.0.iter_mut().for_each(|(_, count)| *count *= 2);
            }
        }
        files
    }
}

macro_rules! wrong {
    ($name:ident, $fault:ident) => {
        #[test]
        fn $name() {
            caught(untouched, |run, files| {
                let inner = Scorer::new(run.rules, &run.thresholds);
                Box::new(Wrong { inner, fault: Fault::$fault, left: files, deaf: false })
            });
        }
    };
}

wrong!(one_that_counts_twice_is_caught, CountsTwice);
wrong!(one_that_drops_the_last_file_is_caught, DropsTheLastFile);
wrong!(one_that_scores_positives_as_negatives_is_caught, PositivesAreNegative);
wrong!(one_that_scores_other_phrases_as_positive_is_caught, OtherPhrasesArePositive);
wrong!(one_that_counts_silence_as_audio_is_caught, CountsTheTailAsAudio);
wrong!(one_that_takes_a_hit_anywhere_is_caught, IgnoresWhatTheManifestKnows);

#[test]
fn one_that_forgets_the_refractory_is_caught() {
    caught(untouched, |run, _| Box::new(Scorer::new(Rules { refractory: 0, ..run.rules }, &run.thresholds)));
}

#[test]
fn one_with_too_long_a_refractory_is_caught() {
    caught(untouched, |run, _| {
        Box::new(Scorer::new(Rules { refractory: 4 * S, ..run.rules }, &run.thresholds))
    });
}

#[test]
fn one_with_too_short_a_window_is_caught() {
    caught(untouched, |run, _| {
        Box::new(Scorer::new(Rules { hit_after: S / 2, ..run.rules }, &run.thresholds))
    });
}

/// Forgets what it heard whenever a file begins.
struct Forgetful {
    inner: Scripted,
    now: u64,
    base: u64,
}

impl Subject for Forgetful {
    fn reset(&mut self) {
        (self.now, self.base) = (0, 0);
        self.inner.reset();
    }

    fn begin(&mut self, path: &Path, at: u64) -> Result<(), NotJudged> {
        self.inner.reset();
        self.base = self.now;
        self.inner.begin(path, at - self.base)
    }

    fn push(&mut self, pcm: &[i16], tell: &mut dyn FnMut(Heard)) {
        self.now += pcm.len() as u64;
        self.inner.push(pcm, &mut |heard| {
            tell(match heard {
                Heard::Mark(mut mark) => {
                    for position in [&mut mark.at, &mut mark.start, &mut mark.end] {
                        *position += self.base;
                    }
                    Heard::Mark(mark)
                }
                Heard::Running { at, score } => Heard::Running { at: at + self.base, score },
            });
        });
    }
}

#[test]
fn one_that_resets_between_the_files_of_a_session_is_caught() {
    let problem = caught(|inner| Box::new(Forgetful { inner, now: 0, base: 0 }), right);
    assert!(problem.contains("s2") || problem.contains("false accepts"), "{problem}");
}

/// Files in an order of their own, as one that follows threads would play them.
#[test]
fn one_that_plays_a_session_backwards_is_caught() {
    let Setup { script, plan, run, .. } = &setup();
    let mut plan = plan.clone();
    plan.units.iter_mut().for_each(|unit| unit.files.reverse());
    let (result, units) = play(&plan, run, &mut Scripted::new(script), right);
    assert!(check(&result, &units).is_err());
}

#[test]
fn the_right_one_finds_what_was_planted() {
    let Setup { script, plan, run, .. } = &setup();
    let (result, units) = play(plan, run, &mut Scripted::new(script), right);
    assert_eq!(check(&result, &units), Ok(()));
}
