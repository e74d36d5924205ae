//! The bundled sample, and a spotter enrolled from the bundled recordings.
#![allow(dead_code)] // each test file uses its own part

use earnest::Storage;
use earnest::event::Event;
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::spotter::template::{Enrollment, TemplateConfig, TemplateModel, TemplateSpotter};
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

/// The chain on that phrase, at the threshold of `examples/kitchen/assistant.toml`.
pub(crate) fn pipeline() -> Pipeline<'static, TemplateSpotter<'static>> {
    let model = TemplateModel::parse(model()).unwrap();
    let state = Storage::owned(model.required_state());
    let config = TemplateConfig { threshold: Some(0.42), ..TemplateConfig::default() };
    let spotter = TemplateSpotter::new(config, model, state).unwrap();
    Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16_000)).unwrap()
}

/// All events of `pcm`, pushed in chunks of `chunk`.
pub(crate) fn events(
    pipeline: &mut Pipeline<'_, TemplateSpotter<'_>>,
    pcm: &[i16],
    chunk: usize,
) -> Vec<Event> {
    let mut events = Vec::new();
    for chunk in pcm.chunks(chunk) {
        pipeline.push(chunk, |event| events.push(event));
    }
    events
}
