//! The template spotter beside `rustpotter` 3.0.2, enrolled from the same five recordings of each of four words.
//!
//! ```text
//! cargo run --release -- DATA [--test] [--seed N]
//! ```
//! `DATA` is the folder with the manifests. Thresholds are chosen on the `dev` split: the lowest that at most
//! `BUDGET` of the negative clips reach. With `--test` they are then applied, once, to the `test` split.

mod clips;
mod engines;

use clips::{Clip, load};
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

const WORDS: [&str; 4] = ["alexa", "computer", "snowboy", "view_glass"];
/// Share of dev's negative clips that may reach the threshold.
const BUDGET: f64 = 0.005;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let data =
        PathBuf::from(args.next().ok_or("usage: wake-words DATA [--test] [--seed N] [--only-earnest]")?);
    let (mut with_test, mut seed, mut rival) = (false, 0u64, true);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--test" => with_test = true,
            "--only-earnest" => rival = false,
            "--seed" => seed = args.next().ok_or("--seed needs a number")?.parse()?,
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    // Calibration background is neither dev nor test: read sentences of the train split.
    let background: Vec<i16> = load(&data, "speech/librispeech_train", Some("train"))?
        .iter()
        .step_by(10)
        .flat_map(|clip| clip.bare().to_vec())
        .collect();
    let dev = Split::load(&data, "dev")?;
    let test = if with_test { Some(Split::load(&data, "test")?) } else { None };
    println!("dev: {} negative clips of other kinds, {:.2} h", dev.negative.len(), dev.hours());

    let mut totals: Vec<(String, [usize; 4])> = Vec::new();
    for (word, name) in WORDS.iter().enumerate() {
        let chosen = choose(dev.words[word].len(), 5, seed);
        let recordings: Vec<&[i16]> = chosen.iter().map(|&i| dev.words[word][i].bare()).collect();
        let files: Vec<&str> = chosen.iter().map(|&i| dev.words[word][i].file.as_str()).collect();
        println!("{name}: enrolled from {}", files.join(" "));
        let (image, reports) = engines::enroll_earnest(name, &recordings, &background)?;
        let rustpotter = engines::enroll_rustpotter(name, &recordings, &reports)?;
        type Score<'a> = Box<dyn Fn(&[i16]) -> f32 + Sync + 'a>;
        let mut scorers: Vec<(&str, Score)> = vec![(
            "earnest template",
            Box::new(|pcm: &[i16]| engines::score_earnest(&image, pcm).expect("a valid model")),
        )];
        if rival {
            scorers.push((
                "rustpotter 3.0.2",
                Box::new(|pcm: &[i16]| engines::score_rustpotter(&rustpotter, pcm).expect("a valid model")),
            ));
        }
        for (engine, score) in &scorers {
            let (positive, negative, took) = dev.scores(word, &chosen, score);
            let threshold = threshold(&negative);
            report(engine, "dev", threshold, &positive, &negative, took, dev.seconds(word));
            let mut row = [0; 4];
            if let Some(test) = &test {
                let (positive, negative, took) = test.scores(word, &[], score);
                row = report(engine, "test", threshold, &positive, &negative, took, test.seconds(word));
            }
            match totals.iter_mut().find(|(e, _)| e == engine) {
                Some((_, total)) => total.iter_mut().zip(row).for_each(|(t, r)| *t += r),
                None => totals.push((engine.to_string(), row)),
            }
        }
    }
    if with_test {
        println!("all four words, test:");
        for (engine, [hit, positive, accepted, negative]) in totals {
            println!(
                "  {engine}: detected {} | false accepts {}",
                rate(hit, positive),
                rate(accepted, negative)
            );
        }
    }
    Ok(())
}

/// One split: the clips of every word, and what is no word at all.
struct Split {
    words: Vec<Vec<Clip>>,
    negative: Vec<Clip>,
}

impl Split {
    fn load(data: &std::path::Path, split: &str) -> Result<Split, Box<dyn Error>> {
        let words = WORDS
            .iter()
            .map(|word| load(data, &format!("wake/{word}"), Some(split)))
            .collect::<Result<_, _>>()?;
        let mut negative = load(data, "negative/false_activations", Some(split))?;
        if split == "dev" {
            negative.extend(load(data, "negative/near_words", Some(split))?);
            for set in ["noise/esc10", "noise/kitchen", "noise/rooms", "noise/short"] {
                negative.extend(load(data, set, None)?);
            }
        }
        Ok(Split { words, negative })
    }

