#!/usr/bin/env python3
"""What the figures rest on, checked without data: `python test_recipe.py`."""
import itertools
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from scipy.special import log_softmax

import augment
import model
from align import occupancy
from evaluate import ctc_score
from export import graph
from frontend import WEIGHTS, log_mel
from intervals import wilson
from lexicon import best, distance, lattice
from symbols import PHONES, collapse, ids
from synthesize_kokoro import IPA, KOKORO, PIPER, phones, transcription
from train import flatten, grown


def test_front_end():
    t = np.arange(1600) / 16000
    m = log_mel(0.5 * np.sin(2 * np.pi * 1000 * t))
    assert m.shape == (8, 40)
    assert abs(WEIGHTS.max(0) - 1).max() < 0.35 and (WEIGHTS >= 0).all()
    assert set(m.argmax(1)) == {int(WEIGHTS[32].argmax())}                     # bin 32 is 1000 Hz
    assert np.isclose(log_mel(np.zeros(400))[0], np.log(1e-8)).all()
    assert log_mel(np.zeros(399)).shape == (0, 40)


def test_edit_distance_over_pronunciations():
    rng = np.random.default_rng(1)
    options, unknown = lattice("the record zzxq read")
    assert unknown == 1 and len(options) == 3
    for _ in range(50):
        heard = list(rng.integers(1, 39, rng.integers(0, 14)))
        brute = min(distance([p for w in words for p in w], heard) for words in itertools.product(*options))
        d, path = best(options, heard)
        assert d == brute and distance(path, heard) == brute


def test_ctc_likelihood():
    rng = np.random.default_rng(2)
    lp = log_softmax(rng.normal(size=(5, 39)), axis=1)
    lp[:, 4:] = -50.0
    for labels in ([1], [1, 2], [2, 2], [1, 3, 1]):
        brute = sum(np.exp(sum(lp[t, s] for t, s in enumerate(path)))
                    for path in itertools.product(range(4), repeat=5) if collapse(path) == labels)
        assert np.isclose(ctc_score(lp, labels), np.log(brute), atol=1e-6), labels


def test_occupancy():
    rng = np.random.default_rng(5)
    lp = np.log(rng.dirichlet(np.ones(39), 6))
    for labels in ([1, 2], [1, 1], [2]):
        brute = np.zeros((6, 39))
        for path in itertools.product(range(3), repeat=6):
            if collapse(path) == labels:
                brute[np.arange(6), path] += np.exp(sum(lp[t, s] for t, s in enumerate(path)))
        brute /= brute.sum(1, keepdims=True)
        assert abs(np.exp(occupancy(lp, labels)) - brute).max() < 1e-4, labels
    assert occupancy(lp[:2], [1, 1]) is None                                   # a repeat needs a blank between


def test_export_and_look_ahead():
    config = dict(stem=16, channels=24, dilations=[1, 2, 4], ahead=[0, 2])
    params, state = model.init(config, 3)
    rng = np.random.default_rng(4)
    for name in state:                                                         # statistics that folding must not lose
        state[name] = dict(mean=rng.normal(size=state[name]["mean"].shape).astype("f"), var=rng.uniform(0.5, 2, state[name]["var"].shape).astype("f"))
        params[name]["scale"] = rng.uniform(0.5, 1.5, params[name]["scale"].shape).astype("f")
    x = rng.normal(-6, 4, (1, 120, 40)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.onnx"
        onnx.save(onnx.helper.make_model(graph(params, state, config), opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), path)
        session = onnxruntime.InferenceSession(path)
    run = lambda v: session.run(None, {"mel": v})[0][0]
    whole = run(x)
    logits = np.asarray(model.apply(params, state, x, config)[0])[0]
    assert np.abs(whole - log_softmax(logits, axis=1)).max() < 1e-3
    ahead = model.look_ahead(config)
    for step in (0, 7, 12):
        changed = x.copy()
        changed[:, 4 * step + ahead + 1 :] += 3
        assert np.array_equal(run(changed)[: 2 * step + 2], whole[: 2 * step + 2])
        changed[:, 4 * step + ahead] += 3
        assert not np.allclose(run(changed)[: 2 * step + 2], whole[: 2 * step + 2])


def test_grown_network_hears_the_same():
    small, large = dict(stem=16, channels=24, dilations=[1, 2], ahead=[0]), dict(stem=16, channels=24, dilations=[1, 2, 1, 4], ahead=[0])
    params, state = model.init(small, 3)
    state["stem1"]["mean"] += 0.5
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.npz"
        np.savez(path, **flatten(dict(average=params, state=state)))
        more, statistics = grown(*model.init(large, 4), np.load(path))
    x = np.random.default_rng(5).normal(-6, 4, (1, 120, 40)).astype(np.float32)
    run = lambda p, s, c: np.asarray(model.apply(p, s, x, c)[0])
    assert np.array_equal(run(more, statistics, large), run(params, state, small))
    more["block3p"]["scale"] += 0.1
    assert not np.array_equal(run(more, statistics, large), run(params, state, small))


def test_cut_clips_keep_the_labels_inside():
    """A clip of phones 1, 2, 3 … one every 40 ms, cut anywhere: the labels are those of its stretch, in order, none from outside."""
    labels, frames = list(range(1, 37)), 144
    teacher = np.full((frames // 2, 39), -9.0, np.float32)
    teacher[:, 0] = 0
    for n, label in enumerate(labels):
        teacher[2 * n, [0, label]] = -9, 0
    clip = object.__new__(augment.Clip)
    clip.teacher, clip.labels, clip.frames = teacher, labels, frames
    clip.mels = [np.repeat(np.arange(frames, dtype=np.float32)[:, None] / 100, 40, 1)]
    clip.places = np.arange(0, frames // 2, 2)
    batches, rng = object.__new__(augment.Batches), np.random.default_rng(4)
    batches.views = 2
    powers, _, said = batches.clip(clip, rng, 1000, 0.0, 0.0)
    assert [len(p) for p in powers] == [frames] * 2 and said == labels
    for _ in range(50):
        powers, target, said = batches.clip(clip, rng, 60, 0.0, 0.0)
        heard = collapse(target.argmax(1))
        assert np.array_equal(*powers) and len(powers[0]) == 60 and 10 <= len(said) <= len(heard) == 15, (said, heard)
        first = heard.index(said[0])
        assert said == heard[first : first + len(said)] and first <= 2 and len(heard) - first - len(said) <= 3


def test_spoken_phones():
    assert set(PHONES) | {"AO"} == set(IPA)
    for engine in (KOKORO, PIPER):
        pieces, labels = phones("Wait, the data!", np.random.default_rng(0))
        text = transcription(pieces, engine, np.random.default_rng(0))
        assert text.endswith("!") and "," in text and "ə" in text and labels[:3] == ids(["W", "EY", "T"])
    assert phones("zzxq", np.random.default_rng(0)) is None


def test_symbols_and_intervals():
    assert collapse([0, 3, 3, 0, 3, 5, 5, 0]) == [3, 3, 5]
    assert ids(["AO1", "AH0"]) == ids(["AA", "AH"])
    assert np.allclose(wilson(97, 100), (0.9155, 0.9897), atol=1e-3)


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print(name, "ok")
