//! Events per hour: exact limits of a Poisson rate.

use super::quantile::{gamma_lower_point, gamma_upper_point};
use super::{Interval, Level};

/// So many events in so many hours.
///
/// The limits are Garwood's ("Fiducial limits for the Poisson distribution", Biometrika 28, 1936): the coverage is at
/// least the level, whatever the rate. They hold for events that come independently of each other; for events in
/// clusters see [`SessionRate`](super::SessionRate).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// How many.
    pub events: u64,
    /// In how many hours, 0 or more.
    pub hours: f64,
}

impl Rate {
    /// Events per hour; NaN for no hours and no events.
    pub fn per_hour(&self) -> f64 {
        self.events as f64 / self.hours
    }

    /// Two-sided interval, events per hour.
    pub fn interval(&self, level: Level) -> Interval {
        limits(self.events as f64, level.each_side()).per(self.hours)
    }

    /// One-sided: the rate is at most this, events per hour. With no event and 95 %, ln 20 over the hours.
    pub fn upper(&self, level: Level) -> f64 {
        limits(self.events as f64, level.one_sided()).per(self.hours).high
    }

    /// One-sided: the rate is at least this, events per hour.
    pub fn lower(&self, level: Level) -> f64 {
        limits(self.events as f64, level.one_sided()).per(self.hours).low
    }
}

/// Hours with at most `events` events that show a rate of at most `per_hour`, one-sided.
pub fn hours_needed(events: u64, per_hour: f64, level: Level) -> f64 {
    limits(events as f64, level.one_sided()).high / per_hour
}

/// Limits of the mean of a Poisson variable that came out as `count`, with an error of `alpha` on each side. The count
/// need not be whole.
pub(super) fn limits(count: f64, alpha: f64) -> Interval {
    let low = if count > 0.0 { gamma_lower_point(count, alpha) } else { 0.0 };
    let high = gamma_upper_point(count + 1.0, alpha);
    Interval { low, high }
}

impl Interval {
    /// Of a mean to a rate; nothing is known without hours.
    pub(super) fn per(self, hours: f64) -> Interval {
        if hours > 0.0 {
            Interval { low: self.low / hours, high: self.high / hours }
        } else {
            Interval { low: 0.0, high: f64::INFINITY }
        }
    }
}
