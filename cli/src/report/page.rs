//! The file: styles, data, script, and what is said to those without a script.

use super::{Args, Run, data};
use crate::words::{per_hour, percent};
use earnest::eval::stats::Level;

/// The whole page.
pub(super) fn html(args: &Args, runs: &[Run]) -> String {
    let title = args.title.clone().unwrap_or_else(|| match runs {
        [run] => format!("{} — {}", run.dir.result.run.phrase, run.dir.result.run.label),
        _ => {
            let labels: Vec<&str> = runs.iter().map(|run| run.dir.result.run.label.as_str()).collect();
            labels.join(" · ")
        }
    });
    // `<` would end the script element, in a file name for example.
    let json = serde_json::to_string(&data::data(args, runs)).expect("plain data").replace('<', "\\u003c");
    let plain: String = runs.iter().map(|run| format!("<p>{}</p>\n", escape(&in_words(run)))).collect();
    include_str!("page.html")
        .replace("{{title}}", &escape(&title))
        .replace("{{style}}", include_str!("page.css"))
        .replace("{{plain}}", &plain)
        .replace("{{script}}", &script())
        // Last, so that nothing in the data is taken for a place to fill.
        .replace("{{data}}", &json)
}

/// One script in the order of use; the parts share one scope.
fn script() -> String {
    [
        include_str!("js/state.js"),
        include_str!("js/chart.js"),
        include_str!("js/figures.js"),
        include_str!("js/clips.js"),
        include_str!("js/main.js"),
    ]
    .concat()
}

/// The headline, for those without a script.
fn in_words(run: &Run) -> String {
    let (about, view) = (&run.dir.result.run, run.views.first());
    let (rate, misses) = (view.curve.rate(run.start), view.curve.misses(run.start));
    let upper = view.curve.session_rate(run.start).upper(Level::P95);
    format!(
        "{}: at threshold {:.3}, {} false accepts in {:.2} hours: {} an hour, with 95 % confidence at most {}. Missed {} of {} ({}).",
        about.label,
        about.thresholds.get(run.start).copied().unwrap_or_default(),
        rate.events,
        rate.hours,
        per_hour(rate.per_hour()),
        per_hour(upper),
        misses.count,
        misses.of,
        percent(misses.value()),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
