// Headline, tiles, controls, tables; and drawing it all again when something moves.

const BUDGETS = [0.1, 0.5, 1];

function headline(run, view, i) {
  const fa = falseAccepts(view, i);
  const miss = missed(view, i);
  const scored = hasScores(run);
  const parts = [scored ? `At threshold ${threshold(run, i)}, ` : "", `“${run.phrase}” `];
  if (view.hours) {
    if (fa.events === 0) parts.push("was never woken by mistake in ", h("b.fa", {}, `${hours(view.hours)} hours`));
    else parts.push("wakes by mistake ", h("b.fa", {}, `${perHour(fa.value)} times an hour`));
  }
  if (view.trials) {
    if (view.hours) parts.push(" and ");
    if (miss.count === 0) parts.push("misses ", h("b.miss", {}, "none"), ` of ${plural(miss.of, "saying", "sayings")}`);
    else parts.push("misses ", h("b.miss", {}, percent(miss.value)), " of its sayings");
  }
  parts.push(".");
  const more = [];
  if (view.hours) {
    more.push(`${plural(fa.events, "false accept", "false accepts")} in ${hours(view.hours)} h without the phrase: with 95 % confidence the rate is `, h("b", {}, `at most ${perHour(fa.upper)} an hour`), ". ");
    const alone = rate(fa.events, fa.hours);
    if (fa.effect > 1.2) more.push(`They come in clusters, so it is sessions that count; taken as independent they would give ${perHour(alone.low)} to ${perHour(alone.high)}. `);
  }
  if (view.trials) more.push(`${miss.count.toLocaleString("en")} of ${plural(miss.of, "saying", "sayings")} missed: between ${percent(miss.low)} and ${percent(miss.high)}. `);
  const claim = view.needed.find(([, needed]) => needed > view.hours);
  if (view.hours && claim && fa.events === 0) more.push(`To claim ${claim[0]} an hour, ${hours(claim[1] - view.hours)} h more without a false accept would be needed.`);
  byId("headline").replaceChildren(h("h2", {}, parts), h("p", {}, more));
}

function tiles(run, view, i) {
  const fa = falseAccepts(view, i);
  const miss = missed(view, i);
  const late = stretch(view.latency, i);
  const known = late?.bars.length;
  const tile = (name, value, note) => h("div.tile", {}, h("div.name", {}, name), h("div.value", {}, value), h("div.note", {}, note));
  const cost = run.cpu_s_per_hour;
  byId("tiles").replaceChildren(
    tile("False accepts per hour", view.hours ? perHour(fa.value) : "–", view.hours ? `95 %: ${perHour(fa.low)} to ${perHour(fa.high)}` : "no audio without the phrase"),
    tile("Missed", view.trials ? percent(miss.value) : "–", view.trials ? `95 %: ${percent(miss.low)} to ${percent(miss.high)}` : "no sayings"),
    tile("Half of them heard within", known ? `${late.median} ms` : "–", known ? `95 % within ${late.p95} ms of its end` : "no phrase whose end is known"),
    tile("Cost of an hour of audio", cost ? `${cost[0] >= 10 ? number(cost[0], 0) : number(cost[0], 2)} CPU s` : "–", cost ? `${Math.round(3600 / cost[0]).toLocaleString("en")} times as fast as it plays; ${number(cost[1], 2)} s are decoding` : "not measured here"),
  );
}

/** The lowest threshold from which on a budget is met. */
function within(view, count, budget) {
  let best = null;
  for (let i = count - 1; i >= 0 && at(view.false_accepts, i) / view.hours <= budget; i--) best = i;
  return best;
}

function control() {
  const run = runNow();
  const host = byId("control");
  if (!hasScores(run)) return host.replaceChildren(h("p.soft", {}, `${run.label} only says yes or no: there is no threshold to move.`));
  const slider = h("input", { type: "range", id: "threshold", min: 0, max: run.thresholds.length - 1, step: 1, oninput: (event) => moveTo(+event.target.value) });
  const jump = (name, target) => h("button", { type: "button", disabled: target === null, onclick: () => moveTo(target) }, name);
  const view = viewNow();
  const jumps = view.hours ? BUDGETS.map((budget) => jump(`${budget} an hour`, within(view, run.thresholds.length, budget))) : [];
  host.replaceChildren(
    h("label", { for: "threshold" }, "Threshold ", h("output", { id: "value", for: "threshold" })),
    h("div.slider", {}, slider),
    h("div.read", { id: "read", "aria-hidden": "true" }),
    h("div.jumps", {}, "Counted at most", jumps, jump("as at first", run.start), h("span", {}, `(${run.start_why})`)),
  );
}

