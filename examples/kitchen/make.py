#!/usr/bin/env python3
"""Makes the audio beside this file: a kitchen conversation, enrolment clips, background talk.

    pip install -r requirements.txt     (and `npm`, which fetches the style vectors)
    python make.py [--out DIR] [--cache DIR]

Everything is seeded: the same packages on the same machine write the same bytes.
"""

import argparse
import json
import pathlib

import numpy as np
import soundfile

import noise
from room import Room
from voice import RATE, Voice, active_rms, at_level

SEED = 20
PHRASE = "hey earnest"
PEAK_DBFS = -4.0
MAX_BYTES = 2_500_000

# The kitchen, in metres: x along the window, y away from it, z up. The device is on the counter.
KITCHEN = dict(size_m=(5.1, 3.7, 2.5), t60_s=(0.42, 0.36, 0.28))
DEVICE = (2.3, 0.6, 1.0)
SINK = (4.2, 0.5, 0.95)
FRIDGE = (0.5, 3.1, 0.6)
TABLE = (3.4, 2.6, 0.8)

# Who speaks: a timbre (weights of Kokoro's styles), an accent, a place.
PEOPLE = {
    "ivy": dict(timbre={"af_heart": 0.7, "af_bella": 0.3}, accent="en-us", at=(2.7, 1.5, 1.55)),
    "paul": dict(timbre={"am_michael": 0.8, "am_puck": 0.2}, accent="en-us", at=(1.2, 2.3, 1.65)),
    "nora": dict(timbre={"bf_emma": 1.0}, accent="en-gb", at=(4.1, 2.9, 1.2)),
}

# What is said: (speaker, pause before in seconds, text, speed). A pause below zero overlaps.
TALK = [
    ("paul", 0.8, "Did anyone ring about the furnace? It's freezing in here.", 1.0),
    ("nora", 0.35, "Yes, I did. Hey, honest, I called them twice, and they promised Tuesday.", 1.05),
    ("ivy", 0.4, "Who left the Ernest Hemingway book on the bread board?", 1.0),
    ("paul", 0.25, "Me. I'm reading it in earnest this time, before the harvest supper.", 1.05),
    ("nora", -0.1, "He says that so earnestly, every single year.", 1.0),
    ("ivy", 0.5, "Didn't Ernest's brother write one as well? I heard he was an artist.", 1.05),
    ("paul", 0.3, "Hey, her nest is finished! Look, the robin, out by the window.", 1.05),
    ("nora", 0.4, "Hey, honestly, leave her be. She has a nest to look after.", 1.0),
    ("ivy", 0.35, "And we have onions to peel. Hey, are these the best knives we have?", 1.05),
    ("paul", 0.3, "The rest are in the drawer. I can hardly see what I'm cutting.", 1.05),
    ("ivy", 1.1, "Hey /ˈɜɹnɪst/.", 0.95),
    ("ivy", 0.4, "Turn on the kitchen light.", 0.95),
    ("paul", 1.2, "Oh, that's better. Now, is it soup, or the furnace man's stew?", 1.05),
    ("nora", 0.3, "Soup. And this time I say it in earnest: no garlic.", 1.0),
]
# Words in the talk that sound like the phrase or hold a part of it.
NEAR = ["hey, honest", "hey, her nest", "hey, are these", "in earnest", "earnestly", "ernest's",
        "the ernest", "furnace", "harvest", "artist", "nest to", "best", "the rest"]
TAIL_S = 0.9
TAP_S = (17.0, 39.5)  # the tap runs from, to: also while the phrase is said

# Five people enrol. Ivy does too, but it is another take: another timbre mix and pace.
ENROL = [
    ({"af_heart": 0.85, "af_sarah": 0.15}, "en-us", 1.0, "Hey /ˈɜɹnɪst/."),
    ({"am_fenrir": 1.0}, "en-us", 1.0, "Hey /ˈɜɹnɪst/."),
    ({"af_kore": 1.0}, "en-us", 0.95, "Hey, /ˈɜɹnɪst/."),
    ({"am_eric": 0.6, "am_echo": 0.4}, "en-us", 1.0, "Hey /ˈɜɹnɪst/."),
    ({"bf_isabella": 0.7, "bf_lily": 0.3}, "en-gb", 1.1, "Hey /ˈɜːnɪst/."),
]

