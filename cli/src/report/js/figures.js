// The figures.

const colour = (run) => `var(--run${run % 6})`;
const DASHES = ["", "7 4", "2 3", "10 3 2 3", "4 2", "1 2"];

/** Threshold indices at which something changes, ascending. */
function changes(view, count) {
  const indices = new Set([0, count - 1]);
  for (const steps of [view.hits, view.false_accepts]) for (const [from] of steps) indices.add(from);
  return [...indices].sort((a, b) => a - b);
}

function rateDomain(views) {
  const values = views.flatMap((view) => view.false_accepts.map(([, n]) => n / view.hours)).filter((v) => v > 0 && Number.isFinite(v));
  const least = Math.min(...views.map((view) => (view.hours > 0 ? 0.5 / view.hours : 0.1)));
  const most = Math.max(1, ...values);
  return [floorNice(least), ceilNice(Math.min(most, 1000))];
}
const floorNice = (v) => [5, 2, 1].map((m) => m * 10 ** Math.floor(Math.log10(v))).find((m) => m <= v * 1.0001);
const ceilNice = (v) => [1, 2, 5, 10].map((m) => m * 10 ** Math.floor(Math.log10(v))).find((m) => m >= v * 0.9999);

/** Misses are drawn up to well above where the results stand: what lies higher nobody would choose. */
function missTop(views) {
  const shown = views.flatMap((view, n) => (view.trials ? [2.2 * missed(view, data.runs[n].start).high, 1.15 * missed(view, state.at[n]).high] : []));
  const steps = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8];
  return steps.find((step) => step >= Math.max(...shown)) ?? 1;
}

/** False accepts per hour against misses, all runs. */
function tradeoff() {
  const views = data.runs.map(viewOf);
  const able = views.some((view) => view.trials && view.hours);
  const run = runNow();
  const words = able
    ? ["Every point is a threshold of ", run.label, "; further left and further down is better. The band holds the 95 % limits of both, the cross those of the threshold shown. ", data.runs.length > 1 ? "Lines of the other results for comparison." : "Press on it to move there."]
    : ["It takes audio with the phrase and audio without."];
  figure("tradeoff", "What a threshold trades", words, (width, height) => {
    if (!able) return null;
    const box = { left: 46, right: width - 10, top: 26, bottom: height - 44 };
    const [from, to] = rateDomain(views.filter((view) => view.hours));
    const x = logarithmic(from, to, box.left, box.right, 44);
    const top = missTop(views);
    const axis = linear(0, top, box.bottom, box.top);
    // What lies above is cut off, not pressed against the edge.
    const y = Object.assign((value) => box.bottom - (value / top) * (box.bottom - box.top), { ticks: axis.ticks });
    const zero = s("rect.zero", { x: box.left, y: box.top, width: x.begin - box.left - 6, height: box.bottom - box.top });
    const parts = [zero, axes(box, x, y, rateTick, shareTick, "false accepts per hour", "missed")];
    parts.push(s("text", { x: (box.left + x.begin - 6) / 2, y: box.bottom + 17, "text-anchor": "middle" }, "none"));
    const clip = s("clipPath", { id: "inside" }, s("rect", { x: box.left, y: box.top, width: box.right - box.left + 8, height: box.bottom - box.top + 8 }));
    const inside = s("g", { "clip-path": "url(#inside)" });
    const order = data.runs.map((_, n) => n).sort((a, b) => (a === state.run) - (b === state.run));
    let points = [];
    for (const n of order) {
      const view = views[n];
      if (!view.trials || !view.hours) continue;
      const here = changes(view, data.runs[n].thresholds.length).map((i) => ({ i, fa: falseAccepts(view, i), miss: missed(view, i) }));
      const line = here.map(({ fa, miss, i }) => [x(fa.value), y(miss.value), i]);
      const now = n === state.run;
      if (now) {
        points = line;
        if (hasScores(data.runs[n])) {
          const upper = here.map(({ fa, miss }) => [x.edge(fa.high), y(miss.high)]);
          const lower = here.map(({ fa, miss }) => [x.edge(fa.low), y(miss.low)]).reverse();
          inside.append(s("path", { d: `${path([...upper, ...lower])}Z`, fill: colour(n), opacity: 0.13 }));
        }
      }
      if (hasScores(data.runs[n])) inside.append(s("path", { d: path(line), fill: "none", stroke: colour(n), "stroke-width": now ? 2.5 : 1.75, "stroke-dasharray": DASHES[n % 6], "stroke-linejoin": "round", opacity: now ? 1 : 0.85 }));
      const fa = falseAccepts(view, state.at[n]);
      const miss = missed(view, state.at[n]);
      const [cx, cy] = [x(fa.value), y(miss.value)];
      if (now || !hasScores(data.runs[n])) {
        inside.append(s("path", { d: `M${x.edge(fa.low)} ${cy}H${x.edge(fa.high)}M${cx} ${y(miss.low)}V${y(miss.high)}`, stroke: colour(n), "stroke-width": 1.5, fill: "none" }));
      }
      inside.append(s("circle.dot", { cx, cy, r: now ? 7 : 5, fill: colour(n) }));
      if (now) {
        const flip = cx > box.right - 190;
        const above = cy > box.top + 40;
        parts.push(s("text.title.halo", { x: cx + (flip ? -13 : 13), y: cy + (above ? -12 : 22), "text-anchor": flip ? "end" : "start" }, `${perHour(fa.value)} an hour, ${percent(miss.value)} missed`));
      }
    }
    parts.splice(2, 0, clip, inside);
    return [...parts, pickable(box, points, false)];
  }, 0.78);
}

