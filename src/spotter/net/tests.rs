//! The rule that makes events of log-odds, on a network whose log-odds are one mel band.

use super::*;
use crate::audio::SampleIndex;
use crate::frontend::{FrontEnd, FrontEndConfig};
use crate::nn::{Conv, Graph, Op};
use crate::spotter::{Detection, Evidence, KeywordSpotter};
use crate::storage::Storage;
use crate::vad::VadFrame;
use proptest::prelude::*;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

const BAND: usize = 14;

/// Log-odds every fourth frame: what the band at 1158 Hz holds, less `offset`.
fn graph(offset: f32) -> Graph {
    let mut graph = Graph::new(40);
    let mut weights = vec![0.0; 40];
    weights[BAND] = 1.0;
    let mut conv = Conv::causal(weights, vec![-offset], 1);
    conv.stride = 4;
    graph.push(Op::Conv(conv), &[0]).unwrap();
    for (key, value) in [
        ("engine", "wake-net"),
        ("preset", "base"),
        ("phrase", "beep"),
        ("threshold", "0.8"),
        ("duration_ms", "200"),
        ("delay_ms", "50"),
        ("curve", "2.5 0.5:7 0.8:0"),
    ] {
        graph.set_metadata(key, value);
    }
    graph
}

fn spotter(config: NetConfig) -> NetSpotter<'static> {
    let model = NetModel::parse(graph(3.0).to_image().unwrap()).unwrap();
    let memory = Storage::owned(NetSpotter::required_words(&model));
    NetSpotter::new(config, model, memory).unwrap()
}

/// 10 ms of a tone per number: its level in nats over or under what log-odds of 0 need.
fn tone(levels: &[f32]) -> Vec<i16> {
    let mut pcm = Vec::new();
    for (n, level) in levels.iter().enumerate() {
        let amplitude = libm::expf(0.5 * level) * 1160.0;
        for i in 0..160 {
            let phase = (n * 160 + i) as f32 * (2.0 * core::f32::consts::PI * 1158.0 / 16_000.0);
            pcm.push((amplitude * libm::sinf(phase)) as i16);
        }
    }
    pcm
}

fn vad(speech: bool) -> VadFrame {
    VadFrame {
        speech,
        probability: 1.0,
        level_db: -20.0,
        noise_db: -60.0,
        edge: None,
        quiet_samples: 0,
        talk_samples: 0,
    }
}

struct Heard {
    detections: Vec<Detection>,
    scores: Vec<f32>,
}

fn listen(spotter: &mut NetSpotter<'_>, pcm: &[i16], chunk: usize, speech: impl Fn(u64) -> bool) -> Heard {
    let mut front_end = FrontEnd::new(FrontEndConfig::base()).unwrap();
    let mut heard = Heard { detections: vec![], scores: vec![] };
    for mut chunk in pcm.chunks(chunk) {
        while let Some(frame) = front_end.process(&mut chunk) {
            heard.detections.extend(spotter.process(frame, &vad(speech(frame.index))));
            heard.scores.push(spotter.score());
        }
    }
    heard
}

fn accepted(heard: &Heard) -> Vec<Detection> {
    heard.detections.iter().copied().filter(Detection::accepted).collect()
}

/// Quiet, then `loud` frames at `level`, then quiet.
fn burst(before: usize, level: f32, loud: usize) -> Vec<f32> {
    [vec![-8.0; before], vec![level; loud], vec![-8.0; 100]].concat()
}

