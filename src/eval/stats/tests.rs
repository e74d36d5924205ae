use super::random::Random;
use super::*;
use proptest::prelude::*;
use std::vec::Vec;
use std::{eprintln, format};

/// Relative difference, 0 for two equal values (infinities too).
fn off(actual: f64, expected: f64) -> f64 {
    if actual == expected { 0.0 } else { (actual - expected).abs() / expected.abs() }
}

fn level(alpha_each_side: f64) -> Level {
    Level { error: 2.0 * alpha_each_side }
}

#[test]
fn limits_and_p_values_are_scipys() {
    let golden = include_str!("../../../tests/golden/stats.tsv");
    let (mut worst, mut lines) = (0.0_f64, 0);
    for line in golden.lines() {
        let (left, right) = line.split_once("\t=\t").unwrap();
        let (what, arguments) = left.split_once('\t').unwrap();
        let numbers = |text: &str| text.split('\t').map(|v| v.parse::<f64>().unwrap()).collect::<Vec<_>>();
        let (x, expected) = (numbers(arguments), numbers(right));
        let whole = |v: f64| v as u64;
        let actual = match what {
            "poisson" => {
                let limits = poisson::limits(x[0], x[1]);
                std::vec![limits.low, limits.high]
            }
            "normal" => std::vec![normal_upper_point(x[0])],
            "student" => std::vec![quantile::student_upper_point(x[0], x[1])],
            "wilson" => {
                let limits = Share { count: whole(x[0]), of: whole(x[1]) }.wilson(level(x[2]));
                std::vec![limits.low, limits.high]
            }
            "exact" => {
                let limits = share::exact(whole(x[0]), whole(x[1]), x[2]);
                std::vec![limits.low, limits.high]
            }
            "mcnemar" => std::vec![mcnemar(whole(x[0]), whole(x[1]))],
            "ratio" => {
                let a = Rate { events: whole(x[0]), hours: x[1] };
                let b = Rate { events: whole(x[2]), hours: x[3] };
                let ratio = RateRatio::new(a, b, Level::P95);
                std::vec![ratio.p, ratio.interval.low, ratio.interval.high]
            }
            other => panic!("{other}"),
        };
        assert_eq!(actual.len(), expected.len(), "{line}");
        for (actual, expected) in actual.iter().zip(&expected) {
            let off = off(*actual, *expected);
            assert!(off <= 1e-9, "{line}: {actual}, off by {off}");
            worst = worst.max(off);
        }
        lines += 1;
    }
    assert!(lines > 600, "{lines} lines");
    eprintln!("{lines} golden lines, furthest off: {worst:e}");
}

/// Garwood's limits as printed in tables (Johnson, Kemp and Kotz; Ulm 1990), and the rule of three.
#[test]
fn limits_are_those_of_published_tables() {
    for (events, low, high) in [
        (0, 0.0, 3.689),
        (1, 0.025, 5.572),
        (2, 0.242, 7.225),
        (5, 1.623, 11.668),
        (10, 4.795, 18.390),
        (50, 37.111, 65.919),
    ] {
        let limits = Rate { events, hours: 1.0 }.interval(Level::P95);
        assert!((limits.low - low).abs() < 6e-4 && (limits.high - high).abs() < 6e-4, "{events}: {limits:?}");
    }
    let none = Rate { events: 0, hours: 10.0 }.upper(Level::P95);
    assert!(off(none, 20.0_f64.ln() / 10.0) < 1e-15, "{none}");
    // "≤ 0.1/h takes 30 h with no event, 47 h with one, 78 h with three", one-sided 95 %.
    for (events, hours) in [(0, 29.957), (1, 47.439), (3, 77.537)] {
        let needed = hours_needed(events, 0.1, Level::P95);
        assert!((needed - hours).abs() < 1e-3, "{events}: {needed}");
    }
}