# Other people, who never say the phrase or part of it.
OTHERS = {
    "joan": dict(timbre={"af_sarah": 0.6, "af_nova": 0.4}, accent="en-us", at=(1.6, 1.6, 1.5)),
    "max": dict(timbre={"am_adam": 0.5, "am_onyx": 0.5}, accent="en-us", at=(3.5, 2.2, 1.6)),
    "liz": dict(timbre={"bf_alice": 1.0}, accent="en-gb", at=(2.9, 3.0, 1.2)),
    "hugh": dict(timbre={"bm_george": 1.0}, accent="en-gb", at=(1.0, 1.9, 1.7)),
}
OTHER_TALK = [
    ("joan", 0.5, "We bought two loaves, because the small ones were sold out.", 1.0),
    ("max", 0.3, "Good. We can freeze one. What time are your parents coming?", 1.05),
    ("liz", 0.35, "About seven, if the train is running. They might take a taxi.", 1.0),
    ("hugh", 0.3, "Hey, careful with that pan, it is still hot.", 1.0),
    ("joan", 0.25, "Thank you. Could somebody set the table while I slice the tomatoes?", 1.05),
    ("max", 0.2, "I'll do it. Where did you hide the big plates?", 1.05),
    ("liz", 0.3, "Second shelf, behind the teapot. Use the blue napkins, please.", 1.0),
    ("hugh", 0.4, "And open a window. The smoke is making my eyes water.", 1.0),
]

NOISE_DB = -16.0  # the kitchen at the device against a voice at one metre


def pause_free(rng, length, every_s, blocked):
    """Random moments about `every_s` apart, none inside the `blocked` sample spans."""
    at, moments = rng.uniform(0.3, 1.0) * every_s, []
    while at * RATE < length - RATE:
        sample = int(at * RATE)
        if not any(a - 0.4 * RATE < sample < b for a, b in blocked):
            moments.append(sample)
        at += rng.uniform(0.5, 1.5) * every_s
    return moments


def kitchen_noise(room, length, rng, tap_s, quiet):
    """The kitchen at the device. `quiet`: sample spans without clinks and chops."""
    def placed(x, at):
        return np.convolve(x, room.response(at, DEVICE))[:length]

    def unit(x):
        return x / np.sqrt(np.mean(x**2))

    out = unit(placed(noise.fridge(rng, length, RATE), FRIDGE)) * 10 ** (-3.0 / 20)
    out += noise.coloured(rng, length, RATE, 3.0, 90, 7000) * 10 ** (-3.0 / 20)  # the air outside
    if tap_s:
        water = unit(placed(noise.tap(rng, length, RATE), SINK))
        t = np.arange(length) / RATE
        out += water * np.clip((t - tap_s[0]) / 0.3, 0, 1) * np.clip((tap_s[1] - t) / 0.3, 0, 1)
    touches = np.zeros(length)
    for at in pause_free(rng, length, 4.5, quiet):
        sound = noise.clink(rng, RATE, rng.uniform(2000, 3600))[: length - at]
        touches[at : at + len(sound)] += rng.uniform(0.5, 1.0) * sound
    strokes = np.zeros(length)
    for start in pause_free(rng, length, 9.0, quiet):
        for k in range(rng.integers(3, 6)):
            at = start + int(k * 0.27 * RATE)
            if at + RATE < length and not any(a < at < b for a, b in quiet):
                sound = noise.chop(rng, RATE)
                strokes[at : at + len(sound)] += rng.uniform(0.6, 1.0) * sound
    out += 6.0 * placed(touches, SINK) + 8.0 * placed(strokes, TABLE)
    return out * 10 ** (NOISE_DB / 20)


def at_position(room, x, at):
    """`x` as the device hears it from `at`: a voice of active level 1 at one metre, in the room."""
    return np.convolve(at_level(x, 0.0), room.response(at, DEVICE))


def scene(voice, people, talk, tail_s, tap_s, seed):
    """Mixes a conversation. Returns the samples, peak at PEAK_DBFS, and what was said when."""
    room = Room(**KITCHEN, rate=RATE, seed=seed)
    said, at = [], 0
    for i, (who, pause_s, text, speed) in enumerate(talk):
        person = people[who]
        dry = voice.say(text, person["timbre"], speed, person["accent"], seed=seed + i)
        start = at + int(pause_s * RATE)
        at = start + len(dry)
        said.append((start, at, who, text, dry))
    length = at + int(tail_s * RATE)
    speech = np.zeros(length)
    truth = []
    for start, end, who, text, dry in said:
        wet = at_position(room, dry, people[who]["at"])[: length - start]
        speech[start : start + len(wet)] += wet
        plain = text.replace("/ˈɜɹnɪst/", "earnest")
        is_phrase = plain.lower().strip(".") == PHRASE
        near = [] if is_phrase else [w for w in NEAR if w in plain.lower()]
        distance = float(np.linalg.norm(np.subtract(people[who]["at"], DEVICE)))
        truth.append(dict(start=start, end=end, speaker=who, distance_m=round(distance, 2),
                          text=plain, phrase=is_phrase, near=near))
    # Nothing rattles from the pause before the phrase to the end of the command.
    quiet = [(t["start"] - RATE, t["end"] + 2 * RATE) for t in truth if t["phrase"]]
    rng = np.random.default_rng(seed)
    sounds = kitchen_noise(room, length, rng, tap_s, quiet)
    for t in truth:
        here = slice(t["start"], t["end"])
        ratio = active_rms(speech[here]) / np.sqrt(np.mean(sounds[here] ** 2))
        t["snr_db"] = round(float(20 * np.log10(ratio)), 1)
    mix = speech + sounds
    return mix * 10 ** (PEAK_DBFS / 20) / np.abs(mix).max(), truth


