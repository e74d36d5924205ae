//! Manifests and OGG clips of the shared data.

use serde::Deserialize;
use std::error::Error;
use std::path::{Path, PathBuf};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::TrackType;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::MediaSourceStream;

#[derive(Deserialize)]
struct Row {
    file: String,
    split: String,
}

/// A clip with a second of silence on either side.
pub struct Clip {
    pub file: String,
    pub pcm: Vec<i16>,
}

/// Samples of silence before and after.
pub const PAD: usize = 16_000;

impl Clip {
    /// The recording alone.
    pub fn bare(&self) -> &[i16] {
        &self.pcm[PAD..self.pcm.len() - PAD]
    }
}

/// All clips of a set, in one split or (`None`) in all.
pub fn load(data: &Path, set: &str, split: Option<&str>) -> Result<Vec<Clip>, Box<dyn Error>> {
    let manifest = data.join(set).join("manifest.jsonl");
    let text = std::fs::read_to_string(&manifest).map_err(|e| format!("{}: {e}", manifest.display()))?;
    let mut clips = Vec::new();
    for line in text.lines() {
        let row: Row = serde_json::from_str(line)?;
        if split.is_none_or(|split| split == row.split) {
            let path = data.join(set).join(&row.file);
            let pcm = decode(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            clips.push(Clip { file: format!("{set}/{}", row.file), pcm });
        }
    }
    Ok(clips)
}

fn decode(path: &PathBuf) -> Result<Vec<i16>, Box<dyn Error>> {
    let stream = MediaSourceStream::new(Box::new(std::fs::File::open(path)?), Default::default());
    let mut format = symphonia::default::get_probe().probe(
        &Hint::new(),
        stream,
        Default::default(),
        Default::default(),
    )?;
    let track = format.default_track(TrackType::Audio).ok_or("no audio track")?;
    let (id, codec) =
        (track.id, track.codec_params.as_ref().and_then(|p| p.audio()).ok_or("no codec")?.clone());
    if codec.sample_rate != Some(16_000) {
        return Err(format!("{:?} Hz, expected 16000", codec.sample_rate).into());
    }
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(&codec, &AudioDecoderOptions::default())?;
    let mut pcm = vec![0i16; PAD];
    let mut block: Vec<f32> = Vec::new();
    while let Some(packet) = format.next_packet()? {
        if packet.track_id != id {
            continue;
        }
        let decoded = decoder.decode(&packet)?;
        let channels = decoded.spec().channels().count();
        decoded.copy_to_vec_interleaved(&mut block);
        pcm.extend(block.chunks(channels).map(|c| {
            let mono = c.iter().sum::<f32>() / channels as f32;
            (mono * 32768.0).round().clamp(-32768.0, 32767.0) as i16
        }));
    }
    pcm.extend([0; PAD]);
    Ok(pcm)
}
