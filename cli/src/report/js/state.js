"use strict";
// What is shown, and how numbers are looked up and written.

const data = JSON.parse(document.getElementById("data").textContent);
const state = { run: 0, split: data.runs[0].views[0].split, at: data.runs.map((run) => run.start) };

const runNow = () => data.runs[state.run];
const indexNow = () => state.at[state.run];
const viewOf = (run) => run.views.find((view) => view.split === state.split) ?? run.views[0];
const viewNow = () => viewOf(runNow());

/** The count that holds at threshold index `i`: steps are [from, count], `from` ascends. */
function at(steps, i) {
  let count = 0;
  for (const [from, value] of steps) {
    if (from > i) break;
    count = value;
  }
  return count;
}

/** The element of a list of stretches that holds at `i`. */
const stretch = (list, i) => list.findLast((entry) => entry.from <= i);

/** Events in hours: Garwood's limits of every count that occurs are in the data. */
function rate(events, hours) {
  const [low, high] = data.limits[events] ?? [0, Infinity];
  return { events, hours, value: events / hours, low: low / hours, high: high / hours };
}

/** Wilson's interval. */
function share(count, of) {
  if (of === 0) return { count, of, value: NaN, low: 0, high: 1 };
  const zz = data.z * data.z;
  const spread = data.z * Math.sqrt((count * (of - count)) / of + zz / 4);
  const sum = count + zz / 2 + spread;
  return { count, of, value: count / of, low: (count * count) / of / sum, high: count === of ? 1 : sum / (of + zz) };
}

/** False accepts of a view at a threshold; limits allow for sessions. */
function falseAccepts(view, i) {
  const result = rate(at(view.false_accepts, i), view.hours);
  const limit = (value) => (value < 0 ? Infinity : value);
  return { ...result, low: limit(view.session_low[i]), high: limit(view.session_high[i]), upper: limit(view.session_upper[i]), effect: view.design_effect[i] };
}

const missed = (view, i) => share(view.trials - at(view.hits, i), view.trials);

/** An engine that only says yes or no has one point, not a curve. */
const hasScores = (run) => run.scored;

const number = (value, digits) => value.toFixed(digits);
function perHour(value) {
  if (!Number.isFinite(value)) return "any number";
  if (value === 0) return "0";
  if (value >= 100) return number(value, 0);
  if (value >= 10) return number(value, 1);
  return value >= 0.0095 ? number(value, 2) : value.toPrecision(1);
}
function percent(value) {
  const p = 100 * value;
  if (Number.isNaN(p)) return "–";
  return `${p === 0 || p === 100 ? p : p < 0.095 ? p.toPrecision(1) : number(p, 1)} %`;
}
/** Numbers on an axis. */
const rateTick = (value) => String(+value.toPrecision(3));
const shareTick = (value) => `${+(100 * value).toPrecision(3)} %`;
const hours = (value) => (value >= 100 ? number(value, 0) : value >= 10 ? number(value, 1) : number(value, 2));
const threshold = (run, i) => {
  const value = run.thresholds[i];
  return value > 0.98 && value < 1 ? String(+value.toFixed(5)) : number(value, 3).replace(/0$/, "");
};
const plural = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const pValue = (p) => (p < 0.0001 ? "< 0.0001" : p < 0.01 ? p.toPrecision(1) : number(p, 2));
const clock = (s) => {
  const whole = Math.floor(s);
  const pad = (v) => String(v).padStart(2, "0");
  const h = Math.floor(whole / 3600);
  const tail = `${pad(whole % 60)}.${Math.floor((s - whole) * 10)}`;
  return h > 0 ? `${h}:${pad(Math.floor(whole / 60) % 60)}:${tail}` : `${Math.floor(whole / 60)}:${tail}`;
};

/** An element; strings become text, so nothing in the data is taken for markup. */
function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}
const byId = (id) => document.getElementById(id);
