//! Scenes: what the device plays, and what its microphone hears.

use crate::common::random;
use earnest::audio::SampleIndex;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Samples before the phrase: the detectors' warm-up, and time for the bed to be under way.
const LEAD: usize = 3 * 16_000;
/// Samples after it.
const TAIL: usize = 16_000 * 3 / 2;

/// A signal to the loudspeaker and one from the microphone, on the same clock.
pub(crate) struct Scene {
    pub(crate) played: Vec<i16>,
    pub(crate) heard: Vec<i16>,
    /// Where the phrase is at the microphone, or where it ends at the latest.
    pub(crate) from: SampleIndex,
    pub(crate) until: SampleIndex,
}

/// 16 kHz mono Ogg Vorbis, −1 to 1.
pub(crate) fn ogg(path: &Path) -> Result<Vec<f32>, Box<dyn Error>> {
    let mut reader = lewton::inside_ogg::OggStreamReader::new(fs::File::open(path)?)?;
    let mut pcm = Vec::new();
    while let Some(packet) = reader.read_dec_packet_itl()? {
        pcm.extend(packet.into_iter().map(|sample| f32::from(sample) / 32768.0));
    }
    Ok(pcm)
}

/// Files of a set, as its manifest has them.
pub(crate) fn files(data: &Path, set: &str, split: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for line in fs::read_to_string(data.join(set).join("manifest.jsonl"))?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        if row["split"] == split {
            found.push(data.join(set).join(row["file"].as_str().ok_or("a row without a file")?));
        }
    }
    Ok(found)
}

/// What devices play.
pub(crate) struct Beds {
    speech: Vec<Vec<f32>>,
    music: Vec<Vec<f32>>,
}

impl Beds {
    pub(crate) fn new(data: &Path) -> Result<Beds, Box<dyn Error>> {
        let all = |set: &str, split| -> Result<Vec<Vec<f32>>, Box<dyn Error>> {
            files(data, set, split)?.iter().map(|path| ogg(path)).collect()
        };
        let music = all("music", "train")?.into_iter().filter(|bed| loudest(bed) > 1e-4).collect();
        Ok(Beds { speech: all("speech/librispeech_train", "train")?, music })
    }

    /// `len` samples of one of them, at a level of ordinary playback.
    fn bed(&self, music: bool, index: usize, len: usize) -> Vec<f32> {
        let beds = if music { &self.music } else { &self.speech };
        let bed = &beds[index % beds.len()];
        let start = if bed.len() > len { (index * 7919) % (bed.len() - len) } else { 0 };
        let bed: Vec<f32> = bed.iter().copied().cycle().skip(start).take(len).collect();
        scaled(&bed, (0.05 / loudest(&bed).max(1e-9)).sqrt())
    }

    /// The device plays the phrase.
    pub(crate) fn played(&self, phrase: &[f32], index: usize, variant: usize, music: bool) -> Scene {
        let mut bed = self.bed(music, 3 * index + variant, LEAD + phrase.len() + TAIL);
        let phrase = scaled(phrase, (0.05 / loudest(phrase).max(1e-9)).sqrt());
        // Music goes on 10 dB softer; speech stops.
        let under = if music { 0.3 } else { 0.0 };
        for (slot, sample) in bed[LEAD..].iter_mut().zip(&phrase) {
            *slot = *slot * under + sample;
        }
        let delay = crate::DELAYS_MS[variant % crate::DELAYS_MS.len()] * 16;
        let mut state = (index * 100 + variant * 10 + usize::from(music)) as u64;
        let gain = 0.5 + 0.4 * random(&mut state);
        let echo = scaled(&through(&bed, delay, &mut state), gain);
        let heard = with_noise(&echo, &mut state);
        scene(&bed, &heard, LEAD, LEAD + phrase.len() + 8000)
    }

