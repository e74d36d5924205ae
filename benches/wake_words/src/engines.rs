//! The engines in one shape: enrolled from the same recordings, each gives its highest score in a clip.

use earnest::Storage;
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::spotter::KeywordSpotter;
use earnest::spotter::template::{ClipReport, Enrollment, TemplateConfig, TemplateModel, TemplateSpotter};
use rustpotter::{Rustpotter, RustpotterConfig, SampleFormat, WakewordRef, WakewordRefBuildFromBuffers};
use std::collections::HashMap;
use std::error::Error;

/// Enrols earnest; also says where in each recording the phrase is.
pub fn enroll_earnest(
    name: &str,
    recordings: &[&[i16]],
    background: &[i16],
) -> Result<(Vec<u8>, Vec<ClipReport>), Box<dyn Error>> {
    let mut enrollment = Enrollment::new();
    let reports = recordings.iter().map(|pcm| enrollment.add_clip(pcm)).collect::<Result<_, _>>()?;
    enrollment.add_background(background)?;
    let report = enrollment.finish(name)?;
    eprintln!(
        "{name}: cost {:.2} between recordings, {:.2} of background; agreement {:.2?}",
        report.cost_same, report.cost_other, report.agreement
    );
    Ok((report.image, reports))
}

pub fn score_earnest(image: &[u8], pcm: &[i16]) -> Result<f32, Box<dyn Error>> {
    let model = TemplateModel::parse(image)?;
    let state = Storage::owned(model.required_state());
    let spotter = TemplateSpotter::new(TemplateConfig::default(), model, state)?;
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16))?;
    let mut best = 0.0f32;
    for chunk in pcm.chunks(160) {
        pipeline.push(chunk, |_| {});
        best = best.max(pipeline.spotter().score());
    }
    Ok(best)
}

/// Enrols rustpotter from the stretch of each recording that earnest found, with 0.1 s around it: it takes a
/// recording whole, and does much worse with the silence left in.
pub fn enroll_rustpotter(
    name: &str,
    recordings: &[&[i16]],
    reports: &[ClipReport],
) -> Result<WakewordRef, Box<dyn Error>> {
    const AROUND: u64 = 1600;
    let mut samples = HashMap::new();
    for (i, (pcm, report)) in recordings.iter().zip(reports).enumerate() {
        let start = report.phrase.start.before(AROUND).0 as usize;
        let end = (report.phrase.end.after(AROUND).0 as usize).min(pcm.len());
        samples.insert(format!("{i}.wav"), wav(&pcm[start..end])?);
    }
    Ok(WakewordRef::new_from_sample_buffers(name.into(), None, None, samples, 16)?)
}

/// Highest score in the clip. Its thresholds are set low so that it tells all scores; the average filter (0.2) stays
/// as it is by default.
pub fn score_rustpotter(wakeword: &WakewordRef, pcm: &[i16]) -> Result<f32, Box<dyn Error>> {
    let mut config = RustpotterConfig::default();
    config.fmt.sample_format = SampleFormat::I16;
    config.detector.threshold = 0.05;
    config.detector.min_scores = 1;
    let mut engine = Rustpotter::new(&config)?;
    engine.add_wakeword_ref("phrase", clone(wakeword)?)?;
    let mut best = 0.0f32;
    for frame in pcm.chunks_exact(engine.get_samples_per_frame()) {
        if let Some(detection) = engine.process_samples(frame.to_vec()) {
            best = best.max(detection.score);
        }
        if let Some(partial) = engine.get_partial_detection() {
            best = best.max(partial.score);
        }
    }
    Ok(best)
}

/// `WakewordRef` is not `Clone`; its file form is.
fn clone(wakeword: &WakewordRef) -> Result<WakewordRef, Box<dyn Error>> {
    use rustpotter::{WakewordLoad, WakewordSave};
    Ok(WakewordRef::load_from_buffer(&wakeword.save_to_buffer()?)?)
}

fn wav(pcm: &[i16]) -> Result<Vec<u8>, Box<dyn Error>> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
    for sample in pcm {
        writer.write_sample(*sample)?;
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}