function readout(run, view, i) {
  const slider = byId("threshold");
  if (!slider) return;
  slider.value = i;
  const fa = view.hours ? `${perHour(falseAccepts(view, i).value)} an hour` : "";
  const miss = view.trials ? `${percent(missed(view, i).value)} missed` : "";
  slider.setAttribute("aria-valuetext", `${threshold(run, i)}: ${[fa, miss].filter(Boolean).join(", ")}`);
  byId("value").textContent = threshold(run, i);
  byId("read").replaceChildren(h("span.fa", {}, fa), h("span.miss", {}, miss));
}

function choosers() {
  const group = (name, legend, entries, chosen, choose) => entries.length < 2 ? null : h("fieldset.chooser", {}, h("legend", {}, legend), entries.map(([label, value, swatch]) =>
    h("label", {}, h("input", { type: "radio", name, checked: value === chosen, onchange: () => choose(value) }), h("span", {}, swatch ?? null, label))));
  const swatch = (n) => h("i.swatch", { style: `border-color:${colour(n)}` });
  byId("choosers").replaceChildren(...[
    group("run", "Result", data.runs.map((run, n) => [run.label, n, swatch(n)]), state.run, (n) => {
      state.run = n;
      control();
      render();
      method();
    }),
    group("split", "Audio", runNow().views.map((view) => [view.split ?? "all", view.split]), state.split, (split) => {
      state.split = split;
      control();
      render();
    }),
  ].filter(Boolean));
}

const what = (group) => [group.kind, group.phrase ? `“${group.phrase}”` : null, state.split === null ? group.split : null].filter(Boolean).join(" · ");

function negatives(view, i) {
  const host = byId("negatives");
  const groups = view.groups.filter((group) => !group.positive);
  if (!groups.length) return host.replaceChildren();
  const rows = groups.map((group) => ({ group, ...rate(at(group.false_accepts, i), group.hours) })).sort((a, b) => b.events - a.events || b.hours - a.hours);
  const all = falseAccepts(view, i);
  const most = Math.max(...rows.map((row) => Math.min(row.high, 1000)), 0.2);
  const least = Math.max(0.02, Math.min(0.1, all.value / 20 || 0.1));
  const scale = (v) => (v <= least ? 0 : (100 * Math.log(Math.min(v, most) / least)) / Math.log(most / least));
  const row = (name, small, r, files, failed) => h("tr", {}, h("th", { scope: "row" }, name, h("small", {}, small)),
    h("td.n.files", {}, files.toLocaleString("en"), failed ? h("small.soft", {}, ` (${failed} failed)`) : null), h("td.n", {}, hours(r.hours)), h("td.n", {}, String(r.events)),
    h("td.n", {}, r.hours ? perHour(r.value) : "–"), h("td.n.soft", {}, `${perHour(r.low)} – ${perHour(r.high)}`), h("td.bar", {}, r.hours ? intervalBar(scale, r.value, r.low, r.high, "var(--fa)") : ""));
  host.replaceChildren(
    h("h2", {}, "False accepts, set by set"),
    h("p", {}, "Counts, and exact 95 % intervals for events that come independently (Garwood); the last row allows for clusters by session. The line is the interval, on a logarithmic scale that all rows share."),
    h("div.scroll", { tabindex: "0", role: "region", "aria-label": "False accepts, set by set" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Set", "Files", "Hours", "False accepts", "Per hour", "95 %"].map((name, n) => h(n === 1 ? "th.n.files" : n ? "th.n" : "th", { scope: "col" }, name)), h("th.bar", { scope: "col", "aria-hidden": "true" }))),
      h("tbody", {}, rows.map((r) => row(r.group.set, what(r.group), r, r.group.files, r.group.failed))),
      rows.length > 1 ? h("tfoot", {}, row("All", "", all, groups.reduce((sum, g) => sum + g.files, 0), 0)) : null)));
}

