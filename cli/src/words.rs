//! Rates and shares in words.

/// Events per hour, two digits that matter.
pub(crate) fn per_hour(rate: f64) -> String {
    match rate {
        rate if !rate.is_finite() => "any number".into(),
        0.0 => "0".into(),
        rate if rate >= 100.0 => format!("{rate:.0}"),
        rate if rate >= 10.0 => format!("{rate:.1}"),
        rate if rate >= 0.0095 => format!("{rate:.2}"),
        rate => {
            let digits = -rate.log10().floor() as usize;
            format!("{rate:.digits$}")
        }
    }
}

/// A share as percent; a dash for none of none.
pub(crate) fn percent(share: f64) -> String {
    match 100.0 * share {
        percent if percent.is_nan() => "–".into(),
        percent if percent == 0.0 || percent == 100.0 => format!("{percent} %"),
        percent => format!("{percent:.1} %"),
    }
}

/// Hours, three digits.
pub(crate) fn hours(hours: f64) -> String {
    match hours {
        hours if hours >= 100.0 => format!("{hours:.0} h"),
        hours if hours >= 10.0 => format!("{hours:.1} h"),
        hours => format!("{hours:.2} h"),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