/** The thresholds between which anything changes, and a little around. */
function span(run, view) {
  const indices = changes(view, run.thresholds.length).slice(1, -1);
  const [first, last] = [indices[0] ?? 0, indices[indices.length - 1] ?? run.thresholds.length - 1];
  return [Math.max(0, first - 8), Math.min(run.thresholds.length - 1, Math.max(last, first + 16) + 8)];
}

/** Both rates over the threshold. */
function byThreshold() {
  const [run, view, i] = [runNow(), viewNow(), indexNow()];
  figure("bythreshold", "What each threshold gives", ["Bands: 95 %, sessions as units above, Wilson’s below. The dashed line above is the one-sided 95 % limit: what can be claimed."], (width, height) => {
    if (!hasScores(run)) return null;
    const [left, right] = [46, width - 10];
    const middle = Math.round((height - 44 - 26) * 0.55) + 26;
    const top = { left, right, top: 26, bottom: middle - 14 };
    const low = { left, right, top: middle + 24, bottom: height - 44 };
    const [first, last] = span(run, view);
    const x = grid(run, first, last, left, right);
    const parts = [];
    const all = Array.from({ length: last - first + 1 }, (_, n) => first + n);
    if (view.hours) {
      const [from, to] = rateDomain([view]);
      const y = logarithmic(from, to, top.bottom, top.top, 24);
      parts.push(s("rect.zero", { x: left, y: y.begin + 5, width: right - left, height: top.bottom - y.begin - 5 }));
      parts.push(axes(top, x, y, () => "", rateTick, "", "false accepts per hour"), s("text", { x: left - 7, y: top.bottom - 6, "text-anchor": "end" }, "none"));
      const rates = all.map((n) => ({ x: x(n), ...falseAccepts(view, n) }));
      parts.push(s("path", { d: `${path([...rates.map((r) => [r.x, y.edge(r.high)]), ...rates.map((r) => [r.x, y.edge(r.low)]).reverse()])}Z`, fill: "var(--fa-band)" }));
      parts.push(s("path", { d: path(rates.map((r) => [r.x, y.edge(r.upper)])), fill: "none", stroke: "var(--fa)", "stroke-width": 1.25, "stroke-dasharray": "5 4" }));
      parts.push(s("path", { d: path(rates.map((r) => [r.x, y(r.value)])), fill: "none", stroke: "var(--fa)", "stroke-width": 2.25 }));
      parts.push(s("circle.dot", { cx: x(i), cy: y(falseAccepts(view, i).value), r: 6, fill: "var(--fa)" }));
    }
    if (view.trials) {
      const y = linear(0, 1, low.bottom, low.top);
      parts.push(axes(low, x, y, x.word, shareTick, "threshold", "missed"));
      const shares = all.map((n) => ({ x: x(n), ...missed(view, n) }));
      parts.push(s("path", { d: `${path([...shares.map((r) => [r.x, y(r.high)]), ...shares.map((r) => [r.x, y(r.low)]).reverse()])}Z`, fill: "var(--miss-band)" }));
      parts.push(s("path", { d: path(shares.map((r) => [r.x, y(r.value)])), fill: "none", stroke: "var(--miss)", "stroke-width": 2.25 }));
      parts.push(s("circle.dot", { cx: x(i), cy: y(missed(view, i).value), r: 6, fill: "var(--miss)" }));
    }
    parts.push(s("line.now", { x1: x(i), x2: x(i), y1: top.top - 4, y2: low.bottom }));
    return [...parts, pickable({ left, right, top: top.top, bottom: low.bottom }, all.map((n) => [x(n), 0, n]), true)];
  }, 0.78);
}