function positives(view, i) {
  const host = byId("positives");
  const groups = view.groups.filter((group) => group.positive && group.trials);
  if (!groups.length) return host.replaceChildren();
  const rows = groups.map((group) => ({ group, ...share(group.trials - at(group.hits, i), group.trials) })).sort((a, b) => b.value - a.value);
  const all = missed(view, i);
  const most = Math.min(1, Math.max(0.05, ...rows.map((row) => row.high)));
  const scale = (v) => (100 * Math.min(v, most)) / most;
  const row = (name, small, r) => h("tr", {}, h("th", { scope: "row" }, name, h("small", {}, small)), h("td.n", {}, r.of.toLocaleString("en")), h("td.n", {}, String(r.count)),
    h("td.n", {}, percent(r.value)), h("td.n.soft", {}, `${percent(r.low)} – ${percent(r.high)}`), h("td.bar", {}, intervalBar(scale, r.value, r.low, r.high, "var(--miss)")));
  host.replaceChildren(
    h("h2", {}, "Misses, set by set"),
    h("p", {}, "Counts, and Wilson’s 95 % intervals."),
    h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Misses, set by set" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Set", "Sayings", "Missed", "Share", "95 %"].map((name, n) => h(n ? "th.n" : "th", { scope: "col" }, name)), h("th.bar", { scope: "col", "aria-hidden": "true" }))),
      h("tbody", {}, rows.map((r) => row(r.group.set, what(r.group), r))),
      rows.length > 1 ? h("tfoot", {}, row("All", "", all)) : null)));
}

function compare() {
  const host = byId("compare");
  const view = viewOf(data.runs[0]);
  if (data.runs.length < 2 || !view.comparisons.length) return host.replaceChildren();
  const first = data.runs[0];
  const side = (run, n) => {
    const v = viewOf(run);
    const [fa, miss] = [falseAccepts(v, state.at[n]), missed(v, state.at[n])];
    return h("tr", {}, h("th", { scope: "row" }, h("i.swatch", { style: `border-color:${colour(n)}` }), " ", run.label, h("small", {}, run.engine)),
      h("td.n", {}, hasScores(run) ? threshold(run, state.at[n]) : "–"),
      h("td.n", {}, v.hours ? `${fa.events} in ${hours(v.hours)} h` : "–"), h("td.n", {}, v.hours ? perHour(fa.value) : "–"), h("td.n.soft", {}, v.hours ? `${perHour(fa.low)} – ${perHour(fa.high)}` : ""),
      h("td.n", {}, v.trials ? `${miss.count} of ${miss.of}` : "–"), h("td.n", {}, percent(miss.value)), h("td.n.soft", {}, v.trials ? `${percent(miss.low)} – ${percent(miss.high)}` : ""),
      h("td.n", {}, run.cpu_s_per_hour ? number(run.cpu_s_per_hour[0], 1) : "–"));
  };
  const verdict = (better, p) => (p < 0.05 ? h("span.verdict-better", {}, `${better} is better`) : h("span.soft", {}, "may be luck"));
  const tests = view.comparisons.map((comparison) => {
    const other = data.runs[comparison.run];
    const at = (point) => [hasScores(first) ? threshold(first, point.first) : "–", hasScores(other) ? threshold(other, point.other) : "–"];
    const rows = comparison.equal.map((point, n) => {
      const where = n === 0 && hasScores(first) ? `As many false accepts as ${other.label} has` : `${point.budget} an hour each`;
      const fewer = point.only_other > point.only_first ? other.label : first.label;
      return h("tr", {}, h("th", { scope: "row" }, where), at(point).map((t) => h("td.n", {}, t)), h("td.n", {}, String(point.only_first)), h("td.n", {}, String(point.only_other)), h("td.n", {}, pValue(point.mcnemar)), h("td", {}, verdict(fewer, point.mcnemar)));
    });
    const own = comparison.own;
    const better = own.ratio !== null && own.ratio < 1 ? other.label : first.label;
    const sentence = own.ratio === null ? [] : [
      `At the thresholds shown first, ${other.label} wakes by mistake `, h("b", {}, `${number(own.ratio, 2)} times as often`), ` as ${first.label} (${number(own.ratio_low ?? 0, 2)} to ${own.ratio_high === null ? "∞" : number(own.ratio_high, 2)} times; p ${pValue(own.sessions_p ?? own.ratio_p).replace(/^(\d)/, "= $1")}, `,
      own.sessions_p === null ? "conditional on the sum" : "exchanging the two session by session", "): ", verdict(better, own.sessions_p ?? own.ratio_p), ". "];
    return [
      h("h3", { style: "margin-top:1.8rem" }, `${other.label} beside ${first.label}: could the difference be luck?`),
      h("p", {}, sentence, `Misses of the same ${plural(own.trials, "saying", "sayings")} at equal false accepts, by McNemar’s exact test:`),
      h("div.scroll", { tabindex: "0", role: "region", "aria-label": `${other.label} beside ${first.label}` }, h("table", {},
        h("thead", {}, h("tr", {}, ["False accepts", `Threshold, ${first.label}`, other.label, `Only ${first.label} heard`, `Only ${other.label}`, "p", ""].map((name, n) => h(n === 0 || n === 6 ? "th.wrap" : "th.n.wrap", { scope: "col" }, name)))),
        h("tbody", {}, rows))),
    ];
  });
  host.replaceChildren(
    h("h2", {}, "Side by side"),
    h("p", {}, "Each at the threshold it is shown at; the sliders of all results move this table."),
    h("div.scroll", { tabindex: "0", role: "region", "aria-label": "Results side by side" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Result", "Threshold", "False accepts", "Per hour", "95 %", "Missed", "Share", "95 %", "CPU s per hour"].map((name, n) => h(n ? "th.n" : "th", { scope: "col" }, name)))),
      h("tbody", {}, data.runs.map(side)))),
    ...tests.flat());
}

