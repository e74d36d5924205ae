"""What the recipe of wake nets rests on, checked without data: `python test_wake.py`."""
import itertools
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
from scipy.special import log_softmax

import augment
import export
import model
import wake_phrase
from symbols import collapse, ids
from wake_align import path, span
from wake_base import CONFIG
from wake_data import LOG_BLANK, STEPS, Segments
from wake_phrase import bare, costs, distances, spelt, utterances


def test_pronunciations():
    assert utterances("view glass") == [[["V", "Y", "UW1"], ["G", "L", "AE1", "S"]]]
    assert utterances("snowboy") == [[["S", "N", "OW1", "B", "OY2"]]] and spelt("hey snowboy") == "hey snow boy"
    assert utterances("zorbo") and all(p.rstrip("012").isalpha() for way in utterances("zorbo") for word in way for p in word)


def test_weighted_distance():
    phones = [i for i in range(38)]
    rng = np.random.default_rng(1)
    gap = lambda p: 1.2 if wake_phrase.PHONES[p] in wake_phrase.VOWELS else 1.0

    def naive(a, b):
        if not a or not b:
            return sum(map(gap, [*a, *b]))
        return min(naive(a[1:], b[1:]) + costs()[a[0], b[0]], naive(a[1:], b) + gap(a[0]), naive(a, b[1:]) + gap(b[0]))

    for _ in range(30):
        a, b = list(rng.choice(phones, rng.integers(1, 6))), list(rng.choice(phones, 4))
        assert np.isclose(distances(a, np.array([b]))[0], naive(a, b))


def test_best_path():
    rng = np.random.default_rng(2)
    for labels in ([1, 2], [1, 1], [3]):
        lp = log_softmax(rng.normal(size=(6, 39)), axis=1)
        states, score = path(lp, labels)
        paths = [p for p in itertools.product([0, *set(labels)], repeat=6) if collapse(p) == labels]
        best = max(sum(lp[t, s] for t, s in enumerate(p)) for p in paths)
        symbols = [0 if s % 2 == 0 else labels[s // 2] for s in states]
        assert np.isclose(score, best) and np.isclose(sum(lp[t, s] for t, s in enumerate(symbols)), best)


def test_the_phrase_is_found_in_a_sentence():
    lp = np.full((40, 39), -9.0)
    said = {5: 1, 10: 2, 14: 3, 18: 2, 25: 4, 30: 5}
    lp[:, 0] = 0
    for frame, symbol in said.items():
        lp[frame, symbol], lp[frame, 0] = 0, -9
    assert list(span(lp, [[[1], [2, 3, 2], [4, 5]]])) == [10, 18]
    assert list(span(lp, [[[1], [2, 3], [2, 4, 5]], [[1, 2], [3], [2, 4, 5]]])) in ([10, 14], [14, 14])


def test_nothing_is_confusable_with_itself():
    found = wake_phrase.nearest(bare(utterances("computer")[0][0]), 40, 2)
    assert found[0][0] == 0 and found[0][1] == "computer"
    assert all(a[0] <= b[0] for a, b in zip(found, found[1:]))
    assert {"commuter", "computers"} <= {word for _, word, _ in found}


def test_a_head_is_exported_as_it_is():
    params, state = model.init(CONFIG, 3)
    rng = np.random.default_rng(4)
    for name in state:
        state[name] = dict(mean=rng.normal(size=state[name]["mean"].shape).astype("f"), var=rng.uniform(0.5, 2, state[name]["var"].shape).astype("f"))
    w, bias = rng.normal(size=(CONFIG["channels"], 1)).astype("f"), np.float32([-3])
    x = rng.normal(-6, 4, (1, 120, 40)).astype("f")
    expected = np.asarray(model.trunk(params, state, x, CONFIG)[0][-1]) @ w + bias
    from wake_export import graph
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "m.onnx"
        onnx.save(onnx.helper.make_model(graph(params, state, w, bias), opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), file)
        actual = onnxruntime.InferenceSession(file).run(None, {"mel": x})[0]
    assert actual.shape == (1, 30, 1) and np.abs(actual - expected).max() < 1e-3 * np.abs(expected).max()
    assert ids(["AO1"]) == ids(["AA"])


def test_the_curve_counts_what_is_negative():
    from wake_export import curve
    group = lambda positive, counts: dict(positive=positive, samples=16000 * 1800, false_accepts=counts)
    thresholds = [0.1 + 0.04 * i + 3e-7 for i in range(17)]
    result = dict(run=dict(thresholds=thresholds), groups=[group(True, [99] * 17), group(False, [5] * 8 + [1] * 9), group(False, [2] * 16 + [0])])
    assert curve(result) == "1.000 0.10001:7 0.42001:3 0.74001:1"


def test_segments_hold_phrases_and_where_they_end():
    """Clips of noise, some of them a phrase: batches have the shapes the training reads, and phrases have ends in them."""
    rng = np.random.default_rng(3)

    def clip(frames, phrase):
        teacher = np.concatenate([np.tile(LOG_BLANK, (frames // 2, 1)), np.zeros((frames // 2, 1), np.float32)], 1)
        made = object.__new__(augment.Clip)
        made.key, made.mels, made.frames, made.teacher = "", [rng.normal(-5, 1, (frames, 40)).astype(np.float32)], frames, teacher
        made.labels = made.places = made.span = None
        made.phrase = phrase
        if phrase is not None:
            made.span = np.array([5, 30])
            teacher[5:31, -1] = 1
        return made

    said, other = [[clip(100, k)] for k in (0, 1)], [clip(n, None) for n in (90, 700, 2000)]
    share = lambda members: np.full(len(members), 1 / len(members))
    data = SimpleNamespace(phrases=["a", "b"], said=[(s, share(s)) for s in said], alike=other[:1], alike_share=share(other[:1]),
                           other=other, other_share=share(other), mined=[])
    mel, target, weight, negative, ends, which = Segments(data, [other[1].mels[0]], 6, 5)(1)
    assert mel.shape == (6, augment.FRAMES, 40) and np.isfinite(mel).all() and target.shape == (6, augment.FRAMES // 2, 39)
    assert weight.shape == target.shape[:2] and negative.shape == (6, STEPS, 2) and set(which[ends >= 0]) == {0, 1}
    for row, last, k in zip(*np.nonzero(ends >= 0), which[ends >= 0]):
        assert negative[row, ends[row, last], k] == 0


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(name, "ok")
