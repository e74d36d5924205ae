//! What a voice activity detector thinks of audio, frame by frame, for scripts that draw or score it.
//!
//! ```text
//! vad mel | energy | earshot | features | cost      < recordings > numbers
//! ```
//!
//! Standard input holds recordings, each a little-endian `u32` with its number of samples and then that many `i16`
//! at 16 kHz. Standard output gets, for each, `u32` frames and then one line of `f32` a frame: the probability of
//! speech and 1 within a segment of speech (`mel`, `energy`, `earshot`) or the 48 inputs of the network
//! (`features`). `cost` prints nanoseconds a frame of the front end and of each detector instead.

use earnest::audio::SampleIndex;
use earnest::frontend::{FrontEnd, FrontEndConfig, MelFrame};
#[cfg(feature = "earshot")]
use earnest::vad::{EarshotVad, EarshotVadConfig};
use earnest::vad::{EnergyVad, EnergyVadConfig, MelVad, MelVadConfig, VadFeatures, VoiceActivityDetector};
use std::error::Error;
use std::hint::black_box;
use std::io::{Read, Write, stdin, stdout};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let what = std::env::args().nth(1).unwrap_or_default();
    let recordings = recordings()?;
    let mut front_end = FrontEnd::new(FrontEndConfig::base())?;
    if what == "cost" {
        return cost(&recordings, &mut front_end);
    }
    let mut out = std::io::BufWriter::new(stdout().lock());
    let mut detector = if what == "features" { None } else { Some(detector(&what)?) };
    for pcm in &recordings {
        let mut features = VadFeatures::new();
        let mut numbers = Vec::new();
        let mut frames = 0u32;
        front_end.reset();
        if let Some(detector) = &mut detector {
            detector.reset();
        }
        let mut rest = &pcm[..];
        while !rest.is_empty() {
            let before = rest;
            let frame = front_end.process(&mut rest);
            if let Some(detector) = &mut detector {
                detector.hear(&before[..before.len() - rest.len()]);
            }
            let Some(frame) = frame else { break };
            frames += 1;
            match &mut detector {
                Some(detector) => {
                    let vad = detector.process(frame);
                    numbers.extend([vad.probability, f32::from(u8::from(vad.speech))]);
                }
                None => {
                    let mel =
                        frame.mel().first_chunk().ok_or("a frame of the base front end has 40 bands")?;
                    numbers.extend(features.process(mel, frame.mean_square));
                }
            }
        }
        out.write_all(&frames.to_le_bytes())?;
        for number in numbers {
            out.write_all(&number.to_le_bytes())?;
        }
    }
    Ok(())
}

fn recordings() -> Result<Vec<Vec<i16>>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    stdin().lock().read_to_end(&mut bytes)?;
    let mut rest = &bytes[..];
    let mut recordings = Vec::new();
    while let Some((count, behind)) = rest.split_first_chunk() {
        let count = 2 * u32::from_le_bytes(*count) as usize;
        let (pcm, behind) = behind.split_at_checked(count).ok_or("standard input ends within a recording")?;
        recordings.push(pcm.as_chunks().0.iter().map(|two| i16::from_le_bytes(*two)).collect());
        rest = behind;
    }
    Ok(recordings)
}

fn detector(name: &str) -> Result<Box<dyn VoiceActivityDetector>, Box<dyn Error>> {
    Ok(match name {
        "mel" => Box::new(MelVad::new(MelVadConfig::default(), &FrontEndConfig::base())?),
        "energy" => Box::new(EnergyVad::new(EnergyVadConfig::default())?),
        #[cfg(feature = "earshot")]
        "earshot" => Box::new(EarshotVad::new(EarshotVadConfig::default())?),
        _ => return Err("expected mel, energy, earshot (a feature), features or cost".into()),
    })
}

/// The best of thirty rounds each, interleaved, on the same frames: some are undisturbed even on a busy machine.
fn cost(recordings: &[Vec<i16>], front_end: &mut FrontEnd) -> Result<(), Box<dyn Error>> {
    let pcm = recordings.concat();
    let mut frames: Vec<MelFrame> = Vec::new();
    let mut rest = &pcm[..];
    while let Some(frame) = front_end.process(&mut rest) {
        frames.push(frame.clone());
    }
    let names: &[&str] =
        if cfg!(feature = "earshot") { &["mel", "energy", "earshot"] } else { &["mel", "energy"] };
    let mut best = vec![f64::INFINITY; names.len() + 1];
    for _ in 0..30 {
        front_end.reset();
        let mut rest = &pcm[..];
        let start = Instant::now();
        while let Some(frame) = front_end.process(&mut rest) {
            black_box(frame);
        }
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        for (name, best) in names.iter().zip(&mut best[1..]) {
            let mut detector = detector(name)?;
            let mut heard = SampleIndex(0);
            let start = Instant::now();
            for frame in &frames {
                detector.hear(&pcm[heard.0 as usize..frame.span.end.0 as usize]);
                heard = frame.span.end;
                black_box(detector.process(frame));
            }
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    for (name, seconds) in ["front end"].iter().chain(names).zip(best) {
        println!("{name:10} {:9.1} ns a frame", seconds * 1e9 / frames.len() as f64);
    }
    Ok(())
}
