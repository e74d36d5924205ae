//! What the Rust library tells of recordings, in the words of `tests/c/events.c`, and the recordings as that program
//! reads them: events MODEL THRESHOLD|own FOLDER RECORDING... writes FOLDER/0.s16le and so on.
//!
//! FLAC, OGG Vorbis and raw 16 bit, 16 kHz, mono.

use earnest_core::Storage;
use earnest_core::event::Event;
use earnest_core::nn::Model;
use earnest_core::pipeline::{Pipeline, PipelineConfig};
use earnest_core::spotter::net::{NetConfig, NetModel, NetSpotter};
use earnest_core::spotter::template::{TemplateConfig, TemplateModel, TemplateSpotter};
use earnest_core::spotter::{Detection, KeywordSpotter};
use std::error::Error;
use std::fs::File;
use std::path::Path;

fn decode(path: &Path) -> Result<Vec<i16>, Box<dyn Error>> {
    if path.extension().is_some_and(|extension| extension == "s16le") {
        let bytes = std::fs::read(path)?;
        return Ok(bytes.as_chunks().0.iter().map(|two| i16::from_le_bytes(*two)).collect());
    }
    if path.extension().is_some_and(|extension| extension == "flac") {
        let mut reader = claxon::FlacReader::open(path)?;
        return reader.samples().map(|sample| Ok(sample? as i16)).collect();
    }
    let mut reader = lewton::inside_ogg::OggStreamReader::new(File::open(path)?)?;
    if (reader.ident_hdr.audio_sample_rate, reader.ident_hdr.audio_channels) != (16_000, 1) {
        return Err(format!("{}: not 16 kHz mono", path.display()).into());
    }
    let mut pcm = Vec::new();
    while let Some(packet) = reader.read_dec_packet_itl()? {
        pcm.extend(packet);
    }
    Ok(pcm)
}

fn tell(event: &Event) {
    let detection = |name: &str, d: &Detection| {
        let (start, end, decided) = (d.span.start.0, d.span.end.0, d.decided.0);
        println!("event {name} {start} {end} {decided} {:016x}", d.score.to_bits());
    };
    match event {
        Event::SpeechStart { at, decided } => println!("event speech-start {} {}", at.0, decided.0),
        Event::SpeechEnd { at, decided } => println!("event speech-end {} {}", at.0, decided.0),
        Event::Wake(d) => detection("wake", d),
        Event::NearMiss(d) => detection("near-miss", d),
        _ => println!("event of another kind"),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, threshold, folder, recordings @ ..] = &arguments[..] else {
        return Err("events MODEL THRESHOLD|own FOLDER RECORDING...".into());
    };
    let image = std::fs::read(model)?;
    let threshold = match threshold.as_str() {
        "own" => None,
        number => Some(number.parse()?),
    };
    let net = image.starts_with(&Model::MAGIC);
    for (n, recording) in recordings.iter().enumerate() {
        let pcm = decode(Path::new(recording))?;
        let bytes: Vec<u8> = pcm.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        std::fs::write(Path::new(folder).join(format!("{n}.s16le")), bytes)?;
        if net {
            let model = NetModel::parse(&image[..])?;
            let mut words = vec![0; NetSpotter::required_words(&model)];
            let config = NetConfig { threshold, ..NetConfig::default() };
            listen(NetSpotter::new(config, model, Storage::Lent(&mut words))?, &pcm)?;
        } else {
            let model = TemplateModel::parse(&image[..])?;
            let mut state = vec![0.0; model.required_state()];
            let config = TemplateConfig { threshold, ..TemplateConfig::default() };
            listen(TemplateSpotter::new(config, model, Storage::Lent(&mut state))?, &pcm)?;
        }
        println!("end {}", pcm.len());
    }
    Ok(())
}

fn listen(spotter: impl KeywordSpotter, pcm: &[i16]) -> Result<(), Box<dyn Error>> {
    let mut pre_roll = [0; 16_000];
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter, Storage::Lent(&mut pre_roll))?;
    pipeline.push(pcm, |event| tell(&event));
    Ok(())
}