#[test]
fn nothing_heard_says_nothing() {
    let rate = Rate { events: 0, hours: 0.0 };
    assert_eq!(rate.interval(Level::P95), Interval { low: 0.0, high: f64::INFINITY });
    assert_eq!(Share { count: 0, of: 0 }.wilson(Level::P95), Interval { low: 0.0, high: 1.0 });
    assert_eq!(Share { count: 0, of: 0 }.exact(Level::P95), Interval { low: 0.0, high: 1.0 });
    let sessions = SessionRate::new([]);
    assert_eq!(sessions.upper(Level::P95), f64::INFINITY);
    assert_eq!(sign_flip(&[], 1), SignFlip { p: 1.0, sessions: 0, exact: true });
    assert_eq!(mcnemar(0, 0), 1.0);
}

#[test]
fn levels_outside_their_range_are_refused() {
    for percent in [f64::NAN, 0.0, 49.9, 100.0, 1e9] {
        let error = Level::percent(percent).unwrap_err();
        assert!(format!("{error}").contains("expected 50 to 99.9999999999"), "{error}");
    }
    assert_eq!(Level::percent(95.0), Ok(Level::P95));
}

#[test]
fn sessions_that_scatter_as_poisson_does_get_poissons_limits() {
    // One event in each of two sessions of one length: no more scatter than chance has.
    let even = [Session { events: 1, hours: 2.0 }; 8];
    let rate = SessionRate::new(even);
    assert_eq!(rate.design_effect, 1.0);
    assert_eq!(rate.interval(Level::P95), rate.rate.interval(Level::P95));
    // All in one of eight: the design effect is 8, seven eighths of it times 8/7.
    let mut clustered = [Session { events: 0, hours: 2.0 }; 8];
    clustered[3].events = 8;
    let rate = SessionRate::new(clustered);
    assert!((rate.design_effect - 8.0).abs() < 1e-12, "{}", rate.design_effect);
    // One effective event, and less for a variance known from eight sessions.
    assert!(rate.upper(Level::P95) > Rate { events: 1, hours: 2.0 }.upper(Level::P95));
}

#[test]
fn sign_flips_count_what_was_observed_and_further() {
    // Three sessions, all in favour of one: 2 of the 8 assignments are as far.
    assert_eq!(sign_flip(&[2, 1, 0, 3], 1), SignFlip { p: 0.25, sessions: 3, exact: true });
    assert_eq!(sign_flip(&[2, -2], 1).p, 1.0);
    // 30 of 30: the sample finds none but the observed one.
    let all = sign_flip(&[1; 30], 5);
    assert!(!all.exact && all.p <= 1e-4, "{all:?}");
    // 22 against 8 is the sign test.
    let mut some = [1; 30];
    some[..8].fill(-1);
    let sampled = sign_flip(&some, 5);
    assert!((sampled.p / mcnemar(22, 8) - 1.0).abs() < 0.1, "{sampled:?}, {}", mcnemar(22, 8));
}

/// Draws for the simulations.
impl Random {
    fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Arrivals before the mean is used up.
    fn poisson(&mut self, mean: f64) -> u64 {
        let (mut spent, mut count) = (0.0, 0);
        loop {
            spent -= self.unit().ln();
            if spent > mean {
                return count;
            }
            count += 1;
        }
    }

    /// 1 or more, `mean` on the average.
    fn geometric(&mut self, mean: f64) -> u64 {
        if mean <= 1.0 { 1 } else { 1 + (self.unit().ln() / (1.0 - 1.0 / mean).ln()) as u64 }
    }
}

#[test]
fn poisson_limits_cover_at_least_as_often_as_they_say() {
    let mut random = Random::new(11);
    for mean in [0.3, 1.0, 3.0, 8.0, 40.0] {
        let (mut both, mut above, draws) = (0, 0, 4000);
        for _ in 0..draws {
            let rate = Rate { events: random.poisson(mean), hours: 1.0 };
            both += u32::from(rate.interval(Level::P95).contains(mean));
            above += u32::from(rate.upper(Level::P95) >= mean);
        }
        let (both, above) = (f64::from(both) / f64::from(draws), f64::from(above) / f64::from(draws));
        eprintln!("mean {mean}: two-sided {both:.3}, one-sided {above:.3}");
        // Less 2.6 standard errors of the simulation.
        assert!(both >= 0.941 && above >= 0.941, "{mean}: {both}, {above}");
    }
}

