//! Enrolment: what it takes, what it refuses, and with which numbers.

mod common;

use common::{events, flac, pipeline};
use earnest::Storage;
use earnest::event::Event;
use earnest::spotter::template::{
    EnrollError, Enrollment, ImageError, TemplateConfig, TemplateModel, TemplateSpotter,
};
use earnest::{ConfigError, pipeline::Pipeline};

fn clip(n: usize) -> Vec<i16> {
    flac(&format!("enroll/{n}.flac"))
}

fn noise(samples: usize, amplitude: i32) -> Vec<i16> {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        ((state >> 16) as i32 % (2 * amplitude + 1) - amplitude) as i16
    };
    (0..samples).map(|_| next()).collect()
}

#[test]
fn finds_the_phrase_in_each_recording() {
    let mut enrollment = Enrollment::new();
    for n in 1..=5 {
        let pcm = clip(n);
        let report = enrollment.add_clip(&pcm).unwrap();
        assert!((0.4..1.2).contains(&report.phrase.seconds()), "{n}: {}", report.phrase);
        assert!(report.phrase.end.0 <= pcm.len() as u64);
        assert!(report.snr_db > 20.0 && report.clipped == 0, "{n}: {report:?}");
    }
    enrollment.add_background(&flac("background.flac")).unwrap();
    let report = enrollment.finish("hey earnest").unwrap();
    assert_eq!(report.agreement.len(), 5);
    assert!(report.agreement.iter().all(|a| *a > 0.5), "{:?}", report.agreement);
    assert!(report.cost_same < report.cost_other);
    assert_eq!(TemplateModel::parse(report.image).unwrap().phrase(), "hey earnest");
}

#[test]
fn refuses_with_numbers() {
    let mut enrollment = Enrollment::new();
    assert!(matches!(enrollment.add_clip(&[]), Err(EnrollError::NoSpeech { .. })));
    assert!(
        matches!(enrollment.add_clip(&[0; 16_000]), Err(EnrollError::NoSpeech { actual_db, .. }) if actual_db == 0.0)
    );
    assert!(matches!(enrollment.add_clip(&noise(16_000, 500)), Err(EnrollError::NoSpeech { .. })));
    let mut click = noise(16_000, 5);
    click[8_000..8_300].fill(20_000);
    assert!(matches!(
        enrollment.add_clip(&click),
        Err(EnrollError::Length { min: 3_200, max: 25_600, actual }) if actual < 3_200
    ));
    let mut long = noise(80_000, 5);
    for (i, sample) in long[8_000..72_000].iter_mut().enumerate() {
        *sample = if i / 20 % 2 == 0 { 9_000 } else { -9_000 };
    }
    assert!(matches!(enrollment.add_clip(&long), Err(EnrollError::Length { actual, .. }) if actual > 25_600));

    enrollment.add_clip(&clip(1)).unwrap();
    enrollment.add_clip(&clip(2)).unwrap();
    assert_eq!(enrollment.finish("two").unwrap_err(), EnrollError::Recordings { min: 3, max: 8, actual: 2 });

    let three = || {
        let mut enrollment = Enrollment::new();
        for n in 1..=3 {
            enrollment.add_clip(&clip(n)).unwrap();
        }
        enrollment
    };
    assert_eq!(
        three().finish("no background").unwrap_err(),
        EnrollError::Background { expected: 160_000, actual: 0 }
    );
    for name in [String::new(), "n".repeat(65)] {
        let mut enrollment = three();
        enrollment.add_background(&flac("background.flac")).unwrap();
        let expected = EnrollError::Name { max: 64, actual: name.len() };
        assert_eq!(enrollment.finish(&name).unwrap_err(), expected);
    }

    let mut full = three();
    for n in 1..=5 {
        full.add_clip(&clip(n)).unwrap();
    }
    assert_eq!(full.add_clip(&clip(1)).unwrap_err(), EnrollError::Recordings { min: 3, max: 8, actual: 9 });
}

#[test]
fn the_spotter_says_what_it_lacks() {
    let model = || TemplateModel::parse(common::model()).unwrap();
    let expected = model().required_state();
    let with = |config, state| TemplateSpotter::new(config, model(), Storage::owned(state)).map(drop);
    assert_eq!(
        with(TemplateConfig::default(), expected - 1),
        Err(ConfigError::BufferTooSmall { buffer: "template spotter state", expected, actual: expected - 1 })
    );
    for threshold in [-0.1, 1.5, f32::NAN] {
        let config = TemplateConfig { threshold: Some(threshold), ..TemplateConfig::default() };
        assert!(matches!(with(config, expected), Err(ConfigError::OutOfRange { field: "threshold", .. })));
    }
    assert_eq!(TemplateModel::parse(&b"RIFF"[..]).unwrap_err(), ImageError::NotATemplateModel);
}

#[test]
fn firmware_lends_all_the_memory() {
    let model = TemplateModel::parse(common::model()).unwrap();
    let mut state = vec![0.0; model.required_state()];
    let mut ring = [0i16; 8_000];
    let config = TemplateConfig { threshold: Some(0.42), ..TemplateConfig::default() };
    let spotter = TemplateSpotter::new(config, model, Storage::Lent(&mut state)).unwrap();
    let mut lent = Pipeline::new(Default::default(), spotter, Storage::Lent(&mut ring)).unwrap();
    let kitchen = flac("kitchen.flac");
    assert_eq!(events(&mut lent, &kitchen, 160), events(&mut pipeline(), &kitchen, 160));
    drop(lent);
    assert!(ring.iter().all(|sample| *sample == 0), "the pre-roll is wiped when the chain is dropped");
}

#[test]
fn said_twice_it_is_heard_twice_and_once_only_once() {
    let mut pcm = noise(32_000, 20);
    for _ in 0..2 {
        pcm.extend(clip(3));
        pcm.extend(noise(24_000, 20));
    }
    let woken: Vec<_> = events(&mut pipeline(), &pcm, 160)
        .into_iter()
        .filter_map(|event| if let Event::Wake(detection) = event { Some(detection.span) } else { None })
        .collect();
    assert_eq!(woken.len(), 2, "{woken:?}");
    assert!(woken[0].end <= woken[1].start);
}