/** Detection error trade-off on normal deviates, recordings as trials. */
function det() {
  const views = data.runs.map(viewOf);
  const enough = (view) => view.negative_files >= 20 && view.trials >= 20;
  figure("det", "Detection error trade-off", ["Sayings missed against the share of recordings without the phrase that woke it at all, both on the scale of the normal distribution, on which two overlapping bells give a straight line. Bands by Wilson."], (width, height) => {
    if (!views.some((view, n) => enough(view) && hasScores(data.runs[n]))) return null;
    const box = { left: 46, right: width - 10, top: 26, bottom: height - 44 };
    const least = Math.min(...views.filter(enough).flatMap((view) => [0.5 / view.negative_files, 0.5 / view.trials]));
    const from = [0.01, 0.005, 0.002, 0.001, 0.0001].find((p) => p <= least * 2) ?? 0.0001;
    const x = normal(from, 0.8, box.left, box.right);
    const y = normal(Math.min(from, 0.01), 0.9, box.bottom, box.top);
    const parts = [axes(box, x, y, shareTick, shareTick, "recordings that woke it", "missed")];
    let points = [];
    for (const [n, view] of views.entries()) {
      if (!enough(view) || !hasScores(data.runs[n])) continue;
      const here = changes(view, data.runs[n].thresholds.length).map((i) => ({ i, woke: share(at(view.woke, i), view.negative_files), miss: missed(view, i) }));
      const line = here.map(({ i, woke, miss }) => [x(woke.value), y(miss.value), i]);
      const now = n === state.run;
      if (now) {
        points = line;
        const upper = here.map(({ woke, miss }) => [x(woke.high), y(miss.high)]);
        const lower = here.map(({ woke, miss }) => [x(woke.low), y(miss.low)]).reverse();
        parts.push(s("path", { d: `${path([...upper, ...lower])}Z`, fill: colour(n), opacity: 0.13 }));
      }
      parts.push(s("path", { d: path(line), fill: "none", stroke: colour(n), "stroke-width": now ? 2.5 : 1.75, "stroke-dasharray": DASHES[n % 6] }));
      const i = state.at[n];
      parts.push(s("circle.dot", { cx: x(at(view.woke, i) / view.negative_files), cy: y(missed(view, i).value), r: now ? 7 : 5, fill: colour(n) }));
    }
    return [...parts, pickable(box, points, false)];
  }, 0.72);
}

