//! Properties that every voice activity detector of the library keeps.

use earnest::ConfigError;
use earnest::frontend::{FrontEnd, FrontEndConfig};
#[cfg(feature = "earshot")]
use earnest::vad::{EarshotVad, EarshotVadConfig};
use earnest::vad::{
    EnergyVad, EnergyVadConfig, MelVad, MelVadConfig, SpeechEdge, VadFrame, VoiceActivityDetector,
};
use proptest::prelude::*;

fn detectors() -> Vec<Box<dyn VoiceActivityDetector>> {
    vec![
        Box::new(MelVad::new(MelVadConfig::default(), &FrontEndConfig::base()).unwrap()),
        Box::new(EnergyVad::new(EnergyVadConfig::default()).unwrap()),
        #[cfg(feature = "earshot")]
        Box::new(EarshotVad::new(EarshotVadConfig::default()).unwrap()),
    ]
}

/// All frames of `pcm`, given in chunks of the sizes in `chunks` and then the rest.
fn run(vad: &mut dyn VoiceActivityDetector, pcm: &[i16], chunks: &[usize]) -> Vec<VadFrame> {
    let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
    let mut frames = Vec::new();
    let mut rest = pcm;
    for n in chunks.iter().copied().chain([pcm.len()]) {
        let (mut chunk, after) = rest.split_at(n.min(rest.len()));
        rest = after;
        while !chunk.is_empty() {
            let before = chunk;
            let frame = front_end.process(&mut chunk);
            vad.hear(&before[..before.len() - chunk.len()]);
            if let Some(frame) = frame {
                frames.push(vad.process(frame));
            }
        }
    }
    frames
}

fn noise(seed: u64, len: usize, amplitude: f64) -> impl Iterator<Item = i16> {
    let mut state = seed | 1;
    (0..len).map(move |_| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (((state >> 32) as f64 / f64::from(1u32 << 31) - 1.0) * amplitude) as i16
    })
}

/// Something with the make of speech: harmonics of about 120 Hz under a moving formant, in syllables of 200 ms.
fn voice(len: usize, amplitude: f64) -> impl Iterator<Item = i16> {
    (0..len).map(move |i| {
        let tau = std::f64::consts::TAU;
        let t = i as f64 / 16000.0;
        let pitch = tau * 120.0 * t + 4.0 * (2.0 * tau * t).sin();
        let syllable = (tau * 2.5 * t).sin();
        let formant = 500.0 + 400.0 * syllable;
        let wave: f64 = (1..30)
            .map(|k| {
                let hz = 120.0 * f64::from(k);
                let first = 1.0 / (1.0 + ((hz - formant) / 150.0).powi(2));
                let second = 0.2 / (1.0 + ((hz - 2200.0) / 300.0).powi(2));
                (first + second) * (pitch * f64::from(k)).sin()
            })
            .sum();
        (amplitude * syllable.powi(2) * wave) as i16
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn chunking_and_reset_change_nothing(
        seed in any::<u64>(),
        loudness in prop::collection::vec(0.0..20000.0f64, 1..8),
        sizes in prop::collection::vec(0usize..900, 0..20),
    ) {
        let pcm: Vec<i16> = loudness
            .iter()
            .enumerate()
            .flat_map(|(i, &amplitude)| noise(seed ^ i as u64, 2500, amplitude))
            .collect();
        for mut vad in detectors() {
            let whole = run(&mut *vad, &pcm, &[]);
            vad.reset();
            prop_assert_eq!(&whole, &run(&mut *vad, &pcm, &sizes));
        }
    }

    /// The loudest and the quietest that 16 bits hold, in any order.
    #[test]
    fn no_input_breaks_the_numbers(pcm in prop::collection::vec(
        prop_oneof![Just(0i16), Just(i16::MIN), Just(i16::MAX), any::<i16>()], 400..6000,
    )) {
        for mut vad in detectors() {
            for frame in run(&mut *vad, &pcm, &[]) {
                prop_assert!((0.0..=1.0).contains(&frame.probability), "{:?}", frame);
                prop_assert!(frame.level_db < 3.0 && frame.snr_db().is_finite(), "{:?}", frame);
            }
        }
    }
}

#[test]
fn a_voice_is_speech_and_noise_is_not() {
    let five_s = 5 * 16000;
    for amplitude in [0.0, 30.0, 300.0] {
        let with_voice = noise(8, five_s, amplitude).zip(voice(five_s, 2000.0)).map(|(n, v)| n + v);
        let pcm: Vec<i16> =
            noise(7, five_s, amplitude).chain(with_voice).chain(noise(9, five_s, amplitude)).collect();
        let mut vad = MelVad::new(MelVadConfig::default(), &FrontEndConfig::base()).unwrap();
        let frames = run(&mut vad, &pcm, &[]);

        let edges: Vec<_> = frames.iter().filter_map(|frame| frame.edge).collect();
        let [SpeechEdge::Onset(onset), SpeechEdge::End(end)] = edges[..] else {
            panic!("{amplitude}: {edges:?}")
        };
        let (onset, end) = (onset.seconds(), end.seconds());
        assert!((4.9..5.3).contains(&onset) && (9.6..10.3).contains(&end), "{amplitude}: {onset} {end}");

        // At 12 s the last ten hold all of it.
        let frame = &frames[1200];
        assert!((f64::from(frame.talk_samples) / 16000.0 - (end - onset)).abs() < 1e-6, "{frame:?}");
        assert!((frame.quiet_samples as f64 / 16000.0 - (12.0 - end)).abs() < 1e-6, "{frame:?}");
        // And the background is where it was put: uniform noise, a²/3; nothing is quieter than −100 dB.
        let last = frames[frames.len() - 1].noise_db;
        let expected = (20.0 * (amplitude / 32768.0 / 3f64.sqrt()).log10()).max(-100.0);
        assert!((f64::from(last) - expected).abs() < 1.5, "{amplitude}: {last} {expected}");
    }
}

#[test]
fn refuses_another_front_end() {
    let wider = FrontEndConfig { mel_bins: 80, ..FrontEndConfig::base() };
    assert_eq!(
        MelVad::new(MelVadConfig::default(), &wider).unwrap_err(),
        ConfigError::Mismatch { what: "mel_bins of the VAD", expected: 40, actual: 80 }
    );
    let lower = FrontEndConfig { low_hz: 20.0, ..FrontEndConfig::base() };
    assert!(MelVad::new(MelVadConfig::default(), &lower).is_err());
}
