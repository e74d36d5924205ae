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

/// One point of a [`Curve`]. How much of its rate can be claimed: `eval::stats::Rate` of its count and hours (Poisson,
/// exact).
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

    /// The lowest point that was counted to give at most `per_hour`; `None` if none does.
    pub fn for_rate(&self, per_hour: f64) -> Option<CurvePoint> {
        self.points().find(|point| point.per_hour() <= per_hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