def enrolment(voice, seed):
    """The phrase, alone, 0.6 m from the device, 0.3 s of a quiet room on both sides."""
    room = Room(size_m=(4.4, 3.3, 2.4), t60_s=(0.25, 0.22, 0.18), rate=RATE, seed=seed)
    device, mouth = (1.9, 1.2, 0.9), (2.3, 1.5, 1.2)
    clips = []
    for i, (timbre, accent, speed, text) in enumerate(ENROL):
        dry = voice.say(text, timbre, speed, accent, seed=seed + 100 + i)
        margin = int(0.3 * RATE)
        x = np.zeros(len(dry) + 2 * margin)
        wet = at_level(np.convolve(dry, room.response(mouth, device)), 0.0)[: len(x) - margin]
        x[margin : margin + len(wet)] += wet
        hush = noise.coloured(np.random.default_rng(seed + i), len(x), RATE, 4.0, 80, 7000)
        x += 10 ** (-42.0 / 20) * hush
        span = dict(start=margin, end=margin + len(dry))
        clips.append((x * 10 ** (PEAK_DBFS / 20) / np.abs(x).max(), span, timbre))
    return clips


def write(path, x):
    """16-bit FLAC. Returns the number of bytes."""
    pcm = np.round(x * 32768).astype(np.int64)
    if np.abs(pcm).max() > 32767:
        raise ValueError(f"{path.name} clips")
    soundfile.write(path, pcm.astype(np.int16), RATE, subtype="PCM_16", format="FLAC",
                    compression_level=1.0)
    return path.stat().st_size


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=here, help="folder to write into")
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path.home() / ".cache/earnest",
                        help="folder for the style vectors")
    args = parser.parse_args()
    (args.out / "enroll").mkdir(parents=True, exist_ok=True)
    voice = Voice(args.cache)

    kitchen, said = scene(voice, PEOPLE, TALK, TAIL_S, TAP_S, SEED)
    background, other = scene(voice, OTHERS, OTHER_TALK, 0.6, (9.0, 17.0), SEED + 1000)
    clips = enrolment(voice, SEED + 2000)

    total = write(args.out / "kitchen.flac", kitchen)
    total += write(args.out / "background.flac", background)
    for i, (x, _, _) in enumerate(clips, 1):
        total += write(args.out / "enroll" / f"{i}.flac", x)
    if total > MAX_BYTES:
        raise RuntimeError(f"{total} bytes of audio, {MAX_BYTES} allowed")

    phrase = [dict(start=s["start"], end=s["end"]) for s in said if s["phrase"]]
    if len(phrase) != 1:
        raise RuntimeError(f"the phrase is said {len(phrase)} times, not once")
    truth = dict(
        sample_rate_hz=RATE,
        phrase=dict(file="kitchen.flac", text=PHRASE, **phrase[0]),
        **{"kitchen.flac": dict(samples=len(kitchen), utterances=said)},
        **{"background.flac": dict(samples=len(background), utterances=other)},
        **{f"enroll/{i}.flac": dict(samples=len(x), **span, text=PHRASE, timbre=timbre)
           for i, (x, span, timbre) in enumerate(clips, 1)},
    )
    (args.out / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=False) + "\n")
    for s in said:
        print(f"{s['start'] / RATE:6.2f}-{s['end'] / RATE:5.2f} s  {s['snr_db']:5.1f} dB  "
              f"{s['distance_m']} m  {s['speaker']:5} {s['text']}")
    print(f"kitchen {len(kitchen) / RATE:.1f} s, background {len(background) / RATE:.1f} s, "
          f"{total} bytes of audio")


if __name__ == "__main__":
    main()
