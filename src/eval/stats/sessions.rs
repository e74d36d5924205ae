//! Events per hour where events come in clusters: sessions as units.
//!
//! One television programme, one voice or one room can give most of the events, and then Poisson limits promise far
//! too much. Sessions are taken as the independent units. Their scatter gives the design effect, by how much the
//! variance of the rate is larger than Poisson's; the exact limits are then taken at the count that would say as much
//! were it Poisson: count and hours over the design effect. That is Korn and Graubard's device for proportions
//! ("Confidence intervals for proportions with small expected number of positive counts estimated from survey data",
//! Survey Methodology 24, 1998), with their allowance, by Student's t, for a variance known from few sessions.
//!
//! Why not a bootstrap over sessions: with no event, or all events in one session, its intervals collapse (every
//! resample of zeros is zero), and rare events are what a good engine has. Why not a negative binomial: sessions differ
//! in length, most hold no event, and the shape can't be fitted; its likelihood interval needs the same "at least
//! Poisson" floor and depends on a family of distributions that nobody has checked. The simulation in the tests compares the coverage
//! of these limits, plain Poisson limits and the bootstrap.

use super::poisson::{Rate, limits};
use super::quantile::{normal_upper_point, student_upper_point};
use super::{Interval, Level};

/// Audio that is one unit: a programme, a conversation, a household.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Session {
    /// Events in it.
    pub events: u64,
    /// How long it is.
    pub hours: f64,
}

/// A rate with limits that allow for clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionRate {
    /// All sessions together.
    pub rate: Rate,
    /// How many there are.
    pub sessions: usize,
    /// Variance of the rate over the variance of independent events, at least 1. With no event it is 1: clusters that
    /// never showed can't be seen, and only more sessions would help.
    pub design_effect: f64,
}

impl SessionRate {
    /// The rate over `sessions`.
    pub fn new(sessions: impl IntoIterator<Item = Session> + Clone) -> SessionRate {
        let (mut events, mut hours, mut count) = (0, 0.0, 0);
        for session in sessions.clone() {
            events += session.events;
            hours += session.hours;
            count += 1;
        }
        let rate = Rate { events, hours };
        let mut design_effect = 1.0_f64;
        if events > 0 && count > 1 && hours > 0.0 {
            // Variance of a ratio of two sums over sessions (Cochran, Sampling Techniques, 1977, 6.3), over Poisson's.
            let mut square = 0.0;
            for session in sessions {
                let off = session.events as f64 - rate.per_hour() * session.hours;
                square += off * off;
            }
            design_effect = (square * count as f64 / (count - 1) as f64 / events as f64).max(1.0);
        }
        SessionRate { rate, sessions: count, design_effect }
    }

    /// Two-sided interval, events per hour.
    pub fn interval(&self, level: Level) -> Interval {
        self.limits(level.each_side())
    }

    /// One-sided: the rate is at most this, events per hour.
    pub fn upper(&self, level: Level) -> f64 {
        self.limits(level.one_sided()).high
    }

    fn limits(&self, alpha: f64) -> Interval {
        let mut shrink = self.design_effect;
        // Poisson's variance is known; one that was estimated from few sessions is not.
        if shrink > 1.0 {
            let t = student_upper_point((self.sessions - 1) as f64, alpha) / normal_upper_point(alpha);
            shrink *= t * t;
        }
        limits(self.rate.events as f64 / shrink, alpha).per(self.rate.hours / shrink)
    }
}
