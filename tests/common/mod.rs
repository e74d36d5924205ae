//! The bundled sample, and a spotter enrolled from the bundled recordings.
#![allow(dead_code)] // each test file uses its own part

use earnest::Storage;
use earnest::event::Event;
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::spotter::KeywordSpotter;
use earnest::spotter::template::{Enrollment, TemplateConfig, TemplateModel, TemplateSpotter};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// 16 kHz mono FLAC from `examples/kitchen`.
pub(crate) fn flac(name: &str) -> Vec<i16> {
    let path = format!("{}/examples/kitchen/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut reader = claxon::FlacReader::open(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    reader.samples().map(|sample| sample.unwrap() as i16).collect()
}

/// "hey earnest", enrolled from the five bundled recordings.
pub(crate) fn model() -> &'static [u8] {
    static MODEL: OnceLock<Vec<u8>> = OnceLock::new();
    MODEL.get_or_init(|| {
        let mut enrollment = Enrollment::new();
        for n in 1..=5 {
            enrollment.add_clip(&flac(&format!("enroll/{n}.flac"))).unwrap();
        }
        enrollment.add_background(&flac("background.flac")).unwrap();
        enrollment.finish("hey earnest").unwrap().image
    })
}

/// A spotter of that phrase, at the threshold of `examples/kitchen/assistant.toml`.
pub(crate) fn spotter() -> TemplateSpotter<'static> {
    let model = TemplateModel::parse(model()).unwrap();
    let state = Storage::owned(model.required_state());
    let config = TemplateConfig { threshold: Some(0.34), ..TemplateConfig::default() };
    TemplateSpotter::new(config, model, state).unwrap()
}

/// The chain on that phrase.
pub(crate) fn pipeline() -> Pipeline<'static, TemplateSpotter<'static>> {
    Pipeline::new(PipelineConfig::default(), spotter(), Storage::owned(16_000)).unwrap()
}

/// All events of `pcm`, pushed in chunks of `chunk`.
pub(crate) fn events<S: KeywordSpotter>(
    pipeline: &mut Pipeline<'_, S>,
    pcm: &[i16],
    chunk: usize,
) -> Vec<Event> {
    let mut events = Vec::new();
    for chunk in pcm.chunks(chunk) {
        pipeline.push(chunk, |event| events.push(event));
    }
    events
}

/// Files of a set, as its manifest has them.
pub(crate) fn files(data: &Path, set: &str, split: &str) -> Vec<PathBuf> {
    let manifest = std::fs::read_to_string(data.join(set).join("manifest.jsonl")).unwrap();
    let rows = manifest.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    rows.filter(|row| row["split"] == split)
        .map(|row| data.join(set).join(row["file"].as_str().unwrap()))
        .collect()
}

/// A recording, and a second of silence on both sides.
pub(crate) fn ogg(path: &Path) -> Vec<i16> {
    let mut reader = lewton::inside_ogg::OggStreamReader::new(std::fs::File::open(path).unwrap()).unwrap();
    assert_eq!((reader.ident_hdr.audio_sample_rate, reader.ident_hdr.audio_channels), (16_000, 1));
    let mut pcm = vec![0; 16_000];
    while let Some(packet) = reader.read_dec_packet_itl().unwrap() {
        pcm.extend(packet);
    }
    pcm.extend([0; 16_000]);
    pcm
}

/// All events of `pcm`, which chunks of any size give, each after a reset.
pub(crate) fn any_chunks<S: KeywordSpotter>(pipeline: &mut Pipeline<'_, S>, pcm: &[i16]) -> Vec<Event> {
    let mut listen = |chunk: usize| {
        pipeline.reset();
        events(pipeline, pcm, chunk)
    };
    let whole = listen(160);
    for chunk in [37, 512, pcm.len()] {
        assert_eq!(listen(chunk), whole, "chunks of {chunk}");
    }
    whole
}