#[test]
fn a_phrase_is_one_event_where_it_was_said() {
    let heard = listen(&mut spotter(NetConfig::default()), &tone(&burst(150, 4.0, 30)), 160, |_| true);
    let [detection] = heard.detections[..] else { panic!("{:?}", heard.detections) };
    assert!(detection.accepted() && detection.threshold == 0.8);
    // Loud from 1.5 s on: crossed by the second step, told no more than 80 ms later.
    let crossed = 24_000.0;
    let decided = detection.decided.0 as f64 - crossed;
    assert!((0.0..16_000.0 * 0.2).contains(&decided), "{decided}");
    assert_eq!(detection.span.len(), 3_200);
    assert!(detection.span.end < detection.decided);
    let Evidence::Net(why) = detection.why else { panic!("{:?}", detection.why) };
    assert!((detection.score - 1.0 / (1.0 + libm::expf(-why.log_odds))).abs() < 1e-6);
    assert!(why.highest >= detection.score && why.held_ms >= 40, "{why:?}");
    assert!(format!("{why}").contains(&format!("{:.1}", why.log_odds)));
}

#[test]
fn a_score_that_stays_high_is_one_event_and_one_that_falls_and_rises_is_two() {
    let config = NetConfig { refractory_ms: 500, ..NetConfig::default() };
    let long = listen(&mut spotter(config), &tone(&burst(100, 4.0, 400)), 160, |_| true);
    assert_eq!(long.detections.len(), 1);
    let twice = [burst(100, 4.0, 20), burst(0, 4.0, 20)].concat();
    assert_eq!(accepted(&listen(&mut spotter(config), &tone(&twice), 160, |_| true)).len(), 2);
    // Within the refractory time it is one again.
    let config = NetConfig { refractory_ms: 3000, ..config };
    assert_eq!(accepted(&listen(&mut spotter(config), &tone(&twice), 160, |_| true)).len(), 1);
}

#[test]
fn near_misses_are_told_as_such() {
    let heard = listen(&mut spotter(NetConfig::default()), &tone(&burst(100, 1.0, 30)), 160, |_| true);
    let [near] = heard.detections[..] else { panic!("{:?}", heard.detections) };
    assert!(!near.accepted() && near.score >= 0.6 && near.score < 0.8, "{near:?}");
    let config = NetConfig { near_miss: 0.0, ..NetConfig::default() };
    assert!(listen(&mut spotter(config), &tone(&burst(100, 1.0, 30)), 160, |_| true).detections.is_empty());
}

#[test]
fn nothing_counts_at_the_start_or_while_nobody_speaks() {
    let early = listen(&mut spotter(NetConfig::default()), &tone(&burst(0, 4.0, 45)), 160, |_| true);
    assert!(early.detections.is_empty() && early.scores.iter().take(50).all(|&score| score == 0.0));
    let pcm = tone(&burst(150, 4.0, 30));
    let silent = listen(&mut spotter(NetConfig::default()), &pcm, 160, |_| false);
    assert!(silent.detections.is_empty() && silent.scores.iter().all(|&score| score == 0.0));
    // Speech that ended 0.3 s before still carries it, 0.5 s before does not.
    assert_eq!(
        listen(&mut spotter(NetConfig::default()), &pcm, 160, |index| index < 125).detections.len(),
        1
    );
    assert_eq!(
        listen(&mut spotter(NetConfig::default()), &pcm, 160, |index| index < 100).detections.len(),
        0
    );
}

#[test]
fn images_that_are_no_wake_nets_say_why() {
    let error = |key: &str, value: Option<&str>| {
        let mut graph = graph(3.0);
        graph.set_metadata(key, value.unwrap_or_default());
        NetModel::parse(graph.to_image().unwrap()).unwrap_err()
    };
    for (key, value) in [
        ("engine", "other"),
        ("preset", "kaldi"),
        ("phrase", " "),
        ("threshold", "1.5"),
        ("threshold", "NaN"),
        ("duration_ms", "-1"),
        ("delay_ms", "much"),
        ("curve", "0 1:1"),
    ] {
        let NetModelError::Metadata { key: named } = error(key, Some(value)) else { panic!("{key}") };
        assert_eq!(named, key);
        assert!(format!("{}", error(key, Some(value))).contains(key));
    }
    let mut two = Graph::new(40);
    two.push(Op::Conv(Conv::causal(vec![0.0; 80], vec![0.0; 2], 1)), &[0]).unwrap();
    for (key, value) in [("engine", "wake-net"), ("preset", "base"), ("phrase", "x")] {
        two.set_metadata(key, value);
    }
    let error = NetModel::parse(two.to_image().unwrap()).unwrap_err();
    assert_eq!(error, NetModelError::Shape { what: "outputs of a step", expected: 1, actual: 2 });
    assert!(matches!(NetModel::parse(vec![0u8; 8]).unwrap_err(), NetModelError::Image(_)));
}