function method() {
  const run = runNow();
  const ms = (samples) => `${number(samples / 16000, 2).replace(/\.?0+$/, "")} s`;
  const entries = [
    ["What was judged", `${run.engine}${run.model ? `, ${run.model}` : ""}, earnest ${run.version}.${run.digest ? ` SHA-256 ${run.digest.slice(0, 16)}….` : ""} ${Object.entries(run.settings).map(([name, value]) => `${name} ${value}`).join(", ")}`],
    ["On what", run.manifests.map((m) => `${m.path} (${m.rows.toLocaleString("en")} rows, SHA-256 ${m.digest.slice(0, 12)}…)`).join("; ")],
    ["How the audio was changed", changesOf(run.augmentation)],
    ["Hit", `The score reached the threshold between the start of the phrase and ${ms(run.rules.hit_after)} after its end.`],
    ["False accept", `The score reached the threshold in audio without the phrase; after one, the next counts from ${ms(run.rules.refractory)} later on.`],
    ["Hours", "Decoded audio without the phrase; not the recordings of the phrase, not the silence around files."],
    ["Intervals", "False accepts: exact Poisson limits (Garwood 1936), at the effective count by sessions or speakers (Korn and Graubard 1998) wherever all sets are taken together. Shares: Wilson 1927. Each holds for one threshold; a threshold chosen on the same audio looks better than it is."],
    ["Left out", run.excluded.length ? run.excluded.map((e) => `${plural(e.files, "file", "files")}: ${e.reason.replace(/_/g, " ")}`).join("; ") : "Nothing."],
    ["Could not be read", run.failed.length ? run.failed.slice(0, 20).map((f) => `${f.file}: ${f.error}`).join("; ") : "Nothing."],
  ];
  if (run.units_done < run.units) entries.unshift(["Not complete", `${run.units_done} of ${run.units} sessions: some shards are missing.`]);
  byId("method").replaceChildren(h("h2", {}, "How this was measured"), h("dl.method", {}, entries.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)])));
}

function changesOf(a) {
  const list = [];
  if (a.room) list.push(`played through one of ${plural(a.room.files, "room", "rooms")} (${a.room.path})`);
  if (a.noise) list.push(`noise from ${a.noise.path} at ${a.snr_db} dB`);
  if (a.gain_db) list.push(`level by ${a.gain_db[0]} to ${a.gain_db[1]} dB`);
  if (a.band_hz) list.push(`only ${a.band_hz[0]} to ${a.band_hz[1]} Hz`);
  if (a.codec) list.push(`through ${a.codec}`);
  return list.length ? `${list.join(", ")}; seed ${a.seed}.` : "It was not.";
}

function moveTo(i) {
  if (state.at[state.run] === i) return;
  state.at[state.run] = i;
  schedule();
}

let waiting = false;
function schedule() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    render();
  });
}

function render() {
  const [run, view, i] = [runNow(), viewNow(), indexNow()];
  if (view.split !== state.split) state.split = view.split;
  headline(run, view, i);
  tiles(run, view, i);
  readout(run, view, i);
  tradeoff();
  byThreshold();
  det();
  scores();
  latency();
  sessions();
  reliability();
  negatives(view, i);
  positives(view, i);
  compare();
  clips();
}

choosers();
control();
render();
method();
new ResizeObserver(schedule).observe(byId("main"));
matchMedia("print").addEventListener("change", schedule);
