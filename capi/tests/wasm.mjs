// The C interface as WebAssembly, from plain exports: prints the events of a raw recording as tests/c/events.c does.
//
//     node wasm.mjs earnest.wasm MODEL THRESHOLD|own CHUNK AUDIO
import { readFileSync } from "node:fs";

const [wasm, modelFile, threshold, chunk, audioFile] = process.argv.slice(2);
// It imports nothing: no heap, no clock, no file.
const { instance } = await WebAssembly.instantiate(readFileSync(wasm), {});
const library = instance.exports;
const model = readFileSync(modelFile);
const audio = readFileSync(audioFile);

// The page's own memory begins behind the library's.
const PAGE = 65536;
let top = library.memory.grow(8) * PAGE;
const take = (bytes) => {
    const at = top;
    top += (bytes + 7) & ~7;
    if (top > library.memory.buffer.byteLength) library.memory.grow(Math.ceil((top - library.memory.buffer.byteLength) / PAGE));
    return at;
};
const check = (status) => {
    if (status !== 0) throw new Error(`status ${status}`);
};

const CONFIG = 48;
const config = take(CONFIG);
const image = take(model.length);
const needed = take(4);
const handle = take(4);
const taken = take(4);
const event = take(88);
const samples = take(2 * chunk);
let view = new DataView(library.memory.buffer);
const refresh = () => (view = new DataView(library.memory.buffer));

check(library.earnest_config_default(config, CONFIG));
new Uint8Array(library.memory.buffer).set(model, image);
view.setUint32(config + 8, image, true);
view.setUint32(config + 12, model.length, true);
view.setUint32(config + 16, threshold === "own" ? 0 : 1, true);
view.setFloat32(config + 20, threshold === "own" ? 0 : threshold, true);
check(library.earnest_required_bytes(config, needed, 0));
const bytes = view.getUint32(needed, true);
const memory = take(bytes);
refresh();
check(library.earnest_init(memory, bytes, config, handle, 0));
const listener = view.getUint32(handle, true);

const hex = (at) => view.getUint32(at, true).toString(16).padStart(16, "0");
const at = (offset) => view.getBigUint64(event + offset, true);
const names = [, "speech-start", "speech-end", "wake", "near-miss"];
for (let start = 0; start < audio.length; start += 2 * chunk) {
    const piece = audio.subarray(start, start + 2 * chunk);
    new Uint8Array(library.memory.buffer).set(piece, samples);
    let [from, left] = [samples, piece.length / 2];
    for (;;) {
        check(library.earnest_push(listener, from, left, taken, event));
        const count = view.getUint32(taken, true);
        from += 2 * count;
        left -= count;
        const kind = view.getUint32(event, true);
        if (kind === 0) break;
        const name = `event ${names[kind]}`;
        console.log(kind < 3 ? `${name} ${at(8)} ${at(24)}` : `${name} ${at(8)} ${at(16)} ${at(24)} ${hex(event + 32)}`);
    }
}
console.log(`end ${audio.length / 2}`);
check(library.earnest_release(listener));