#[test]
fn the_curve_comes_with_the_model() {
    let image = graph(3.0).to_image().unwrap();
    let model = NetModel::parse(&image[..]).unwrap();
    assert!(NetModel::is_wake_net(model.network()));
    assert_eq!((model.phrase(), model.threshold()), ("beep", 0.8));
    let curve = model.curve().unwrap();
    assert_eq!(curve.at(0.6).unwrap().count, 7);
    assert_eq!((curve.at(0.6).unwrap().per_hour(), curve.at(0.9).unwrap().per_hour()), (2.8, 0.0));
}

#[test]
fn numbers_out_of_range_and_too_little_memory_are_refused() {
    let model = || NetModel::parse(graph(3.0).to_image().unwrap()).unwrap();
    let words = NetSpotter::required_words(&model());
    for config in [
        NetConfig { threshold: Some(1.1), ..NetConfig::default() },
        NetConfig { near_miss: -0.1, ..NetConfig::default() },
        NetConfig { refractory_ms: 10_001, ..NetConfig::default() },
    ] {
        assert!(NetSpotter::new(config, model(), Storage::owned(words)).is_err());
    }
    assert!(NetSpotter::new(NetConfig::default(), model(), Storage::owned(words - 1)).is_err());
}

fn levels() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((-8.0f32..5.0, 1usize..40), 1..24)
        .prop_map(|runs| runs.into_iter().flat_map(|(level, frames)| vec![level; frames]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Chunks don't matter, a reset leaves nothing behind, and events keep their distance and stand where the score
    /// stood, whatever is heard.
    #[test]
    fn events_are_in_order_and_apart(levels in levels(), chunk in 1usize..900, refractory_ms in 0u32..2000) {
        let pcm = tone(&levels);
        let config = NetConfig { refractory_ms, ..NetConfig::default() };
        let mut spotter = spotter(config);
        let heard = listen(&mut spotter, &pcm, chunk, |_| true);
        spotter.reset();
        prop_assert_eq!(spotter.score(), 0.0);
        let again = listen(&mut spotter, &pcm, pcm.len(), |_| true);
        prop_assert_eq!(&heard.detections, &again.detections);
        prop_assert_eq!(&heard.scores, &again.scores);
        let mut last: Option<SampleIndex> = None;
        for detection in accepted(&heard) {
            prop_assert!(detection.score >= 0.8 && detection.score <= 1.0);
            prop_assert!(detection.span.end <= detection.decided);
            if let Some(last) = last {
                prop_assert!(detection.decided.since(last) >= u64::from(refractory_ms) * 16);
            }
            last = Some(detection.decided);
        }
        for near in heard.detections.iter().filter(|d| !d.accepted()) {
            prop_assert!(near.score < 0.8 && near.score >= 0.6 - 1e-6);
        }
        // Who crosses the threshold is heard: if any score reached it, there is an accepted event.
        let reached = heard.scores.iter().rev().skip(12).any(|&score| score >= 0.8);
        prop_assert!(!reached || !accepted(&heard).is_empty());
    }
}

/// The text of an error has its numbers.
#[test]
fn errors_read_well() {
    let error: String = format!("{}", NetModelError::Shape { what: "mel bands", expected: 40, actual: 13 });
    assert_eq!(error, "mel bands: 13, expected 40");
}
