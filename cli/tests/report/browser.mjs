// Opens pages of `earnest report` in a real browser, offline: no error, no request, nothing wider than the window, in
// light and dark, on a phone and a desk; the threshold moves what is shown, and a clip plays.
//
//     cargo test -p earnest-cli --test report        # makes target/tmp/report.html and single.html
//     npm install --no-save playwright-core
//     node cli/tests/report/browser.mjs [--chromium /usr/bin/chromium] [--shots DIR] PAGE…
//
// Prints what was checked; exit 1 at the first thing that is wrong.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";

// From where it was installed: here or in the folder that this runs in.
const { chromium } = createRequire(resolve("package.json"))("playwright-core");

const options = { "--chromium": "/usr/bin/chromium", "--shots": null };
const pages = [];
for (let n = 2; n < process.argv.length; n++) {
  if (process.argv[n] in options) options[process.argv[n]] = process.argv[++n];
  else pages.push(process.argv[n]);
}
assert(pages.length > 0, "which pages?");
if (options["--shots"]) mkdirSync(options["--shots"], { recursive: true });

const browser = await chromium.launch({
  executablePath: options["--chromium"],
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required"],
});
let checks = 0;
const check = (fine, what) => {
  assert(fine, what);
  checks++;
};

for (const file of pages) {
  for (const scheme of ["light", "dark"]) {
    for (const [width, height, touch] of [[390, 844, true], [1280, 900, false]]) {
      const where = `${basename(file, ".html")}-${scheme}-${width}`;
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, hasTouch: touch, offline: true, reducedMotion: "reduce" });
      const page = await context.newPage();
      const wrong = [];
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
      page.on("pageerror", (error) => wrong.push(String(error)));
      page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || wrong.push(`asks for ${request.url()}`));
      await page.goto(pathToFileURL(resolve(file)).href);
      await page.waitForSelector("#tradeoff svg");
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      check((await wide()) <= 0, `${where}: ${await wide()} px too wide`);
      const tallest = await page.evaluate(() => Math.max(...[...document.querySelectorAll("tr")].map((row) => row.offsetHeight)));
      check(tallest < 200, `${where}: a row of a table is ${tallest} px tall`);
      if (options["--shots"]) {
        await page.screenshot({ path: `${options["--shots"]}/${where}.png`, fullPage: true });
        await page.screenshot({ path: `${options["--shots"]}/${where}-top.png` });
      }

      // The keyboard moves the threshold, and everything follows it.
      const slider = page.locator("#threshold");
      const headline = () => page.locator("#headline h2").innerText();
      const before = await headline();
      const from = +(await slider.inputValue());
      await slider.focus();
      for (let n = 0; n < 60; n++) await page.keyboard.press("ArrowRight");
      await page.waitForFunction((n) => +document.querySelector("#threshold").value === n, from + 60);
      await page.waitForFunction((text) => document.querySelector("#headline h2").innerText !== text, before);
      check((await slider.getAttribute("aria-valuetext")).includes("missed"), `${where}: the slider says what it gives`);
      const rows = await page.evaluate(() => {
        const cells = (id) => [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => +row.querySelectorAll("td")[id === "negatives" ? 2 : 1].textContent);
        const all = (id) => +document.querySelector(`#${id} tfoot`).querySelectorAll("td")[id === "negatives" ? 2 : 1].textContent;
        const sum = (list) => list.reduce((a, b) => a + b, 0);
        return ["negatives", "positives"].map((id) => [sum(cells(id)), all(id)]);
      });
      for (const [sum, all] of rows) check(sum === all, `${where}: rows add up to ${sum}, the last says ${all}`);
      await page.getByRole("button", { name: "as at first" }).click();
      await page.waitForFunction((text) => document.querySelector("#headline h2").innerText === text, before);
      check((await headline()) === before, `${where}: back where it began`);

      // Pressing on a drawing does too.
      const drawing = page.locator("#bythreshold .pick");
      await drawing.scrollIntoViewIfNeeded();
      const frame = await drawing.boundingBox();
      await page.mouse.click(frame.x + frame.width * 0.8, frame.y + frame.height / 2);
      await page.waitForFunction((n) => +document.querySelector("#threshold").value !== n, from);
      check((await headline()) !== before, `${where}: a press moved it`);

      // A clip plays, and its length is that of the picture.
      const play = page.locator("#worst .play").first();
      await play.click();
      await page.waitForFunction(() => {
        const cursor = document.querySelector("#worst .cursor:not([hidden])");
        return cursor && parseFloat(cursor.style.left.slice(5)) > 2;
      });
      check((await play.getAttribute("aria-pressed")) === "true", `${where}: it plays`);
      await play.click();
      check((await play.getAttribute("aria-pressed")) === "false", `${where}: and stops`);
      const images = await page.evaluate(() => [...document.querySelectorAll(".clip img")].every((image) => image.alt && image.naturalWidth > 50));
      check(images, `${where}: pictures have words`);

      // Every control and figure has a name.
      const unnamed = await page.evaluate(() => {
        const bare = [...document.querySelectorAll("button, input, svg[role=img], [role=region]")].filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length));
        return bare.map((e) => e.outerHTML.slice(0, 80));
      });
      check(unnamed.length === 0, `${where}: without a name: ${unnamed}`);

      // The other results and splits.
      for (const radio of await page.locator("#choosers input").all()) {
        await radio.focus();
        await page.keyboard.press("Space");
        check((await page.locator("#headline h2").innerText()).length > 20, `${where}: a headline for each`);
        check((await wide()) <= 0, `${where}: ${await wide()} px too wide after a choice`);
      }

      await page.emulateMedia({ media: "print" });
      check(!(await page.locator("#control").isVisible()), `${where}: no slider on paper`);
      check(wrong.length === 0, `${where}: ${wrong.join("; ")}`);
      await context.close();
    }
  }
}
await browser.close();
console.log(`checks passed: ${checks}`);
