//! Posteriors of the acoustic model over recordings, for whoever evaluates it from another language.
//!
//!     posteriors MODEL.ear [CPU] < requests > answers
//!
//! A request is a count (u32) and as many samples (f32, 16 kHz, ±1); its answer a number of rows (u32) and the rows
//! (f32, one per output frame), all little-endian. Each recording starts from silence and ends where it ends: rows
//! that would need more sound don't come. With `CPU` the processor time of front end and network goes to stderr.

use earnest::audio::Unit;
use earnest::frontend::{FrontEnd, FrontEndConfig};
use earnest::nn::{Model, Net};
use rustix::time::{ClockId, clock_gettime};
use std::io::{self, Read, Write};

fn processor_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, measured) = match arguments.as_slice() {
        [path] => (path, false),
        [path, word] if word == "CPU" => (path, true),
        _ => panic!("usage: posteriors MODEL.ear [CPU]"),
    };
    let model = Model::new(std::fs::read(path)?).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut net = Net::owned(model);
    let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
    let (mut stdin, mut stdout) = (io::stdin().lock(), io::stdout().lock());
    let (mut count, mut samples, mut seconds) = ([0; 4], 0, [0.0; 2]);
    while stdin.read_exact(&mut count).is_ok() {
        let mut bytes = vec![0; 4 * u32::from_le_bytes(count) as usize];
        stdin.read_exact(&mut bytes)?;
        let pcm: Vec<Unit> =
            bytes.as_chunks().0.iter().map(|x| Unit::saturating(f32::from_le_bytes(*x))).collect();
        front_end.reset();
        net.reset();
        let started = processor_seconds();
        let (mut rest, mut mels) = (&pcm[..], Vec::new());
        while let Some(frame) = front_end.process(&mut rest) {
            mels.extend_from_slice(frame.mel());
        }
        let between = processor_seconds();
        let mut rows = Vec::new();
        for mel in mels.chunks_exact(net.model().input_channels()) {
            rows.extend_from_slice(net.process(mel).unwrap_or_default());
        }
        samples += pcm.len();
        seconds = [seconds[0] + between - started, seconds[1] + processor_seconds() - between];
        let frames = (rows.len() / net.model().output_channels()) as u32;
        stdout.write_all(&frames.to_le_bytes())?;
        stdout.write_all(&rows.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())?;
        stdout.flush()?;
    }
    if measured {
        let hours = samples as f64 / 16_000.0 / 3600.0;
        let [front_end, net] = seconds.map(|seconds| seconds / hours);
        eprintln!("{hours:.3} h; CPU s per hour: front end {front_end:.3}, network {net:.3}");
    }
    Ok(())
}