/** Peak scores: sayings upwards, recordings without the phrase downwards. */
function scores() {
  const [run, view] = [runNow(), viewNow()];
  figure("scores", "Where the scores lie", ["The highest score of each saying, upwards, and of each recording without the phrase, downwards; counts on a logarithmic scale. Faint: below the threshold."], (width, height) => {
    if (!hasScores(run)) return null;
    const box = { left: 46, right: width - 10, top: 26, bottom: height - 44 };
    const middle = (box.top + box.bottom) / 2;
    const most = Math.max(10, ...view.positive_peaks, ...view.negative_peaks);
    const size = (n) => (n === 0 ? 0 : (Math.log10(1 + n) / Math.log10(1 + most)) * (middle - box.top - 2));
    const [first, last] = span(run, view);
    const per = view.bar_thresholds;
    // Bar n holds scores that reach n × per − (per − 1) to n × per thresholds, none of them for n = 0.
    const lowest = Math.max(0, Math.floor(first / per));
    const x = grid(run, lowest * per - per, last, box.left, box.right);
    const now = indexNow();
    const parts = [];
    for (const n of [1, 10, 100, 1000, 10000, 100000].filter((n) => n <= most)) {
      for (const sign of [-1, 1]) {
        const y = middle + sign * size(n);
        parts.push(s("line.grid", { x1: box.left, x2: box.right, y1: y, y2: y }), s("text", { x: box.left - 7, y: y + 4, "text-anchor": "end" }, n.toLocaleString("en")));
      }
    }
    for (const v of x.ticks) parts.push(s("text", { x: x(v), y: box.bottom + 17, "text-anchor": "middle" }, x.word(v)));
    const below = (bins) => bins.slice(0, lowest + 1).reduce((sum, n) => sum + n, 0);
    for (let n = lowest; n < view.positive_peaks.length; n++) {
      const [left, right] = [x((n - 1) * per), x(n * per)];
      if (right <= left) continue;
      const bar = (bins, up, fill) => {
        const count = n === lowest ? below(bins) : bins[n];
        const tall = size(count);
        if (tall > 0) parts.push(s("rect", { x: left + 0.5, y: up ? middle - tall : middle, width: Math.max(1, right - left - 1), height: tall, fill, opacity: (n - 0.5) * per > now ? 1 : 0.4 }));
      };
      bar(view.positive_peaks, true, "var(--miss)");
      bar(view.negative_peaks, false, "var(--fa)");
    }
    parts.push(s("line.axis", { x1: box.left, x2: box.right, y1: middle, y2: middle }));
    parts.push(s("text.title.halo", { x: box.right, y: box.top + 4, "text-anchor": "end" }, "with the phrase"), s("text.title.halo", { x: box.right, y: box.bottom - 2, "text-anchor": "end" }, "without"));
    parts.push(s("line.now", { x1: x(now), x2: x(now), y1: box.top - 4, y2: box.bottom }), s("text.title", { x: box.right, y: box.bottom + 36, "text-anchor": "end" }, "highest score"));
    const every = run.thresholds.map((_, n) => [x(n), 0, n]).slice(first, last + 1);
    return [...parts, pickable(box, every, true)];
  }, 0.72);
}

/** How long after the end of the phrase. */
function latency() {
  const view = viewNow();
  const here = stretch(view.latency, indexNow());
  const known = here ? here.bars.reduce((sum, n) => sum + n, 0) : 0;
  const words = [`From the end of the phrase to the decision, of ${plural(known, "saying", "sayings")} heard at this threshold whose end is known: half within `, h("b", {}, `${here?.median} ms`), `, 95 % within `, h("b", {}, `${here?.p95} ms`), ". Before 0: decided before the phrase was over."];
  figure("latency", "How quickly it wakes", words, (width, height) => {
    if (known === 0) return null;
    const box = { left: 46, right: width - 10, top: 26, bottom: height - 44 };
    const some = view.latency.filter((l) => l.bars.length);
    const from = Math.min(-100, ...some.map((l) => l.first));
    const to = Math.max(500, ...some.map((l) => l.first + 50 * l.bars.length));
    const x = linear(from, to, box.left, box.right);
    const most = Math.max(...view.latency.map((l) => Math.max(0, ...l.bars)));
    const y = linear(0, most, box.bottom, box.top);
    const parts = [axes(box, x, y, (v) => `${v}`, (v) => (Number.isInteger(v) ? String(v) : ""), "ms after the end of the phrase", "sayings")];
    here.bars.forEach((n, bar) => {
      const left = x(here.first + 50 * bar);
      if (n) parts.push(s("rect", { x: left + 0.5, y: y(n), width: Math.max(1, x(here.first + 50 * (bar + 1)) - left - 1), height: box.bottom - y(n), fill: "var(--miss)" }));
    });
    for (const [value, name] of [[here.median, "half"], [here.p95, "95 %"]]) {
      parts.push(s("line.now", { x1: x(value), x2: x(value), y1: box.top, y2: box.bottom }), s("text.halo", { x: x(value) + 5, y: box.top + 8 }, name));
    }
    return parts;
  }, 0.72);
}

