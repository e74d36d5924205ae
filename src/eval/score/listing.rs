//! The false accepts one by one, for listening to.

use crate::eval::result::{FalseAccept, Rules, Trace};
use crate::eval::subject::{Mark, TRACE_EVERY};
use std::collections::VecDeque;
use std::prelude::rust_2024::*;

/// Running scores that are remembered: about 5 s.
const REMEMBERED: usize = 64;
/// How much of the trace before an event is kept, samples: 1.6 s.
const BEFORE: u64 = 20 * TRACE_EVERY;

/// Marks from a floor on, in clusters one refractory long.
#[derive(Debug)]
pub(super) struct Listing {
    rules: Rules,
    floor: f32,
    cluster: Option<Cluster>,
    recent: VecDeque<(u64, f32)>,
    done: Vec<(usize, FalseAccept)>,
}

#[derive(Debug)]
struct Cluster {
    file: usize,
    /// Where the file begins.
    origin: u64,
    first: u64,
    best: Mark,
}

impl Listing {
    pub(super) fn new(rules: Rules) -> Listing {
        let floor = rules.list_from_milli as f32 / 1000.0;
        Listing { rules, floor, cluster: None, recent: VecDeque::new(), done: Vec::new() }
    }

    /// A mark that counts as a false accept of `file`, which begins at `origin`.
    pub(super) fn mark(&mut self, file: usize, origin: u64, mark: Mark) {
        if mark.score < self.floor {
            return;
        }
        match &mut self.cluster {
            Some(cluster) if mark.at < cluster.first + self.rules.refractory => {
                if mark.score > cluster.best.score {
                    cluster.best = mark;
                }
            }
            _ => {
                self.close();
                self.cluster = Some(Cluster { file, origin, first: mark.at, best: mark });
            }
        }
    }

    pub(super) fn running(&mut self, at: u64, score: f32) {
        if self.cluster.as_ref().is_some_and(|cluster| at >= cluster.first + self.rules.refractory) {
            self.close();
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((at, score));
    }

    fn close(&mut self) {
        let Some(Cluster { file, origin, first, best }) = self.cluster.take() else { return };
        let relative = |at: u64| at as i64 - origin as i64;
        let stretch = first.saturating_sub(BEFORE)..=first + self.rules.refractory;
        let mut around = self.recent.iter().filter(|(at, _)| stretch.contains(at)).peekable();
        let from = around.peek().map(|(at, _)| relative(*at));
        let scores = around.map(|(_, score)| libm::rintf(score * 1000.0) / 1000.0).collect();
        let trace = from.map(|from| Trace { from, every: TRACE_EVERY as u32, scores });
        let (at, start, end) = (relative(best.at), relative(best.start), relative(best.end));
        self.done.push((file, FalseAccept { at, start, end, score: best.score, trace }));
    }

    /// All events with their files; only the worst have a trace.
    pub(super) fn finish(&mut self) -> Vec<(usize, FalseAccept)> {
        self.close();
        let mut order: Vec<usize> = (0..self.done.len()).collect();
        let score = |i: &usize| self.done.get(*i).map_or(0.0, |(_, event)| event.score);
        // Stable, so of equal ones the earlier.
        order.sort_by(|a, b| score(b).total_cmp(&score(a)));
        for i in order.into_iter().skip(self.rules.worst as usize) {
            if let Some((_, event)) = self.done.get_mut(i) {
                event.trace = None;
            }
        }
        std::mem::take(&mut self.done)
    }
}
