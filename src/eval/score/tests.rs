//! The rules at their edges, by hand.

use super::*;
use std::string::ToString;

const S: u64 = 16_000;
const THRESHOLDS: [f32; 2] = [0.3, 0.6];

fn file(name: &str, trials: Option<Vec<(u64, u64)>>) -> PlannedFile {
    PlannedFile { file: name.to_string(), manifest: 0, group: 0, stretch: None, trials, seconds: None }
}

fn mark(at: u64, score: f32) -> Heard {
    Heard::Mark(Mark { at, start: at, end: at, score })
}

/// A file of three seconds in which the phrase may be anywhere, and what follows it; marks are at samples of the unit.
fn positive(marks: &[(u64, f32)], speech_end: Option<u64>) -> Vec<FileResult> {
    let mut scorer = Scorer::new(Rules::default(), &THRESHOLDS);
    scorer.begin(&file("p", Some(Vec::new())), 0);
    let within = |at: &u64| *at < 3 * S;
    marks.iter().filter(|(at, _)| within(at)).for_each(|&(at, score)| scorer.heard(mark(at, score)));
    scorer.end(FileEnd { samples: 3 * S, speech_end, ..FileEnd::default() });
    scorer.begin(&file("n", None), 3 * S);
    marks.iter().filter(|(at, _)| !within(at)).for_each(|&(at, score)| scorer.heard(mark(at, score)));
    scorer.end(FileEnd { samples: 3 * S, ..FileEnd::default() });
    scorer.finish()
}

fn negative(marks: &[(u64, f32)]) -> FileResult {
    let mut scorer = Scorer::new(Rules::default(), &THRESHOLDS);
    scorer.begin(&file("n", None), 0);
    marks.iter().for_each(|&(at, score)| scorer.heard(mark(at, score)));
    scorer.end(FileEnd { samples: 9 * S, ..FileEnd::default() });
    scorer.finish().remove(0)
}

#[test]
fn the_last_sample_of_the_window_counts_and_the_next_does_not() {
    let in_time = positive(&[(4 * S, 0.5)], None);
    assert_eq!(
        (in_time[0].trials[0].first.as_slice(), in_time[1].false_accepts.at(0)),
        (&[(1, 4 * S)][..], 0)
    );
    let late = positive(&[(4 * S + 1, 0.5)], None);
    assert_eq!((late[0].trials[0].first.len(), late[1].false_accepts.at(0)), (0, 1));
}

#[test]
fn a_mark_in_the_window_belongs_to_the_trials_file() {
    let files = positive(&[(3 * S + 100, 0.5)], None);
    assert_eq!((files[0].peak, files[1].peak), (Some(0.5), None));
    assert_eq!(files[0].trials[0].peak, Some(0.5));
}

#[test]
fn the_first_crossing_of_each_threshold_is_kept() {
    let marks = [(S, 0.4), (S + 800, 0.7), (S + 1600, 0.9)];
    assert_eq!(positive(&marks, None)[0].trials[0].first, [(1, S), (2, S + 800)]);
}

#[test]
fn a_score_that_equals_the_threshold_reaches_it() {
    let file = negative(&[(S, 0.6)]);
    assert_eq!((file.false_accepts.at(0), file.false_accepts.at(1)), (1, 1));
}

#[test]
fn the_refractory_ends_with_its_last_sample() {
    let counted = |apart| negative(&[(S, 0.5), (S + apart, 0.5)]).false_accepts.at(0);
    assert_eq!([2 * S - 1, 2 * S].map(counted), [1, 2]);
}

#[test]
fn the_phrase_does_not_end_after_its_file() {
    let trial = |speech_end| positive(&[], speech_end)[0].trials[0].clone();
    assert_eq!((trial(Some(2 * S)).spoken, trial(Some(2 * S)).spoken_from), (2 * S, Spoken::Vad));
    // The VAD hears on through the silence that follows.
    assert_eq!((trial(Some(5 * S)).spoken, trial(None).spoken_from), (3 * S, Spoken::File));
}

#[test]
fn what_is_listed_is_the_highest_of_a_cluster_from_the_floor_on() {
    let file = negative(&[(S, 0.05), (3 * S, 0.2), (3 * S + 800, 0.5), (3 * S + 1600, 0.4), (6 * S, 0.3)]);
    let events: Vec<(i64, f32)> = file.events.iter().map(|event| (event.at, event.score)).collect();
    assert_eq!(events, [(3 * S as i64 + 800, 0.5), (6 * S as i64, 0.3)]);
}

#[test]
fn only_the_worst_keep_their_trace() {
    let rules = Rules { worst: 1, ..Rules::default() };
    let mut scorer = Scorer::new(rules, &THRESHOLDS);
    scorer.begin(&file("n", None), 0);
    for (at, score) in [(S, 0.4), (4 * S, 0.8), (8 * S, 0.5)] {
        scorer.heard(mark(at, score));
        scorer.heard(Heard::Running { at, score });
    }
    scorer.end(FileEnd { samples: 9 * S, ..FileEnd::default() });
    let traces: Vec<bool> = scorer.finish()[0].events.iter().map(|event| event.trace.is_some()).collect();
    assert_eq!(traces, [false, true, false]);
}
