//! Real recordings by many people, where they are at hand: `../shared/data` beside the repository, `dev` split only.

mod common;

use common::{files, ogg};
use earnest::Storage;
use earnest::event::Event;
use earnest::pipeline::{Pipeline, PipelineConfig};
use earnest::spotter::template::{Enrollment, TemplateConfig, TemplateModel, TemplateSpotter};
use std::path::{Path, PathBuf};

fn wakes(model: &[u8], pcm: &[i16]) -> usize {
    let model = TemplateModel::parse(model).unwrap();
    let state = Storage::owned(model.required_state());
    let spotter = TemplateSpotter::new(TemplateConfig::default(), model, state).unwrap();
    let mut pipeline = Pipeline::new(PipelineConfig::default(), spotter, Storage::owned(16)).unwrap();
    let mut wakes = 0;
    pipeline.push(pcm, |event| wakes += usize::from(matches!(event, Event::Wake(_))));
    wakes
}

/// Five people enrol "alexa" (the recordings of the README's figures); others say it, and others say other things. The
/// bounds are looser than what was measured, so that they fail for a fault and not for a rounding.
#[test]
fn alexa_said_by_others_wakes_and_other_speech_does_not() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.exists() {
        println!("skipped: {} is not there", data.display());
        return;
    }
    let alexa = files(&data, "wake/alexa", "dev");
    let mut enrollment = Enrollment::new();
    let bare = |path: &PathBuf| {
        let pcm = ogg(path);
        pcm[16_000..pcm.len() - 16_000].to_vec()
    };
    for name in ["69", "55", "282", "295", "120"] {
        enrollment.add_clip(&bare(&data.join(format!("wake/alexa/{name}.ogg")))).unwrap();
    }
    for path in files(&data, "speech/librispeech_train", "train").iter().step_by(25) {
        enrollment.add_background(&bare(path)).unwrap();
    }
    let model = enrollment.finish("alexa").unwrap().image;
    let count = |paths: &mut dyn Iterator<Item = &PathBuf>| {
        paths.fold((0, 0), |(hit, all), path| (hit + usize::from(wakes(&model, &ogg(path)) > 0), all + 1))
    };
    let (detected, spoken) = count(&mut alexa.iter().step_by(2));
    let others = files(&data, "wake/computer", "dev");
    let negative = files(&data, "negative/false_activations", "dev");
    let (accepted, other) = count(&mut others.iter().step_by(4).chain(negative.iter().step_by(5)));
    println!("detected {detected} of {spoken}, accepted {accepted} of {other}");
    assert!(detected * 100 >= spoken * 80, "{detected} of {spoken}");
    assert!(accepted * 100 <= other * 5, "{accepted} of {other}");
}