#[test]
fn shares_cover_as_they_say() {
    let mut random = Random::new(12);
    for p in [0.01, 0.04, 0.2, 0.5] {
        let (mut wilson, mut exact, draws) = (0, 0, 1000);
        for _ in 0..draws {
            let count = (0..315).filter(|_| random.unit() < p).count() as u64;
            let share = Share { count, of: 315 };
            wilson += u32::from(share.wilson(Level::P95).contains(p));
            exact += u32::from(share.exact(Level::P95).contains(p));
        }
        let (wilson, exact) = (f64::from(wilson) / f64::from(draws), f64::from(exact) / f64::from(draws));
        eprintln!("share {p}: Wilson {wilson:.3}, exact {exact:.3}");
        assert!(exact >= 0.932 && wilson >= 0.92, "{p}: {wilson}, {exact}");
    }
}

/// Sessions of 0.1 to 2 h, events in clusters of `size` on the average, `mean` events in all.
fn clustered(random: &mut Random, sessions: usize, size: f64, mean: f64) -> (Vec<Session>, f64) {
    let hours: Vec<f64> =
        (0..sessions).map(|n| 0.1 + 1.9 * ((n * 7) % sessions) as f64 / sessions as f64).collect();
    let per_hour = mean / hours.iter().sum::<f64>();
    let drawn = hours.iter().map(|&hours| {
        let events = (0..random.poisson(per_hour * hours / size)).map(|_| random.geometric(size)).sum();
        Session { events, hours }
    });
    (drawn.collect(), per_hour)
}