    /// Somebody says the phrase while the device plays something else.
    pub(crate) fn spoken(
        &self,
        phrase: &[f32],
        index: usize,
        variant: usize,
        over_db: f32,
        music: bool,
    ) -> Scene {
        let bed = self.bed(music, 5 * index + variant, LEAD + phrase.len() + TAIL);
        let mut state = (index * 100 + variant * 10 + usize::from(music) + 5000) as u64;
        let delay = crate::DELAYS_MS[(index + variant) % crate::DELAYS_MS.len()] * 16;
        let mut heard = through(&bed, delay, &mut state);
        let over = 10f32.powf(over_db / 10.0);
        let said = scaled(phrase, (over * loudest(&heard[LEAD..]) / loudest(phrase).max(1e-9)).sqrt());
        for (slot, sample) in heard[LEAD..].iter_mut().zip(&said) {
            *slot += sample;
        }
        let most = heard.iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
        let heard = with_noise(&scaled(&heard, 0.5 / most.max(0.5)), &mut state);
        scene(&bed, &heard, LEAD, LEAD + phrase.len() + 8000)
    }
}

fn scene(played: &[f32], heard: &[f32], from: usize, until: usize) -> Scene {
    let pcm =
        |all: &[f32]| all.iter().map(|sample| (sample * 32767.0).clamp(-32768.0, 32767.0) as i16).collect();
    Scene {
        played: pcm(played),
        heard: pcm(heard),
        from: SampleIndex(from as u64),
        until: SampleIndex(until as u64),
    }
}

/// Mean square of the loudest 32 ms.
fn loudest(pcm: &[f32]) -> f32 {
    let power = |part: &[f32]| part.iter().map(|x| x * x).sum::<f32>() / part.len() as f32;
    pcm.chunks_exact(512).map(power).fold(0.0, f32::max)
}

fn scaled(pcm: &[f32], gain: f32) -> Vec<f32> {
    pcm.iter().map(|sample| sample * gain).collect()
}

fn with_noise(pcm: &[f32], state: &mut u64) -> Vec<f32> {
    pcm.iter().map(|sample| sample + 0.001 * random(state)).collect()
}

/// Loudspeaker and room, `delay` samples later, at the level that it had.
fn through(pcm: &[f32], delay: usize, state: &mut u64) -> Vec<f32> {
    let decay_s = 0.35 + 0.15 * random(state);
    let len = (decay_s * 16_000.0 * 0.7) as usize;
    let mut room = vec![0.0; len];
    room[0] = 1.0;
    for (n, slot) in room.iter_mut().enumerate().skip(40) {
        // 60 dB in `decay_s`; direct and reverberant sound about equal.
        *slot = 0.03 * random(state) * 10f32.powf(-3.0 * n as f32 / (decay_s * 16_000.0));
    }
    let driven: Vec<f32> = pcm.iter().map(|sample| (2.0 * sample).tanh() / 2.0).collect();
    let mut echo = convolved(&driven, &room);
    let gain = (loudest(pcm) / loudest(&echo).max(1e-12)).sqrt();
    echo.iter_mut().for_each(|sample| *sample *= gain);
    let mut out = vec![0.0; delay];
    out.extend(echo);
    out.truncate(pcm.len());
    out
}

/// `pcm` through the impulse response `room`, as long as `pcm`, by blocks of a Fourier transform.
fn convolved(pcm: &[f32], room: &[f32]) -> Vec<f32> {
    let size = (2 * room.len()).next_power_of_two();
    let block = size - room.len() + 1;
    let mut planner = realfft::RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let spectrum = |part: &[f32]| {
        let mut padded = part.to_vec();
        padded.resize(size, 0.0);
        let mut spectrum = forward.make_output_vec();
        forward.process(&mut padded, &mut spectrum).expect("lengths are the plan's");
        spectrum
    };
    let response = spectrum(room);
    let mut out = vec![0.0; pcm.len() + size];
    for (n, part) in pcm.chunks(block).enumerate() {
        let mut product = spectrum(part);
        product.iter_mut().zip(&response).for_each(|(x, h)| *x *= h / size as f32);
        let mut sound = inverse.make_output_vec();
        inverse.process(&mut product, &mut sound).expect("lengths are the plan's");
        out[n * block..].iter_mut().zip(&sound).for_each(|(slot, sample)| *slot += sample);
    }
    out.truncate(pcm.len());
    out
}
