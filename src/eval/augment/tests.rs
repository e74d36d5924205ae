//! Levels, draws and the order of things.

use super::*;
use std::vec;

fn augmenter(description: Augmentation, noises: Vec<Arc<[i16]>>, rooms: Vec<Arc<Room>>) -> Augmenter {
    Augmenter { description, rooms, noises, codec: None }
}

fn one_clip() -> Option<ClipSet> {
    Some(ClipSet { path: "x".into(), files: 1, digest: "x".into() })
}

/// A tone that is loud in the middle and faint elsewhere.
fn speech() -> Vec<f32> {
    let level = |n: usize| if (4096..8192).contains(&n) { 0.4 } else { 0.01 };
    (0..16_384).map(|n| level(n) * libm::sinf(n as f32 * 0.3)).collect()
}

/// Mean square of the loudest of its windows of 512, by definition.
fn loudest(sound: &[f32]) -> f64 {
    let power = |w: &[f32]| w.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / 512.0;
    sound.chunks_exact(512).map(power).fold(0.0, f64::max)
}

fn play(mut file: Augmented, sound: &[f32]) -> Vec<f32> {
    if file.measures() {
        let mut heard = sound.to_vec();
        heard.chunks_mut(4096).for_each(|block| file.measure(block));
        file.measured();
    }
    let mut out = sound.to_vec();
    out.chunks_mut(4096).for_each(|block| file.process(block));
    out
}

#[test]
fn noise_is_so_many_db_below_the_loudest_32_ms() {
    let noise: Arc<[i16]> = (0..40_000i32).map(|n| (n * 7919 % 6007 - 3003) as i16).collect();
    let description =
        Augmentation { seed: 1, noise: one_clip(), snr_db: Some(10.0), ..Augmentation::default() };
    let sound = speech();
    let out = play(augmenter(description, vec![noise], vec![]).file("m", "f", 0).unwrap(), &sound);
    let added: Vec<f32> = out.iter().zip(&sound).map(|(out, sound)| out - sound).collect();
    let snr = 10.0 * (loudest(&sound) / loudest(&added)).log10();
    assert!((snr - 10.0).abs() < 0.01, "{snr} dB");
}

#[test]
fn a_sum_that_would_clip_is_turned_down() {
    let noise: Arc<[i16]> = (0..40_000i32).map(|n| if n % 2 == 0 { 30_000 } else { -30_000 }).collect();
    let description =
        Augmentation { seed: 1, noise: one_clip(), snr_db: Some(-20.0), ..Augmentation::default() };
    let out = play(augmenter(description, vec![noise], vec![]).file("m", "f", 0).unwrap(), &speech());
    let peak = out.iter().fold(0.0f32, |peak, x| peak.max(x.abs()));
    assert!((0.8..=1.0).contains(&peak), "{peak}");
}

#[test]
fn noise_that_is_too_short_begins_again_where_it_began() {
    let mut bed = noise::Bed::new([1i16, 2, 3, 4, 5].into(), 3, |starts| {
        assert_eq!(starts, 2);
        1
    });
    let mut speech = Loudest::default();
    speech.hear(vec![0.5; 512]);
    bed.level(&speech, 3, 0.0);
    let mut block = [0.0; 6];
    bed.add(&mut block);
    let ratios = block.map(|x| (x / block[0] * 2.0).round());
    assert_eq!(ratios, [2.0, 3.0, 4.0, 5.0, 2.0, 3.0]);
}

#[test]
fn six_db_double_the_amplitude() {
    let gain_db = Some((6.0206, 6.0206));
    let description = Augmentation { seed: 1, gain_db, ..Augmentation::default() };
    let out = play(augmenter(description, vec![], vec![]).file("m", "f", 0).unwrap(), &[0.1, -0.2]);
    assert!((out[0] - 0.2).abs() < 1e-4 && (out[1] + 0.4).abs() < 1e-4, "{out:?}");
}

#[test]
fn every_repetition_is_drawn_anew() {
    let gain_db = Some((-20.0, 0.0));
    let augmenter = augmenter(Augmentation { seed: 1, gain_db, ..Augmentation::default() }, vec![], vec![]);
    let gain = |file: &str, repetition| augmenter.file("m", file, repetition).unwrap().gain;
    assert_eq!(gain("f", 3), gain("f", 3));
    assert!(gain("f", 0) != gain("f", 1) && gain("f", 0) != gain("g", 0));
}

/// Measuring plays the sound through the room once; nothing of that may be heard the second time.
#[test]
fn the_room_is_quiet_before_the_sound() {
    let (silent, room): (Arc<[i16]>, _) =
        (vec![0i16; 40_000].into(), Arc::new(Room::new(&[20_000, 0, 9_000, 5_000])));
    let room_alone = Augmentation { seed: 1, room: one_clip(), ..Augmentation::default() };
    let both = Augmentation { noise: one_clip(), snr_db: Some(0.0), ..room_alone.clone() };
    let mut sound = speech();
    // It ends loud, so that the room has something to keep.
    sound.iter_mut().rev().take(100).for_each(|x| *x = 0.3);
    let alone = play(augmenter(room_alone, vec![], vec![room.clone()]).file("m", "f", 0).unwrap(), &sound);
    let measured = play(augmenter(both, vec![silent], vec![room]).file("m", "f", 0).unwrap(), &sound);
    assert_eq!(alone, measured);
}

/// µ-law's noise lies some 37 dB below a tone, and the tone keeps its level.
#[test]
fn a_telephone_keeps_the_level() {
    let mut line = Carried::new(Codec::MuLaw);
    let tone = |n: usize| 0.3 * libm::sinf(n as f32 * 0.39);
    let out: Vec<f32> = (0..8000).map(|n| line.process(tone(n))).collect();
    let power = |x: &mut dyn Iterator<Item = f32>| x.map(|x| f64::from(x * x)).sum::<f64>();
    let db = 10.0 * (power(&mut out[800..].iter().copied()) / power(&mut (800..8000).map(tone))).log10();
    assert!(db.abs() < 0.1, "{db} dB");
}
