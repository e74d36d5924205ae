//! The front ends against other people's implementations. `golden/frontend.py` made the vectors.

use earnest::frontend::{
    Compression, Conditioning, Edges, FrontEnd, FrontEndConfig, MelFrame, MicroFrontEnd, MicroFrontEndConfig,
    PcenConfig, Triangles,
};

/// The samples of `golden/frontend.py`.
fn signal() -> Vec<i16> {
    let (mut state, mut phase) = (1u32, 0u32);
    (0..32000u32)
        .map(|i| {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            let noise = (state >> 16) as i32 - 32768;
            phase = phase.wrapping_add(400000 + (i % 8000) * 230000);
            let triangle = 2 * ((phase >> 16) as i32 - 32768).abs() - 32768;
            let x = match i {
                0..8000 => triangle >> 2,
                8000..12800 => 0,
                12800..22400 => ((i64::from(noise) * i64::from(i - 12800)) >> 16) as i32,
                22400..25600 => 3 * noise,
                _ => (triangle >> 4) + (noise >> 7) + 500,
            };
            x.clamp(-32768, 32767) as i16
        })
        .collect()
}

fn frames(config: FrontEndConfig) -> Vec<Vec<f32>> {
    let mut front_end = FrontEnd::new(config).unwrap();
    let mut rows = Vec::new();
    let pcm = signal();
    // A chunk size that divides nothing.
    for mut chunk in pcm.chunks(237) {
        while let Some(frame) = front_end.process(&mut chunk) {
            rows.push(frame.mel().to_vec());
        }
    }
    while let Some(frame) = front_end.finish() {
        rows.push(frame.mel().to_vec());
    }
    rows
}

fn golden(bytes: &[u8], bins: usize) -> Vec<Vec<f32>> {
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    values.chunks(bins).map(<[f32]>::to_vec).collect()
}

/// Every value within `tolerance`, and as many frames.
fn assert_near(name: &str, got: &[Vec<f32>], want: &[Vec<f32>], tolerance: f32) {
    assert_eq!(got.len(), want.len(), "{name}: frames");
    let mut worst = (0.0, 0, 0);
    for (t, (got, want)) in got.iter().zip(want).enumerate() {
        assert_eq!(got.len(), want.len(), "{name}: bands of frame {t}");
        for (band, (got, want)) in got.iter().zip(want).enumerate() {
            let difference = (got - want).abs();
            assert!(!difference.is_nan());
            if difference > worst.0 {
                worst = (difference, t, band);
            }
        }
    }
    let (difference, t, band) = worst;
    println!("{name}: {difference:e} at most, in frame {t}, band {band}");
    assert!(difference <= tolerance, "{name}: {difference:e} in frame {t}, band {band}");
}

/// Against the definition in double precision: 0.0002 in ln is 0.0009 dB. The worst bands are those that hold 90 dB
/// less than the rest of the spectrum.
#[test]
fn base_is_its_definition() {
    let want = golden(include_bytes!("golden/frontend_base.bin"), 40);
    assert_near("base", &frames(FrontEndConfig::base()), &want, 2e-4);
}

/// Filters along the stream against SciPy's in double precision: 0.005 in ln is 0.02 dB.
#[test]
fn conditioning_along_the_stream_is_two_filters() {
    let conditioning = Conditioning::Stream { dc_cut_hz: 20.0, pre_emphasis: 0.97 };
    let got = frames(FrontEndConfig { conditioning, ..FrontEndConfig::base() });
    let got: Vec<_> = got.into_iter().step_by(4).collect();
    let want = golden(include_bytes!("golden/frontend_conditioned.bin"), 40);
    assert_near("conditioned", &got, &want, 5e-3);
}

/// kaldi-native-fbank computes in single precision, as we do: on this audio it is up to 0.0059 away from the same
/// definition in double precision, we 0.0056. 0.006 in ln is 0.026 dB.
#[test]
fn kaldi_is_kaldi() {
    let want = golden(include_bytes!("golden/frontend_kaldi.bin"), 80);
    assert_near("kaldi", &frames(FrontEndConfig::kaldi()), &want, 6e-3);
}

/// `snip_edges=false`: the edges mirrored. 0.001 in ln is 0.004 dB.
#[test]
fn kaldi_with_mirrored_edges_is_kaldi() {
    let config = FrontEndConfig { mel_bins: 23, edges: Edges::Mirror, ..FrontEndConfig::kaldi() };
    let want = golden(include_bytes!("golden/frontend_kaldi_mirror.bin"), 23);
    assert_near("kaldi mirror", &frames(config), &want, 1e-3);
}

/// librosa in double precision: 0.001 dB.
#[test]
fn librosa_is_librosa() {
    let got: Vec<_> = frames(FrontEndConfig::librosa()).into_iter().step_by(2).collect();
    let want = golden(include_bytes!("golden/frontend_librosa.bin"), 80);
    assert_near("librosa", &got, &want, 1e-3);
}

/// librosa in double precision; values reach 8 and are what is left of a difference with √2: 1e-4 absolute.
#[test]
fn pcen_is_librosas() {
    let config = FrontEndConfig {
        triangles: Triangles::Hertz,
        full_scale: 32768.0,
        compression: Compression::Pcen(PcenConfig::librosa()),
        ..FrontEndConfig::base()
    };
    let want = golden(include_bytes!("golden/frontend_pcen.bin"), 40);
    assert_near("pcen", &frames(config), &want, 1e-4);
}

/// Integers: every one equal.
#[test]
fn micro_is_tensorflow_lite_micro_to_the_bit() {
    let bytes = include_bytes!("golden/frontend_micro.bin");
    let want: Vec<u16> = bytes.as_chunks().0.iter().map(|b| u16::from_le_bytes(*b)).collect();
    let mut front_end = MicroFrontEnd::new(MicroFrontEndConfig::base()).unwrap();
    let mut got = Vec::new();
    for mut chunk in signal().chunks(237) {
        while let Some(mel) = front_end.process(&mut chunk).map(MelFrame::mel).map(<[f32]>::to_vec) {
            for (mel, &value) in mel.iter().zip(front_end.values()) {
                assert_eq!(*mel, f32::from(value) * MicroFrontEnd::STEP);
            }
            got.extend_from_slice(front_end.values());
        }
    }
    assert_eq!(got.len(), want.len());
    let differing = got.iter().zip(&want).filter(|(got, want)| got != want).count();
    assert_eq!(differing, 0, "of {} values", want.len());
}

/// A minute of noise: 240,000 integers, compared by their hash.
#[test]
fn micro_is_tensorflow_lite_micro_for_a_minute() {
    let mut state = 1u32;
    let noise: Vec<i16> = (0..960_000)
        .map(|i| {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (((state >> 16) as i32 - 32768) >> (i / 4000 % 12)) as i16
        })
        .collect();
    let mut front_end = MicroFrontEnd::new(MicroFrontEndConfig::base()).unwrap();
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut input = &noise[..];
    while front_end.process(&mut input).is_some() {
        for byte in front_end.values().iter().flat_map(|value| value.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    assert_eq!(format!("{hash:#018x}"), include_str!("golden/frontend_micro_minute.txt").trim());
}