    fn hours(&self) -> f64 {
        self.negative.iter().map(|clip| clip.pcm.len()).sum::<usize>() as f64 / 16_000.0 / 3600.0
    }

    fn seconds(&self, _word: usize) -> f64 {
        let all = self.words.iter().flatten().chain(&self.negative);
        all.map(|clip| clip.pcm.len()).sum::<usize>() as f64 / 16_000.0
    }

    /// Scores of the clips with the word (but for those left out) and of all others, and the CPU time that took.
    fn scores(
        &self,
        word: usize,
        leave_out: &[usize],
        score: &(dyn Fn(&[i16]) -> f32 + Sync),
    ) -> (Vec<f32>, Vec<f32>, Duration) {
        let positive: Vec<&Clip> = self.words[word]
            .iter()
            .enumerate()
            .filter(|(i, _)| !leave_out.contains(i))
            .map(|(_, c)| c)
            .collect();
        let others = self.words.iter().enumerate().filter(|(i, _)| *i != word).flat_map(|(_, clips)| clips);
        let negative: Vec<&Clip> = others.chain(&self.negative).collect();
        let mut took = Duration::ZERO;
        let mut run = |clips: &[&Clip]| {
            let half = clips.len().div_ceil(2).max(1);
            let parts: Vec<(Vec<f32>, Duration)> = std::thread::scope(|scope| {
                let work = |part: &'_ [&Clip]| {
                    let started = cpu_time();
                    (part.iter().map(|clip| score(&clip.pcm)).collect(), cpu_time() - started)
                };
                let handles: Vec<_> =
                    clips.chunks(half).map(|part| scope.spawn(move || work(part))).collect();
                handles.into_iter().map(|handle| handle.join().expect("scoring doesn't panic")).collect()
            });
            took += parts.iter().map(|(_, took)| *took).sum::<Duration>();
            parts.into_iter().flat_map(|(scores, _)| scores).collect()
        };
        (run(&positive), run(&negative), took)
    }
}

/// CPU time of this thread, from Linux's scheduler; elsewhere none is reported.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

/// `count` different indices below `len`, by a seeded shuffle.
fn choose(len: usize, count: usize, seed: u64) -> Vec<usize> {
    let mut state = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut all: Vec<usize> = (0..len).collect();
    for i in (1..len).rev() {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        all.swap(i, (state >> 33) as usize % (i + 1));
    }
    all.truncate(count);
    all
}

/// The lowest threshold that at most `BUDGET` of the negatives reach.
fn threshold(negative: &[f32]) -> f32 {
    let mut sorted = negative.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let allowed = (BUDGET * negative.len() as f64) as usize;
    sorted[allowed].next_up()
}

fn report(
    engine: &str,
    split: &str,
    threshold: f32,
    positive: &[f32],
    negative: &[f32],
    took: Duration,
    seconds: f64,
) -> [usize; 4] {
    let reach = |scores: &[f32]| scores.iter().filter(|s| **s >= threshold).count();
    let (hit, accepted) = (reach(positive), reach(negative));
    println!(
        "  {engine}, {split}, threshold {threshold:.3}: detected {} | false accepts {} | {:.0} CPU s/h",
        rate(hit, positive.len()),
        rate(accepted, negative.len()),
        took.as_secs_f64() / seconds * 3600.0
    );
    [hit, positive.len(), accepted, negative.len()]
}

/// Count, share and 95 % Wilson interval.
fn rate(count: usize, of: usize) -> String {
    let (k, n, z) = (count as f64, of as f64, 1.959_963_985);
    let centre = (k + z * z / 2.0) / (n + z * z);
    let half = z / (n + z * z) * (k * (n - k) / n + z * z / 4.0).sqrt();
    format!(
        "{count}/{of} = {:.1} % [{:.1}, {:.1}]",
        100.0 * k / n,
        100.0 * (centre - half),
        100.0 * (centre + half)
    )
}