/// The percentile bootstrap over sessions, for comparison.
fn bootstrap(random: &mut Random, sessions: &[Session]) -> Interval {
    let mut rates: Vec<f64> = (0..199)
        .map(|_| {
            let drawn: Vec<Session> =
                sessions.iter().map(|_| sessions[(random.bits() % sessions.len() as u64) as usize]).collect();
            SessionRate::new(drawn.iter().copied()).rate.per_hour()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    Interval { low: rates[4], high: rates[194] }
}

#[test]
fn limits_by_session_cover_clusters_where_poissons_do_not() {
    let mut random = Random::new(13);
    eprintln!(
        "coverage of 95 % intervals: sessions, mean cluster, mean events: by session, Poisson, bootstrap"
    );
    for (sessions, size, mean, at_least) in [
        (60, 1.0, 5.0, 0.94),
        (60, 1.0, 40.0, 0.92),
        (60, 2.0, 12.0, 0.92),
        (60, 5.0, 40.0, 0.90),
        (200, 3.0, 60.0, 0.92),
        (20, 3.0, 30.0, 0.88),
        (12, 2.0, 6.0, 0.85),
    ] {
        let draws = 1000;
        let (mut ours, mut poisson, mut resampled) = (0, 0, 0);
        for _ in 0..draws {
            let (drawn, truth) = clustered(&mut random, sessions, size, mean);
            let rate = SessionRate::new(drawn.iter().copied());
            ours += u32::from(rate.interval(Level::P95).contains(truth));
            poisson += u32::from(rate.rate.interval(Level::P95).contains(truth));
            resampled += u32::from(bootstrap(&mut random, &drawn).contains(truth));
        }
        let [ours, poisson, resampled] = [ours, poisson, resampled].map(|n| f64::from(n) / f64::from(draws));
        eprintln!("{sessions:>4} {size:>3} {mean:>4}: {ours:.3} {poisson:.3} {resampled:.3}");
        assert!(ours >= at_least, "{sessions} sessions, clusters of {size}, {mean} events: {ours}");
        assert!(size == 1.0 || ours > poisson, "{ours} by session, {poisson} by Poisson");
    }
}

proptest! {
    #[test]
    fn more_events_or_fewer_hours_raise_a_rate(
        events in 0_u64..100_000, more in 1_u64..1000, hours in 0.01_f64..1e5, longer in 1.01_f64..10.0,
    ) {
        let rate = Rate { events, hours };
        let interval = rate.interval(Level::P95);
        let raised = Rate { events: events + more, hours }.interval(Level::P95);
        prop_assert!(raised.low > interval.low && raised.high > interval.high);
        let diluted = Rate { events, hours: hours * longer }.interval(Level::P95);
        prop_assert!(diluted.high < interval.high && diluted.low <= interval.low);
        prop_assert!(interval.contains(rate.per_hour()));
        prop_assert!(rate.upper(Level::P95) < interval.high);
        prop_assert!(rate.lower(Level::P95) >= interval.low);
    }

    #[test]
    fn surer_limits_are_wider(events in 0_u64..10_000, rest in 0_u64..10_000, percent in 50.0_f64..99.0, more in 0.1_f64..0.9) {
        let sure = Level::percent(percent).unwrap();
        let surer = Level::percent(percent + more).unwrap();
        let rate = Rate { events, hours: 3.0 };
        prop_assert!(rate.upper(surer) > rate.upper(sure));
        prop_assert!(rate.lower(surer) <= rate.lower(sure));
        let share = Share { count: events, of: events + rest };
        for (wide, narrow) in [
            (share.wilson(surer), share.wilson(sure)),
            (share.exact(surer), share.exact(sure)),
            (rate.interval(surer), rate.interval(sure)),
        ] {
            prop_assert!(wide.low <= narrow.low && wide.high >= narrow.high);
        }
    }

    #[test]
    fn shares_mirror(count in 0_u64..2000, rest in 0_u64..2000) {
        prop_assume!(count + rest > 0);
        let there = Share { count, of: count + rest };
        let back = Share { count: rest, of: count + rest };
        for (a, b) in
            [(there.exact(Level::P95), back.exact(Level::P95)), (there.wilson(Level::P95), back.wilson(Level::P95))]
        {
            prop_assert!((a.low + b.high - 1.0).abs() < 1e-12 && (a.high + b.low - 1.0).abs() < 1e-12);
            prop_assert!(a.low >= 0.0 && a.high <= 1.0);
        }
        prop_assert!(there.exact(Level::P95).contains(there.value()));
        prop_assert!(there.wilson(Level::P95).contains(there.value()));
    }

    #[test]
    fn the_hours_needed_are_enough_and_no_more(events in 0_u64..1000, per_hour in 0.001_f64..10.0) {
        let hours = hours_needed(events, per_hour, Level::P95);
        let upper = Rate { events, hours }.upper(Level::P95);
        prop_assert!((upper / per_hour - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_ratio_and_its_mirror_agree(a in 0_u64..300, b in 0_u64..300, ha in 0.1_f64..100.0, hb in 0.1_f64..100.0) {
        let (a, b) = (Rate { events: a, hours: ha }, Rate { events: b, hours: hb });
        let (there, back) = (RateRatio::new(a, b, Level::P95), RateRatio::new(b, a, Level::P95));
        prop_assert!((there.p - back.p).abs() < 1e-9);
        if a.events > 0 && b.events > 0 {
            prop_assert!((there.interval.low * back.interval.high - 1.0).abs() < 1e-9);
        }
        // Test and interval say the same.
        if (there.p - 0.05).abs() > 1e-9 {
            prop_assert_eq!(there.p < 0.05, !there.interval.contains(1.0));
        }
    }

    #[test]
    fn the_order_of_sessions_does_not_matter(events in prop::collection::vec((0_u64..9, 0.1_f64..3.0), 2..40)) {
        let sessions: Vec<Session> = events.iter().map(|&(events, hours)| Session { events, hours }).collect();
        let there = SessionRate::new(sessions.iter().copied());
        let back = SessionRate::new(sessions.iter().rev().copied());
        prop_assert!(off(there.design_effect, back.design_effect) < 1e-9);
        let (session, poisson) = (there.interval(Level::P95), there.rate.interval(Level::P95));
        // Never narrower than Poisson's.
        prop_assert!(session.high >= poisson.high * (1.0 - 1e-12) && session.low <= poisson.low * (1.0 + 1e-12));
    }
}
