// False accepts and misses to listen to.

let playing = null;

function stop() {
  if (!playing) return;
  playing.audio.pause();
  playing.button.replaceChildren(icon("M5 3l14 9-14 9z"));
  playing.button.setAttribute("aria-label", playing.name);
  playing.button.setAttribute("aria-pressed", "false");
  playing = null;
}
const icon = (d) => s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d }));

function clipCard(clip, number) {
  const length = clip.seconds ?? 1;
  const name = `Play ${clip.missed ? "miss" : "false accept"} ${number}, score ${clip.score.toFixed(2)}`;
  const cursor = h("div.cursor", { hidden: true });
  const button = h("button.play", { type: "button", "aria-label": name, "aria-pressed": "false" }, icon("M5 3l14 9-14 9z"));
  const picture = h("div.picture");
  const place = (seconds) => 100 * clamp(seconds / length, 0, 1);
  if (clip.wav) {
    const image = h("img", { src: clip.png, alt: `Spectrogram of ${clip.seconds.toFixed(1)} seconds around it` });
    const span = h("div.span", { style: `left:${place(clip.start_s)}%;width:${Math.max(1, place(clip.end_s) - place(clip.start_s))}%`, title: clip.missed ? "where it was said" : "what was taken for the phrase" });
    picture.append(image, span, cursor);
    const audio = new Audio();
    audio.preload = "none";
    audio.src = clip.wav;
    const follow = () => {
      cursor.hidden = false;
      cursor.style.left = `calc(${place(audio.currentTime)}% - 1px)`;
      if (playing?.audio === audio) requestAnimationFrame(follow);
    };
    const play = (from) => {
      stop();
      if (from !== undefined) audio.currentTime = from;
      audio.play().then(() => {
        playing = { audio, button, name };
        button.replaceChildren(icon("M5 4h5v16H5zM14 4h5v16h-5z"));
        button.setAttribute("aria-label", "Pause");
        button.setAttribute("aria-pressed", "true");
        follow();
      }, () => {});
    };
    button.addEventListener("click", () => (playing?.audio === audio ? stop() : play()));
    image.addEventListener("click", (event) => play((event.offsetX / image.clientWidth) * length));
    audio.addEventListener("ended", () => {
      stop();
      cursor.hidden = true;
    });
  } else {
    picture.append(h("div.none", {}, "The audio was not there when this page was made."));
    button.disabled = true;
  }
  const strip = h("div.strip");
  const verdict = h("span.verdict");
  const card = h("li.clip", {}, picture, strip, h("div.about", {}, button, h("div", {},
    h("div", {}, h("span.score", {}, clip.score.toFixed(2)), " ", verdict),
    h("div.where", {}, `${clock(clip.at_s)} in `, clip.file, ` · ${clip.set}`))));
  if (clip.missed) card.classList.add("missed");
  card.update = (now) => {
    const over = clip.score >= now;
    card.classList.toggle("below", clip.missed ? over : !over);
    verdict.textContent = clip.missed ? (over ? "heard at this threshold" : "missed") : over ? "wakes it" : "not at this threshold";
    if (clip.trace) strip.replaceChildren(trace(clip, length, now));
  };
  return card;
}

/** The running score under the picture, on the same time axis. */
function trace(clip, length, now) {
  const [first, step, values] = clip.trace;
  const [width, tall] = [320, 58];
  const x = (seconds) => (width * seconds) / length;
  const y = (score) => tall - 5 - clamp(score, 0, 1) * (tall - 10);
  const points = values.map((score, n) => [x(first + n * step), y(score)]).filter(([px]) => px >= -20 && px <= width + 20);
  const d = path(points);
  const id = `above${++traces}`;
  const area = points.length ? `${d}L${points[points.length - 1][0]} ${tall}L${points[0][0]} ${tall}Z` : "";
  return s("svg", { viewBox: `0 0 ${width} ${tall}`, preserveAspectRatio: "none", role: "img", "aria-label": `Score over time, ${clip.score.toFixed(2)} at its highest, threshold ${now.toFixed(2)}` },
    s("clipPath", { id }, s("rect", { x: 0, y: 0, width, height: y(now) })),
    s("path", { d: area, fill: "var(--miss-band)" }),
    s("path", { d: area, fill: "var(--fa)", opacity: 0.75, "clip-path": `url(#${id})` }),
    s("path", { d, fill: "none", stroke: "var(--ink)", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" }),
    s("line.now", { x1: 0, x2: width, y1: y(now), y2: y(now), "vector-effect": "non-scaling-stroke" }));
}

let traces = 0;
let shown = null;
/** Cards are made once for each result and split, so that moving the threshold doesn't stop what plays. */
function clips() {
  const run = runNow();
  const key = `${state.run}/${state.split}`;
  if (shown?.key !== key) {
    stop();
    const cards = [];
    const list = (id, heading, words, wanted) => {
      const some = run.clips.filter((clip) => wanted(clip) && (state.split === null || clip.split === state.split));
      const made = some.map((clip, n) => clipCard(clip, n + 1));
      cards.push(...made);
      byId(id).replaceChildren(...(made.length ? [h("h2", {}, heading), h("p", {}, words), h("ol.clips", {}, made)] : []));
    };
    list("worst", "What it took for the phrase", "The false accepts with the highest scores. Above, the mel spectrogram, the bar under it what was taken for the phrase; below, the running score and the threshold.", (clip) => !clip.missed);
    list("misses", "What it missed", `The sayings with the lowest scores, of those missed at threshold ${threshold(run, run.start)}.`, (clip) => clip.missed);
    shown = { key, cards };
  }
  const now = run.thresholds[indexNow()];
  for (const card of shown.cards) card.update(now);
}
