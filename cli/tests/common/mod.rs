//! What the tests of the command share: running it, and recordings of every kind, made as they are needed.
// Every test program uses its own part of it.
#![allow(dead_code, unreachable_pub)]

use serde_json::Value;
use std::f64::consts::TAU;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use symphonia::core::formats::TrackType;
use symphonia::core::io::MediaSourceStream;

pub fn kitchen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/kitchen")
}

/// The bundled phrase, "hey earnest".
pub fn model() -> String {
    kitchen().join("hey_earnest.earnest").to_str().unwrap().into()
}

pub fn earnest() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("earnest"));
    command.stdin(Stdio::null());
    command
}

/// How a run ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The JSON objects on stdout; a line that is none fails the test.
    pub fn json(&self) -> Vec<Value> {
        let object = |line: &str| match serde_json::from_str(line) {
            Ok(value @ Value::Object(_)) => value,
            other => panic!("{line}: {other:?}"),
        };
        self.stdout.lines().map(object).collect()
    }

    pub fn of_type(&self, kind: &str) -> Vec<Value> {
        self.json().into_iter().filter(|object| object["type"] == kind).collect()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            code: output.status.code().expect("no signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub fn run(args: &[&str]) -> Run {
    earnest().args(args).output().unwrap().into()
}

/// Half of the score that the bundled configuration wakes at: what [`spoken`] holds is the phrase or nothing like it,
/// so there the phrase is heard with room to spare and the tests are not about how good the engine is.
pub fn lenient() -> String {
    let config = fs::read_to_string(kitchen().join("assistant.toml")).unwrap();
    let config: toml::Table = config.parse().unwrap();
    (config["wake"]["threshold"].as_float().unwrap() / 2.0).to_string()
}

/// `earnest detect --model … --threshold … --json FILE`.
pub fn detect(file: &Path) -> Run {
    run(&["detect", "--model", &model(), "--threshold", &lenient(), "--json", file.to_str().unwrap()])
}

/// How samples are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    U8,
    S16,
    S24,
    S32,
    F32,
}

impl Format {
    fn bytes(self) -> u16 {
        match self {
            Format::U8 => 1,
            Format::S16 => 2,
            Format::S24 => 3,
            Format::S32 | Format::F32 => 4,
        }
    }

    fn write(self, sample: f32, out: &mut Vec<u8>) {
        let scaled = |full: f64| (f64::from(sample) * full).round().clamp(-full, full - 1.0) as i32;
        match self {
            Format::U8 => out.push((scaled(128.0) + 128) as u8),
            Format::S16 => out.extend((scaled(32_768.0) as i16).to_le_bytes()),
            Format::S24 => out.extend(&scaled(8_388_608.0).to_le_bytes()[..3]),
            Format::S32 => out.extend(scaled(2_147_483_648.0).to_le_bytes()),
            Format::F32 => out.extend(sample.to_le_bytes()),
        }
    }
}

/// A WAV file with the same `mono` (±1) in each channel.
pub fn wav(mono: &[f32], rate_hz: u32, channels: u16, format: Format) -> Vec<u8> {
    let frame = format.bytes() * channels;
    let data = mono.len() as u32 * u32::from(frame);
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + data).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend((if format == Format::F32 { 3u16 } else { 1 }).to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate_hz.to_le_bytes());
    bytes.extend((rate_hz * u32::from(frame)).to_le_bytes());
    bytes.extend(frame.to_le_bytes());
    bytes.extend((format.bytes() * 8).to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    for &sample in mono {
        for _ in 0..channels {
            format.write(sample, &mut bytes);
        }
    }
    bytes
}

/// A tone of 1 kHz at half of full scale.
pub fn tone(rate_hz: u32, seconds: f64) -> Vec<f32> {
    let samples = (f64::from(rate_hz) * seconds) as usize;
    (0..samples).map(|n| (0.5 * (TAU * 1_000.0 * n as f64 / f64::from(rate_hz)).sin()) as f32).collect()
}

/// The samples of a mono FLAC file, decoded without the command.
pub fn flac(file: &Path) -> Vec<f32> {
    let stream = MediaSourceStream::new(Box::new(File::open(file).unwrap()), Default::default());
    let probe = symphonia::default::get_probe();
    let mut format =
        probe.probe(&Default::default(), stream, Default::default(), Default::default()).unwrap();
    let track = format.default_track(TrackType::Audio).unwrap();
    let params = track.codec_params.as_ref().unwrap().audio().unwrap();
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(params, &Default::default()).unwrap();
    let (mut all, mut some) = (Vec::new(), Vec::<f32>::new());
    while let Some(packet) = format.next_packet().unwrap() {
        decoder.decode(&packet).unwrap().copy_to_vec_interleaved(&mut some);
        all.extend_from_slice(&some);
    }
    all
}

/// Nine seconds of the kitchen with the phrase in the middle, and where in them the phrase is, seconds.
pub fn spoken() -> (Vec<f32>, std::ops::Range<f64>) {
    let truth: Value =
        serde_json::from_str(&fs::read_to_string(kitchen().join("truth.json")).unwrap()).unwrap();
    let at = |key: &str| truth["phrase"][key].as_u64().unwrap() as usize;
    let from = at("start") - 64_000;
    let samples = flac(&kitchen().join("kitchen.flac"))[from..from + 144_000].to_vec();
    (samples, 4.0..(at("end") - from) as f64 / 16_000.0)
}

/// `samples` at 16 kHz, played slower or faster by nothing: the same sound at `rate_hz`.
pub fn at_rate(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    use rubato::audioadapter_buffers::direct::SequentialSlice;
    use rubato::{Fft, FixedSync, Resampler};
    if rate_hz == 16_000 {
        return samples.to_vec();
    }
    let mut fft = Fft::<f32>::new(16_000, rate_hz as usize, 1_600, 1, FixedSync::Both).unwrap();
    let input = SequentialSlice::new(samples, 1, samples.len()).unwrap();
    let output = fft.process_all(&input, samples.len(), None).unwrap();
    output.take_data()
}
