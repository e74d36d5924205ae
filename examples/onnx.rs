//! What openWakeWord's chain says of a recording, score by score, and what it costs.
//!
//! ```text
//! onnx MELSPECTROGRAM.onnx EMBEDDING.onnx CLASSIFIER.onnx < recording > scores
//! ```
//! The recording is raw: 16 kHz, mono, signed 16 bit, little-endian. Standard output gets one score a line, every 80 ms,
//! standard error CPU seconds per hour of audio, models loaded before. `benches/open_wake_word.py` compares both with
//! openWakeWord's own packages.

use earnest::frontend::MelFrame;
use earnest::spotter::KeywordSpotter;
use earnest::spotter::onnx::{Input, OnnxConfig, OnnxSpotter};
use earnest::vad::VadFrame;
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::io::{Read, Write, stdin, stdout};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [melspectrogram, embedding, classifier] = &args[..] else {
        return Err(
            "usage: onnx MELSPECTROGRAM.onnx EMBEDDING.onnx CLASSIFIER.onnx < recording > scores".into()
        );
    };
    let [melspectrogram, embedding, classifier] = [melspectrogram, embedding, classifier].map(std::fs::read);
    let (melspectrogram, embedding) = (melspectrogram?, embedding?);
    let config =
        OnnxConfig::new(Input::OpenWakeWord { melspectrogram: &melspectrogram, embedding: &embedding });
    let mut spotter = OnnxSpotter::new(&config, &classifier?)?;
    let mut bytes = Vec::new();
    stdin().read_to_end(&mut bytes)?;
    let pcm: Vec<i16> = bytes.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
    };
    let (frame, vad) = (MelFrame::default(), VadFrame::default());
    let mut scores = Vec::new();
    let start = now();
    for hop in pcm.chunks_exact(1280) {
        spotter.hear(hop);
        spotter.process(&frame, &vad);
        scores.push(spotter.score());
    }
    let took = now() - start;
    if let Some(failure) = spotter.failure() {
        return Err(failure.to_string().into());
    }
    let mut out = stdout().lock();
    scores.iter().try_for_each(|score| writeln!(out, "{score}"))?;
    eprintln!("{:.3}", took / (pcm.len() as f64 / 16_000.0) * 3600.0);
    Ok(())
}
