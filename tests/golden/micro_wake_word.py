#!/usr/bin/env python3
"""Writes micro_nets.jsonl and micro_wake_word.jsonl: what TensorFlow Lite Micro, the runtime of the devices, computes.

    pip install tflite-micro pymicro-wakeword==2.5.0 soundfile && ./micro_wake_word.py [--audio OUT FILE…]

micro_nets.jsonl: small nets with random weights, made here, which have every operator that is known, in all its ways; and
what they give for random inputs. micro_wake_word.jsonl: microWakeWord's own models, which are in the wheel and not part of
this repository, on recordings from examples/ and on random features; also what the package's own runtime says, TensorFlow
Lite's kernels for large machines, which round otherwise. With --audio, the same for other files, to OUT.
"""
import ctypes
import json
import sys
from pathlib import Path

import flatbuffers
import numpy as np
import pymicro_wakeword
import soundfile as sf
from pymicro_features import MicroFrontend
from pymicro_wakeword import MicroWakeWord
from tflite_micro.python.tflite_micro import runtime
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

HERE = Path(__file__).resolve().parent
MODELS = Path(pymicro_wakeword.__file__).parent / "models"
AUDIO = ["kitchen/kitchen.flac", "c/alexa.s16le", "c/kitchen.s16le"]
STEP = 0.0390625
I8, U8, I32, RESOURCE = 9, 3, 2, 13
NAMES = {number: name for name, number in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
SAME, VALID = 0, 1


class Net:
    """A model with one graph, and one that initialises it."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.buffers, self.codes = [schema.BufferT()], []
        self.graphs = [schema.SubGraphT()]
        self.graphs[0].tensors, self.graphs[0].operators = [], []
        self.variables = {}

    def tensor(self, shape, scale=None, zero=0, kind=I8, data=None, axis=0, graph=0):
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer, tensor.name = list(shape), kind, 0, b""
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.buffers.append(buffer)
            tensor.buffer = len(self.buffers) - 1
        if scale is not None:
            quantisation = schema.QuantizationParametersT()
            quantisation.scale = np.atleast_1d(np.asarray(scale, np.float32))
            quantisation.zeroPoint = np.full(len(quantisation.scale), zero, np.int64)
            quantisation.quantizedDimension = axis
            tensor.quantization = quantisation
        self.graphs[graph].tensors.append(tensor)
        return len(self.graphs[graph].tensors) - 1

    def numbers(self, values, graph=0):
        values = np.asarray(values, np.int32)
        return self.tensor(values.shape, kind=I32, data=values, graph=graph)

    def op(self, name, inputs, outputs, options=None, graph=0, **fields):
        number = getattr(schema.BuiltinOperator, name)
        if number not in self.codes:
            self.codes.append(number)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = self.codes.index(number), inputs, outputs
        if options:
            table = getattr(schema, options + "T")()
            for field, value in fields.items():
                assert hasattr(table, field), field
                setattr(table, field, value)
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = table
        self.graphs[graph].operators.append(operator)
        return outputs[0] if outputs else None

    def shape(self, index):
        return list(self.graphs[0].tensors[index].shape)

    def quantisation(self, index):
        quantisation = self.graphs[0].tensors[index].quantization
        return float(quantisation.scale[0]), int(quantisation.zeroPoint[0])

    def weights(self, shape, axis, scales=True, size=1.0):
        channels = shape[axis] if scales else 1
        scale = size * self.rng.uniform(0.002, 0.01, channels)
        return self.tensor(shape, scale, 0, data=self.rng.integers(-127, 128, shape, np.int8), axis=axis)

    def bias(self, count):
        data = self.rng.integers(-3000, 3000, count).astype(np.int32)
        return self.tensor([count], self.rng.uniform(1e-4, 1e-3, count), kind=I32, data=data)

    def convolve(self, x, count, kernel, stride=(1, 1), dilation=(1, 1), padding=VALID, activation=0, out=(0.25, -3),
                 bias=True, per_channel=True, multiplier=0):
        batch, *size, depth = self.shape(x)
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]
        size = [-(-n // s) if padding == SAME else (n - r) // s + 1 for n, s, r in zip(size, stride, reach)]
        name, options, shape, axis, more = "CONV_2D", "Conv2DOptions", [count, *kernel, depth], 0, {}
        if multiplier:
            name, options = "DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions"
            shape, axis, more = [1, *kernel, count], 3, {"depthMultiplier": multiplier}
        inputs = [x, self.weights(shape, axis, per_channel)] + ([self.bias(count)] if bias else [])
        y = self.tensor([batch, *size, count], *out)
        return self.op(name, inputs, [y], options, padding=padding, strideH=stride[0], strideW=stride[1],
                       dilationHFactor=dilation[0], dilationWFactor=dilation[1], fusedActivationFunction=activation, **more)

    def connect(self, x, count, out=(0.2, 3), activation=0, bias=True, per_channel=False, keep=False,
                size=1.0):
        *front, depth = self.shape(x)
        inputs = [x, self.weights([count, depth], 0, per_channel, size)]
        if bias:
            inputs.append(self.bias(count))
        y = self.tensor([*front, count] if keep else [int(np.prod(front)), count], *out)
        return self.op("FULLY_CONNECTED", inputs, [y], "FullyConnectedOptions", fusedActivationFunction=activation,
                       keepNumDims=keep)

    def concatenate(self, parts, axis):
        shape = self.shape(parts[0])
        shape[axis] = sum(self.shape(part)[axis] for part in parts)
        y = self.tensor(shape, *self.quantisation(parts[0]))
        return self.op("CONCATENATION", parts, [y], "ConcatenationOptions", axis=axis)

    def slice(self, x, begin, end, stride, begin_mask=0, end_mask=0):
        shape = self.shape(x)
        cut = [slice(None if begin_mask >> n & 1 else b, None if end_mask >> n & 1 else e, s)
               for n, (b, e, s) in enumerate(zip(begin, end, stride))]
        y = self.tensor(np.empty(shape)[tuple(cut)].shape, *self.quantisation(x))
        inputs = [x, self.numbers(begin), self.numbers(end), self.numbers(stride)]
        return self.op("STRIDED_SLICE", inputs, [y], "StridedSliceOptions", beginMask=begin_mask, endMask=end_mask)

    def split(self, x, sizes, axis, told=None):
        parts = []
        for size in sizes:
            shape = self.shape(x)
            shape[axis] = size
            parts.append(self.tensor(shape, *self.quantisation(x)))
        self.op("SPLIT_V", [x, self.numbers(told or sizes), self.numbers(axis)], parts, "SplitVOptions",
                numSplits=len(sizes))
        return parts

    def reshape(self, x, shape):
        y = self.tensor(shape, *self.quantisation(x))
        return self.op("RESHAPE", [x, self.numbers(shape)], [y])

    def remember(self, x, count):
        """The last `count` rows and what came before, as a streaming layer keeps them."""
        name = f"stream_{len(self.variables)}/states".encode()
        shape = self.shape(x)
        shape[1] = count
        if not self.variables:
            graph = schema.SubGraphT()
            graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
            self.graphs.append(graph)
            self.op("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
        scale, zero = self.quantisation(x)
        first = self.rng.integers(-128, 128, shape).astype(np.int8)
        handle = self.tensor([], kind=RESOURCE, graph=1)
        self.op("VAR_HANDLE", [], [handle], "VarHandleOptions", graph=1, container=b"", sharedName=name)
        value = self.tensor(shape, scale, zero, data=first, graph=1)
        self.op("ASSIGN_VARIABLE", [handle, value], [], graph=1)
        handle = self.tensor([], kind=RESOURCE)
        self.op("VAR_HANDLE", [], [handle], "VarHandleOptions", container=b"", sharedName=name)
        state = self.tensor(shape, scale, zero)
        self.op("READ_VARIABLE", [handle], [state])
        y = self.concatenate([state, x], 1)
        latest = self.slice(y, [0, -count, 0, 0], [0, 0, 0, self.shape(y)[3]], [1] * 4, 13, 15)
        self.op("ASSIGN_VARIABLE", [handle, latest], [])
        self.variables[name] = True
        return y

    def logistic(self, x):
        y = self.tensor(self.shape(x), 1 / 256, -128)
        return self.op("LOGISTIC", [x], [y])

    def quantise(self, x, scale, zero, kind=I8):
        y = self.tensor(self.shape(x), scale, zero, kind)
        return self.op("QUANTIZE", [x], [y])

    def file(self, x, y):
        self.graphs[0].inputs, self.graphs[0].outputs = [x], [y]
        model = schema.ModelT()
        model.version, model.description = 3, b""
        model.operatorCodes = []
        for number in self.codes:
            code = schema.OperatorCodeT()
            code.builtinCode, code.deprecatedBuiltinCode, code.version = number, min(number, 127), 1
            model.operatorCodes.append(code)
        for graph in self.graphs:
            graph.name = b""
        model.subgraphs, model.buffers = self.graphs, self.buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def streaming():
    n = Net(1)
    x = n.tensor([1, 3, 40], 26 / 255, -128)
    y = n.remember(n.reshape(x, [1, 3, 1, 40]), 2)
    y = n.convolve(y, 9, (5, 1), (3, 1), activation=1, out=(0.5, -128))
    y = n.remember(y, 4)
    y = n.convolve(y, 9, (5, 1), multiplier=1, out=(0.6, 11))
    y = n.convolve(y, 20, (1, 1), padding=SAME, activation=1, out=(0.5, -128))
    y = n.remember(y, 6)
    a, b = n.split(y, [8, 12], 3)
    a = n.convolve(n.slice(a, [0, -3, 0, 0], [0] * 4, [1] * 4, 13, 15), 8, (3, 1), multiplier=1, out=(0.7, 4))
    b = n.convolve(n.slice(b, [0, -7, 0, 0], [0] * 4, [1] * 4, 13, 15), 12, (7, 1), multiplier=1, out=(0.7, 4))
    return n, x, n.remember(n.concatenate([a, b], -1), 4)


def nets():
    n, x, y = streaming()
    y = n.connect(n.reshape(y, [1, 100]), 1, out=(0.05, 24), size=0.01)
    yield "streaming", n, x, n.quantise(n.logistic(y), 1 / 256, 0, U8)
    n, x, y = streaming()
    yield "streaming, all of what is remembered last", n, x, y
    kinds = {
        "edges": dict(kernel=(3, 3), padding=SAME),
        "edges and strides": dict(kernel=(4, 3), stride=(3, 2), padding=SAME, activation=3, out=(0.04, -60)),
        "gaps": dict(kernel=(3, 2), dilation=(2, 3), activation=2, out=(0.01, 5)),
        "gaps and edges": dict(kernel=(3, 3), dilation=(2, 2), padding=SAME, out=(0.2, -108)),
        "columns": dict(kernel=(1, 4), stride=(2, 2), bias=False),
        "all columns": dict(kernel=(3, 8), stride=(2, 1), per_channel=False),
        "large": dict(kernel=(2, 2), out=(0.002, 0)),
    }
    for seed, (name, options) in enumerate(kinds.items(), 10):
        for multiplier in [0, 1, 3]:
            n = Net(seed + 100 * multiplier)
            x = n.tensor([2, 7, 8, 5], 0.07, 9)
            name_of = f"convolution {name}" if not multiplier else f"depthwise {name}, {multiplier}"
            yield name_of, n, x, n.convolve(x, 5 * multiplier or 6, multiplier=multiplier, **options)
    n = Net(20)
    x = n.tensor([2, 3, 1, 18], 0.03, -7)
    y = n.connect(x, 7, keep=True, activation=1)
    y = n.connect(n.reshape(y, [6, 7]), 33, per_channel=True, bias=False)
    yield "fully connected", n, x, n.connect(y, 5, activation=3, out=(0.08, -30))
    n = Net(21)
    x = n.tensor([2, 6, 5, 4], 0.1, 3)
    a, b, c = n.split(x, [1, 3, 2], 1, [1, -1, 2])
    d, e = n.split(b, [3, 1], -1)
    y = n.concatenate([e, d, e], 3)
    y = n.slice(y, [0, -2, 1, 4], [2, 9, -1, 0], [1, 1, 2, 1], 1, 8)
    f, g = n.split(n.concatenate([a, c, c], 1), [1, 1], 0)
    y = n.concatenate([n.reshape(y, [1, 1, 1, -1 + 1 + int(np.prod(n.shape(y)))]), n.reshape(f, [1, 1, 1, 100]),
                       n.reshape(g, [1, 1, 1, 100])], 3)
    yield "moved about", n, x, y
    n = Net(22)
    x = n.tensor([3, 4], 0.1, 3)
    y = n.op("EXPAND_DIMS", [x, n.numbers(1)], [n.tensor([3, 1, 4], 0.1, 3)])
    y = n.op("SQUEEZE", [y], [n.tensor([3, 4], 0.1, 3)], "SqueezeOptions", squeezeDims=[1])
    yield "other shapes", n, x, n.concatenate([y, y], 0)
    for seed, (name, scales) in enumerate([("ADD", (0.1, 0.1, 0.2)), ("ADD", (0.03, 0.2, 0.1)), ("MUL", (0.1, 0.05, 0.4))], 60):
        n = Net(seed)
        x = n.tensor([2, 3, 4, 5], scales[0], 3)
        a, b = n.split(x, [1, 1], 0)
        b = n.quantise(b, scales[1], -20)
        same = n.op(name, [a, b], [n.tensor([1, 3, 4, 5], scales[2], 5)], name.capitalize() + "Options")
        row = n.tensor([1, 1, 5], scales[1], 9, data=n.rng.integers(-128, 128, [1, 1, 5], np.int8))
        same = n.op(name, [same, row], [n.tensor([1, 3, 4, 5], scales[2], 5)], name.capitalize() + "Options",
                    fusedActivationFunction=1)
        column = n.slice(a, [0, 0, 1, 0], [1, 3, 2, 5], [1] * 4)
        same = n.op(name, [column, same], [n.tensor([1, 3, 4, 5], scales[2], -5)], name.capitalize() + "Options",
                    fusedActivationFunction=3)
        yield f"{name} {scales}", n, x, same
    pools = [((2, 2), (1, 1), VALID, (6, 7)), ((3, 4), (2, 3), SAME, (4, 3)), ((7, 8), (1, 1), VALID, (1, 1))]
    for seed, (kernel, stride, padding, size) in enumerate(pools, 70):
        for name in ["AVERAGE_POOL_2D", "MAX_POOL_2D"]:
            n = Net(seed)
            x = n.tensor([2, 7, 8, 3], 0.07, 9)
            y = n.op(name, [x], [n.tensor([2, *size, 3], 0.07, 9)], "Pool2DOptions", padding=padding, strideH=stride[0],
                     strideW=stride[1], filterHeight=kernel[0], filterWidth=kernel[1], fusedActivationFunction=seed % 2)
            yield f"{name} {kernel}", n, x, y
    n = Net(80)
    x = n.tensor([3, 4, 5], 0.1, 17)
    y = n.op("PAD", [x, n.numbers([[1, 0], [0, 0], [2, 3]])], [n.tensor([4, 4, 10], 0.1, 17)], "PadOptions")
    for axis, shape in [(0, [2, 4, 4, 10]), (2, [4, 4, 2, 10]), (-1, [4, 4, 10, 2])]:
        z = n.op("PACK", [y, y], [n.tensor(shape, 0.1, 17)], "PackOptions", valuesCount=2, axis=axis)
        a, b = n.split(n.reshape(z, [2, 160]), [1, 1], 0)
        y = n.reshape(a if axis else b, [4, 4, 10])
    yield "padded and packed", n, x, z
    for seed, (scale, zero) in enumerate([(0.189556, 24), (0.0947403, 36), (0.01, -100), (0.5, 0), (1.54, -128), (0.0625, 1)], 30):
        n = Net(seed)
        x = n.tensor([1, 256], scale, zero)
        yield f"logistic {scale}", n, x, n.logistic(x)
    for seed, (kind, scale, zero) in enumerate([(I8, 0.03, -40), (I8, 0.25, 7), (U8, 0.1, 131), (U8, 0.07, 0)], 40):
        n = Net(seed)
        x = n.tensor([1, 256], 0.1, 3)
        yield f"quantise {seed}", n, x, n.quantise(x, scale, zero, kind)
    n = Net(50)
    x = n.tensor([1, 256], 0.1, 128, U8)
    yield "quantise unsigned", n, x, n.quantise(x, 0.1, 0)


def bits(array):
    return np.ascontiguousarray(array).tobytes().hex()


def write_nets():
    with (HERE / "micro_nets.jsonl").open("w") as out:
        for name, net, x, y in nets():
            shape, kind = net.shape(x), net.graphs[0].tensors[x].type
            file = net.file(x, y)
            interpreter = runtime.Interpreter.from_bytes(file, arena_size=1 << 20)
            rng = np.random.default_rng(len(name))
            inputs, outputs = [], []
            for step in range(12 if net.variables else 2):
                if shape == [1, 256]:
                    values = np.roll(np.arange(256, dtype=np.uint8), step).reshape(shape)
                else:
                    values = rng.integers(0, 256, shape).astype(np.uint8)
                values = values.view(np.uint8 if kind == U8 else np.int8)
                interpreter.set_input(values, 0)
                interpreter.invoke()
                inputs.append(bits(values))
                outputs.append(bits(interpreter.get_output(0)))
            operators = sorted({NAMES[number] for number in net.codes})
            out.write(json.dumps({"name": name, "operators": operators, "model": file.hex(), "inputs": inputs,
                                  "outputs": outputs}) + "\n")
            print(name, len(file), outputs[-1][:40])


class Device:
    def __init__(self, name):
        self.interpreter = runtime.Interpreter.from_bytes((MODELS / f"{name}.tflite").read_bytes())

    def run(self, features):
        self.interpreter.set_input(features[None], 0)
        self.interpreter.invoke()
        return int(self.interpreter.get_output(0)[0, 0])


class Package:
    def __init__(self, name):
        self.model = MicroWakeWord.from_config(MODELS / f"{name}.json")

    def run(self, features):
        model, features, output = self.model, np.ascontiguousarray(features), np.empty(1, np.uint8)
        model.lib.TfLiteTensorCopyFromBuffer(model.input_tensor, features.ctypes.data_as(ctypes.c_void_p), features.nbytes)
        assert model.lib.TfLiteInterpreterInvoke(model.interpreter) == 0
        model.lib.TfLiteTensorCopyToBuffer(model.output_tensor, output.ctypes.data_as(ctypes.c_void_p), 1)
        return int(output[0])


def heard(file, scale):
    """The features of a recording, three frames each."""
    if file.suffix == ".s16le":
        pcm = np.frombuffer(file.read_bytes(), np.int16)
    else:
        pcm, rate = sf.read(file, dtype="int16")
        assert rate == 16000 and pcm.ndim == 1
    front_end, data, at, frames = MicroFrontend(), pcm.tobytes(), 0, []
    while at + 320 <= len(data):
        result = front_end.process_samples(data[at:at + 320])
        at += result.samples_read * 2
        if result.features:
            frames.append(result.features)
    frames = np.array(frames[:len(frames) // 3 * 3])
    return np.clip(np.round(frames / scale - 128), -128, 127).astype(np.int8).reshape(-1, 3, 40)


def random(count):
    """Features that rise and fall at random; see `random` in tests/micro_wake_word.rs."""
    state, value, features = 1, [-128] * 40, []
    for _ in range(3 * count):
        for band in range(40):
            state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
            value[band] = max(-128, min(127, value[band] + (state >> 33) % 61 - 30))
        features.append(list(value))
    return np.array(features, np.int8).reshape(-1, 3, 40)


def write_models(out, files):
    worst = {}
    with out.open("w") as out:
        for model in sorted(MODELS.glob("*.tflite")):
            for name in files + ["random"]:
                scale = Package(model.stem).model.input_scale
                features = random(2000) if name == "random" else heard(HERE.parents[1] / "examples" / name, scale)
                device, package = Device(model.stem), Package(model.stem)
                scores = [[engine.run(step) for step in features] for engine in (device, package)]
                apart = np.abs(np.subtract(*scores))
                worst[model.stem] = max(worst.get(model.stem, 0), int(apart.max()))
                row = {"model": model.stem, "audio": name}
                for key, values in zip(["device", "package"], scores):
                    row[key] = bits(np.array(values, np.uint8))
                out.write(json.dumps(row) + "\n")
    print("the package and the device, in 1/256, at most:", worst)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--audio"]:
        write_models(Path(sys.argv[2]), [str(Path(file).resolve()) for file in sys.argv[3:]])
    else:
        write_nets()
        write_models(HERE / "micro_wake_word.jsonl", AUDIO)
