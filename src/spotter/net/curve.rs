//! From a score to false accepts per hour: what was counted on negative audio, and what that allows to be claimed.

use crate::decimal;

/// How often negative audio reached which score: the calibration of a model, as its metadata holds it.
///
/// The text is the hours of audio, then `score:count` pairs with rising scores and falling counts, divided by spaces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve<'a> {
    hours: f64,
    points: &'a str,
}

/// One point of a [`Curve`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Score to wake at, 0 to 1.
    pub score: f32,
    /// False accepts that were counted with it.
    pub count: u32,
    /// Hours of negative audio that they were counted in.
    pub hours: f64,
}

impl CurvePoint {
    /// False accepts per hour as counted.
    pub fn per_hour(self) -> f64 {
        f64::from(self.count) / self.hours
    }

    /// Upper bound of the rate per hour, one-sided, 95 %: the rate at which a Poisson process gives no more than the
    /// counted number with a probability of 5 % (Garwood 1936). It takes the accepts as independent, which those of one
    /// recording are not.
    pub fn upper_per_hour(self) -> f64 {
        let count = f64::from(self.count);
        let (mut low, mut high) = (count, 2.0 * count + 10.0);
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if at_most(self.count, middle) > 0.05 {
                low = middle;
            } else {
                high = middle;
            }
        }
        high / self.hours
    }
}

/// Probability of at most `count` events where `mean` are expected.
fn at_most(count: u32, mean: f64) -> f64 {
    // From the largest term down, so that nothing under- or overflows on the way.
    let log_largest = f64::from(count) * libm::log(mean) - mean - libm::lgamma(f64::from(count) + 1.0);
    let (mut term, mut sum) = (1.0, 0.0);
    for n in (0..=count).rev() {
        sum += term;
        term *= f64::from(n) / mean;
        if term < 1e-18 * sum {
            break;
        }
    }
    libm::exp(log_largest) * sum
}

impl<'a> Curve<'a> {
    /// The curve that `text` describes; `None` if it is none.
    pub(super) fn parse(text: &'a str) -> Option<Curve<'a>> {
        let (hours, points) = decimal::split_once(text.trim_ascii(), b' ')?;
        let hours = decimal::parse(hours)?;
        let curve = Curve { hours, points };
        let mut last = CurvePoint { score: -1.0, count: u32::MAX, hours };
        let mut count = 0;
        for point in points.split_ascii_whitespace() {
            let point = curve.point(point)?;
            if !(point.score > last.score && point.score <= 1.0 && point.count <= last.count) {
                return None;
            }
            (last, count) = (point, count + 1);
        }
        (hours > 0.0 && count > 0).then_some(curve)
    }

    fn point(&self, text: &str) -> Option<CurvePoint> {
        let (score, count) = decimal::split_once(text, b':')?;
        let score = decimal::parse(score)? as f32;
        Some(CurvePoint { score, count: count.parse().ok()?, hours: self.hours })
    }

    /// Hours of negative audio behind it.
    pub fn hours(&self) -> f64 {
        self.hours
    }

    /// Its points, scores rising.
    pub fn points(&self) -> impl Iterator<Item = CurvePoint> + '_ {
        self.points.split_ascii_whitespace().filter_map(|point| self.point(point))
    }

    /// The highest point not above `score`: at least as many false accepts as `score` gives. `None` below the first.
    pub fn at(&self, score: f32) -> Option<CurvePoint> {
        self.points().take_while(|point| point.score <= score).last()
    }

    /// The lowest point that was counted to give at most `per_hour`; `None` if none does. What can be claimed for it is
    /// [`CurvePoint::upper_per_hour`].
    pub fn for_rate(&self, per_hour: f64) -> Option<CurvePoint> {
        self.points().find(|point| point.per_hour() <= per_hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the chi-square quantiles of printed tables: half of χ²(0.95; 2 n + 2).
    #[test]
    fn upper_bounds_are_those_of_the_tables() {
        for (count, expected) in
            [(0, 2.9957), (1, 4.7439), (2, 6.2958), (3, 7.7537), (10, 16.9622), (100, 118.0793)]
        {
            let bound = CurvePoint { score: 0.5, count, hours: 2.0 }.upper_per_hour();
            assert!((bound - expected / 2.0).abs() < 1e-4, "{count}: {bound}, expected {}", expected / 2.0);
        }
        let many = CurvePoint { score: 0.5, count: 20_000, hours: 1.0 }.upper_per_hour();
        assert!((many - 20_234.19).abs() < 0.1, "{many}");
    }

    #[test]
    fn points_are_found_by_score_and_by_rate() {
        let curve = Curve::parse("4 0.1:40 0.5:8 0.7:1 0.9:0").unwrap();
        assert_eq!(curve.points().count(), 4);
        assert_eq!(curve.at(0.05), None);
        assert_eq!(curve.at(0.5).unwrap().count, 8);
        assert_eq!(curve.at(0.89).unwrap().count, 1);
        assert_eq!(curve.for_rate(2.0).unwrap().score, 0.5);
        assert_eq!(curve.for_rate(1.9).unwrap().score, 0.7);
        assert_eq!(curve.for_rate(0.0).unwrap().score, 0.9);
        assert_eq!(Curve::parse("4 0.1:40").unwrap().for_rate(9.9), None);
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        for text in [
            "",
            "4",
            "4 ",
            "0 0.1:4",
            "-1 0.1:4",
            "inf 0.1:4",
            "4 0.1:4 0.1:3",
            "4 0.1:4 0.2:5",
            "4 0.1",
            "4 x:1",
            "4 1.1:0",
        ] {
            assert_eq!(Curve::parse(text), None, "{text:?}");
        }
    }
}