/** Sessions that most false accepts come from. */
function sessions() {
  const [view, i] = [viewNow(), indexNow()];
  const host = byId("sessions");
  const all = falseAccepts(view, i);
  if (!view.hours || all.events === 0 || view.sessions < 2) {
    return host.replaceChildren();
  }
  const list = view.worst_sessions.map(([name, steps]) => [name, at(steps, i)]).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  const listed = list.reduce((sum, [, n]) => sum + n, 0);
  const effect = all.effect > 1.2 ? `They cluster: the rate is as uncertain as if there were only ${number(all.events / all.effect, 1)} independent ones.` : "They scatter hardly more than chance would have it.";
  const rows = list.flatMap(([name, n]) => [h("span.name", { title: name }, h("bdi", {}, name)), h("i", { style: `width:${(100 * n) / list[0][1]}%` }), h("span", {}, String(n))]);
  host.replaceChildren(
    h("h3", {}, "Where the false accepts come from"),
    h("figcaption", {}, `${listed === all.events ? `All ${listed}` : `${listed} of ${all.events}`} come from ${list.length === 1 ? "this one" : `these ${list.length}`} of ${plural(view.sessions, "session", "sessions")}. ${effect}`),
    h("div.bars", { role: "group", "aria-label": "False accepts by session" }, rows),
  );
}

/** Do scores that are probabilities keep what they say? */
function reliability() {
  const [run, view] = [runNow(), viewNow()];
  const wanted = data.probabilities || run.settings.score === "probability";
  const groups = view.tenths.map(([yes, no], n) => ({ middle: (n + 0.5) / view.tenths.length, all: yes + no, ...share(yes, yes + no) })).filter((g) => g.all > 0);
  const total = groups.reduce((sum, g) => sum + g.all, 0);
  const error = groups.reduce((sum, g) => sum + (g.all / total) * Math.abs(g.value - g.middle), 0);
  figure("reliability", "Do probabilities keep what they say?", [`Recordings by their highest score; of those the share that did hold the phrase. On the diagonal a score is the probability, for as many recordings with the phrase as there are here. Expected calibration error ${percent(error)}.`], (width, height) => {
    if (!wanted || total === 0 || !view.trials || !view.negative_files) return null;
    const box = { left: 46, right: width - 10, top: 26, bottom: height - 44 };
    const x = linear(0, 1, box.left, box.right);
    const y = linear(0, 1, box.bottom, box.top);
    const parts = [axes(box, x, y, (v) => String(v), shareTick, "score", "held the phrase")];
    parts.push(s("path", { d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}`, stroke: "var(--soft)", "stroke-dasharray": "4 4" }));
    for (const g of groups) parts.push(s("line", { x1: x(g.middle), x2: x(g.middle), y1: y(g.low), y2: y(g.high), stroke: "var(--run3)", "stroke-width": 2 }));
    parts.push(s("path", { d: path(groups.map((g) => [x(g.middle), y(g.value)])), fill: "none", stroke: "var(--run3)", "stroke-width": 2 }));
    for (const g of groups) parts.push(s("circle.dot", { cx: x(g.middle), cy: y(g.value), r: clamp(3 + Math.log10(g.all), 3, 8), fill: "var(--run3)" }));
    return parts;
  }, 0.72);
}

/** A point and its interval on a scale that the rows of a table share. */
function intervalBar(place, value, low, high, fill) {
  const svg = s("svg", { viewBox: "0 0 100 26", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(s("line", { x1: place(low), x2: place(high), y1: 13, y2: 13, stroke: fill, "stroke-width": 4, opacity: 0.35, "vector-effect": "non-scaling-stroke" }));
  // A stroke of no length with round ends is a round dot however the picture is stretched.
  svg.append(s("line", { x1: place(value), x2: place(value) + 0.01, y1: 13, y2: 13, stroke: fill, "stroke-width": 11, "stroke-linecap": "round", "vector-effect": "non-scaling-stroke" }));
  return svg;
}
