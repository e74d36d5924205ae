// Axes and scales.

const SVG = "http://www.w3.org/2000/svg";
function s(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElementNS(SVG, name);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "number") element.setAttribute(key, Math.round(value * 100) / 100);
    else if (value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function linear(from, to, left, right) {
  const scale = (value) => left + ((clamp(value, from, to) - from) / (to - from)) * (right - left);
  const step = niceStep((to - from) / Math.max(2, Math.abs(right - left) / 70));
  scale.ticks = [];
  for (let v = Math.ceil(from / step - 1e-9) * step; v <= to + 1e-9; v += step) scale.ticks.push(+v.toFixed(10));
  return scale;
}
function niceStep(raw) {
  const decade = 10 ** Math.floor(Math.log10(raw));
  return decade * ([1, 2, 5, 10].find((m) => m * decade >= raw * 0.999) ?? 10);
}

/** Logarithmic, with a place of its own for 0. */
function logarithmic(from, to, left, right, slot) {
  const sign = Math.sign(right - left);
  const begin = left + sign * slot;
  const place = (value) => begin + ((Math.log(clamp(value, from, to)) - Math.log(from)) / (Math.log(to) - Math.log(from))) * (right - begin);
  const scale = (value) => (value <= 0 ? left + (sign * slot) / 2.6 : place(value));
  scale.edge = (value) => (value <= 0 ? left : place(value));
  scale.begin = begin;
  const room = Math.abs(right - begin) / Math.log10(to / from);
  const digits = room > 150 ? [1, 2, 5] : room > 85 ? [1, 3] : [1];
  scale.ticks = [];
  for (let decade = Math.floor(Math.log10(from)); decade <= Math.log10(to); decade++) {
    for (const digit of digits) {
      const value = digit * 10 ** decade;
      if (value >= from * 0.999 && value <= to * 1.001) scale.ticks.push(+value.toPrecision(2));
    }
  }
  return scale;
}

/** Thresholds by their place in the grid, which is finest where scores differ most. */
function grid(run, first, last, left, right) {
  const scale = (i) => left + ((clamp(i, first, last) - first) / Math.max(1, last - first)) * (right - left);
  const nice = [0.5, 0.1, 0.9, 0.01, 0.99, 0.999, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6, 0.05, 0.95, 0.02, 0.98, 0.005, 0.995, 0.9999];
  scale.ticks = [];
  scale.words = new Map();
  for (const value of nice) {
    const i = run.thresholds.findIndex((t) => t >= value - 1e-9);
    if (i < first || i > last || i < 0 || scale.ticks.some((other) => Math.abs(scale(other) - scale(i)) < 44)) continue;
    // A tick stands between two thresholds if the nice value does.
    const before = run.thresholds[i - 1] ?? value;
    const place = run.thresholds[i] > value && before < value ? i - (run.thresholds[i] - value) / (run.thresholds[i] - before) : i;
    scale.ticks.push(place);
    scale.words.set(place, String(value));
  }
  scale.word = (place) => scale.words.get(place);
  return scale;
}

/** Deviates of the normal distribution (Acklam's rational approximation; good to 1e-9, far more than a pixel). */
function deviate(p) {
  const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
  const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
  if (p > 0.5) return -deviate(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return c.reduce((sum, v) => sum * q + v) / (d.reduce((sum, v) => sum * q + v) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (a.reduce((sum, v) => sum * r + v) * q) / (b.reduce((sum, v) => sum * r + v) * r + 1);
}
function normal(from, to, left, right) {
  const [low, high] = [deviate(from), deviate(to)];
  const scale = (p) => left + ((deviate(clamp(p, from, to)) - low) / (high - low)) * (right - left);
  const all = [0.0001, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99];
  scale.ticks = all.filter((p) => p >= from * 0.999 && p <= to * 1.001);
  // Ticks that would touch are left out.
  const space = left > right ? 22 : 44;
  scale.ticks = scale.ticks.reduce((kept, p) => (kept.length && Math.abs(scale(p) - scale(kept[kept.length - 1])) < space ? kept : [...kept, p]), []);
  return scale;
}

/** Grid, ticks and titles. */
function axes(box, x, y, xTick, yTick, xTitle, yTitle) {
  const parts = [];
  for (const v of y.ticks) {
    parts.push(s("line.grid", { x1: box.left, x2: box.right, y1: y(v), y2: y(v) }));
    parts.push(s("text", { x: box.left - 7, y: y(v) + 4, "text-anchor": "end" }, yTick(v)));
  }
  for (const v of x.ticks) {
    parts.push(s("line.grid", { x1: x(v), x2: x(v), y1: box.top, y2: box.bottom }));
    parts.push(s("text", { x: x(v), y: box.bottom + 17, "text-anchor": "middle" }, xTick(v)));
  }
  if (xTitle) parts.push(s("text.title", { x: box.right, y: box.bottom + 36, "text-anchor": "end" }, xTitle));
  if (yTitle) parts.push(s("text.title", { x: 0, y: box.top - 10 }, yTitle));
  return parts;
}

const path = (points) => points.map(([px, py], i) => `${i ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`).join("");

/** A figure with heading, words and a drawing that fits its width. */
function figure(id, heading, words, draw, aspect) {
  const host = byId(id);
  let plot = host.querySelector(".plot");
  if (!plot) {
    plot = h("div.plot");
    host.replaceChildren(h("h3"), h("figcaption"), plot);
  }
  host.querySelector("h3").textContent = heading;
  host.querySelector("figcaption").replaceChildren(...[words].flat());
  const width = Math.max(260, plot.clientWidth);
  const height = Math.round(clamp(width * aspect, 260, 420));
  const drawing = draw(width, height);
  if (!drawing) return host.replaceChildren();
  plot.replaceChildren(s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${heading}. ${host.querySelector("figcaption").textContent}` }, drawing));
}

/** Pressing or dragging on a drawing moves the threshold to the nearest of `points`: [x, y, index]. */
function pickable(box, points, across) {
  const area = s("rect.pick", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top, fill: "transparent" });
  const pick = (event) => {
    const frame = area.ownerSVGElement.getBoundingClientRect();
    const [px, py] = [event.clientX - frame.left, event.clientY - frame.top];
    let [best, near] = [null, Infinity];
    for (const [x, y, index] of points) {
      const distance = (x - px) ** 2 + (across ? 0 : (y - py) ** 2);
      if (distance < near) [best, near] = [index, distance];
    }
    if (best !== null) moveTo(best);
  };
  // The drawing is made anew at each move, so the page follows the pointer, not the drawing.
  area.addEventListener("pointerdown", (event) => {
    pick(event);
    const stop = () => removeEventListener("pointermove", move);
    const host = area.ownerSVGElement.parentElement;
    const move = (later) => {
      if (later.buttons === 0) return stop();
      host.querySelector(".pick")?.dispatchEvent(new CustomEvent("drag", { detail: later }));
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", stop, { once: true });
  });
  area.addEventListener("drag", (event) => pick(event.detail));
  return area;
}
