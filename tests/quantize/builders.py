"""Draw small fake-quantized graphs with TensorFlow, noting what its first converter (1.15) would know of their tensors.

While a graph is drawn, the drawing notes the range of each tensor: what its FakeQuant says, what an operator hands on, what an
activation always has. Notes are made by hand where each graph is drawn, from the facts about that converter, and know nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

tf: Any = pytest.importorskip("tensorflow")
v1 = tf.compat.v1

SHAPE = (1, 8, 8, 4)
LOW, HIGH = -2.7, 2.6  # as most layers have it here. Where both are the same, training and converter disagree about the zero point
# Scale and zero point of what these return, always.
FIXED = {"softmax": (1 / 256, 0), "logistic": (1 / 256, 0), "tanh": (1 / 128, 128), "l2": (1 / 128, 128), "log softmax": (16 / 256, 255)}


@dataclass(frozen=True)
class Known:
    """What is known of a tensor: a range, or a `fixed` activation. `values` of a constant; they are `rounded` if after a FakeQuant."""

    low: float = 0.0
    high: float = 0.0
    narrow: bool = False
    fixed: str | None = None
    values: np.ndarray | None = None
    rounded: bool = False


@dataclass
class Layer:
    """What is known of the weights and biases of the op whose output has the key's name, and which data it reads."""

    data: Any
    weights: Known
    bias: np.ndarray
    filter: Callable[[np.ndarray], np.ndarray]  # from TensorFlow's layout to the file's
    folded: bool = False  # computed of constants, in an unspecified order


@dataclass
class Drawing:
    """A graph while it is drawn. With `rounds`, a policy's name, what such a file must round and training did not is rounded, too."""

    rounds: str = ""
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    known: dict[str, Known] = field(default_factory=dict)  # by names
    layers: dict[str, Layer] = field(default_factory=dict)
    stands_for: dict[str, str] = field(default_factory=dict)  # FakeQuants, which a file does not have, for what they read
    stats: dict[str, tuple[float, float]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)  # of the conversion
    integers: dict[str, tuple[int, int]] = field(default_factory=dict)  # inputs that are integers: least and greatest

    # ---- notes

    def name(self, x: Any) -> str:
        name = x.op.name
        while name in self.stands_for:
            name = self.stands_for[name]
        return name

    def note(self, x: Any, known: Known) -> Any:
        """Know something of a tensor, unless something is known already."""
        self.known.setdefault(self.name(x), known)
        return x

    def moves(self, x: Any, source: Any, known: Known | None = None) -> Any:
        """A tensor has the range of another."""
        return self.note(x, known or self.known[self.name(source)])

    def computes(self, x: Any, source: Any) -> Any:
        """The same, of values that were not there before: a file rounds them, training did not."""
        self.moves(x, source)
        found = self.known[self.name(x)]
        return self.fake(x, found.low, found.high) if self.rounds else x

    def fixed(self, x: Any, which: str) -> Any:
        return self.note(x, Known(fixed=which))

    # ---- parts

    def input(self, shape: tuple[int, ...] = SHAPE, mean: float = 127.5, std: float = 127.5, name: str = "input") -> Any:
        x = v1.placeholder(tf.float32, shape, name)
        self.stats[name] = (mean, std)
        low, high = ((np.float32(end) - np.float32(mean)) / np.float32(std) for end in (0, 255))  # which it computed in float32
        return self.note(x, Known(float(low), float(high)))

    def array(self, *shape: int, size: float = 0.3) -> np.ndarray:
        return self.rng.normal(0, size, shape).astype(np.float32)

    def constant(self, *shape: int) -> Any:
        """With its values' range, 0 included, as whatever is not after a FakeQuant."""
        return self.of_values(self.array(*shape))

    def of_values(self, values: np.ndarray) -> Any:
        return self.note(tf.constant(values), plain(values))

    def fake(self, x: Any, low: float = LOW, high: float = HIGH, narrow: bool = False, bits: int = 8) -> Any:
        """A FakeQuant; the first converter let a range hold 0."""
        y = tf.quantization.fake_quant_with_min_max_vars(x, tf.constant(low), tf.constant(high), bits, narrow)
        self.note(x, Known(single(min(low, 0.0)), single(max(high, 0.0)), narrow))
        self.stands_for[y.op.name] = x.op.name
        return y

    def weights(self, *shape: int, low: float = -0.9, high: float = 1.0, narrow: bool = True) -> tuple[Any, Known]:
        values = self.array(*shape)
        return self.fake(tf.constant(values), low, high, narrow), Known(single(low), single(high), narrow, values=values, rounded=True)

    def plain_weights(self, *shape: int) -> tuple[Any, Known]:
        values = self.array(*shape)
        return tf.constant(values), plain(values)

    def layer(
        self, op: Callable[[Any, Any], Any], x: Any, given: tuple[Any, Known], filter: Callable[[np.ndarray], np.ndarray], *,
        bias: bool = True, activation: Callable[[Any], Any] | None = None, low: float = LOW, high: float = HIGH,
    ) -> Any:  # fmt: skip
        """A layer of weights, its biases, activation and FakeQuant."""
        y = op(x, given[0])
        channels = int(y.shape[-1])
        biases = self.array(channels) if bias else np.zeros(channels, np.float32)
        y = tf.nn.bias_add(y, tf.constant(biases)) if bias else y
        y = activation(y) if activation is not None else y
        self.layers[y.op.name] = Layer(x, given[1], biases, filter)
        return self.fake(y, low, high)

    def conv(self, x: Any, out: int = 8, size: int = 3, *, stride: int = 1, padding: str = "SAME", dilation: int = 1, weights: Any = None,
             **others: Any) -> Any:  # fmt: skip
        given = weights or self.weights(size, size, int(x.shape[-1]), out)
        return self.layer(lambda x, w: tf.nn.conv2d(x, w, stride, padding, dilations=dilation), x, given, ohwi, **others)

    def depthwise(self, x: Any, multiplier: int = 1, stride: int = 1, **others: Any) -> Any:
        given = self.weights(3, 3, int(x.shape[-1]), multiplier)
        strides = (1, stride, stride, 1)
        return self.layer(lambda x, w: tf.nn.depthwise_conv2d(x, w, strides, "SAME"), x, given, flat_channels, **others)

    def dense(self, x: Any, out: int = 7, **others: Any) -> Any:
        return self.layer(tf.matmul, x, self.weights(int(x.shape[-1]), out), np.transpose, **{"low": -9.0, "high": 9.0, **others})


def fake_quantized(known: Known) -> np.ndarray:
    """Constants after a FakeQuant, as TensorFlow's training kernels round them: in float32."""
    assert known.values is not None
    first, last = np.float32(known.narrow), np.float32(255)
    low, high = np.float32(known.low), np.float32(known.high)
    scale = (high - low) / (last - first)
    zero = np.clip(np.floor(first - low / scale + np.float32(0.5)), first, last)
    bottom, top = (first - zero) * scale, (last - zero) * scale
    return np.floor((np.clip(known.values, bottom, top) - bottom) / scale + np.float32(0.5)) * scale + bottom


def plain(values: np.ndarray) -> Known:
    """The range of constants without a FakeQuant."""
    return Known(min(float(values.min()), 0.0), max(float(values.max()), 0.0), values=values)


def single(number: float) -> float:
    """As a graph holds it."""
    return float(np.float32(number))


def ohwi(values: np.ndarray) -> np.ndarray:
    return values.transpose(3, 0, 1, 2)


def flat_channels(values: np.ndarray) -> np.ndarray:
    return values.reshape(1, *values.shape[:2], -1)


Draw = Callable[[Drawing], Any]


@dataclass
class Drawn:
    """A graph that is drawn: its notes, the frozen graph, the names of its outputs, some stored inputs and what TensorFlow computes."""

    notes: Drawing
    graph_def: Any
    outputs: list[str]
    inputs: dict[str, np.ndarray]
    wanted: list[np.ndarray]


def draw(graph: Draw, rounds: str = "", seed: int = 1) -> Drawn:
    """Draw a graph, and let TensorFlow compute it on the numbers that random integers represent."""
    g, rng = Drawing(rounds), np.random.default_rng(seed)
    with tf.Graph().as_default() as drawn:
        outputs = graph(g)
        outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
        inputs, feeds = {}, {}
        for op in drawn.get_operations():
            if op.type == "Placeholder":
                x = op.outputs[0]
                low, high = g.integers.get(op.name, (0, 255))
                inputs[op.name] = stored = rng.integers(low, high + 1, x.shape).astype(np.int32 if op.name in g.integers else np.uint8)
                feeds[x] = stored if op.name in g.integers else numbers(stored, *parameters_of_input(*g.stats[op.name]))
        with v1.Session(graph=drawn, config=v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)) as session:
            wanted = session.run(outputs, feeds)
        for output in outputs:  # has its own name in the file, FakeQuant or not
            inner = g.name(output)
            if inner != output.op.name and inner in g.known:
                g.known[output.op.name] = g.known.pop(inner)
                if inner in g.layers:
                    g.layers[output.op.name] = g.layers.pop(inner)
                g.stands_for[inner] = output.op.name
                del g.stands_for[output.op.name]
        return Drawn(g, drawn.as_graph_def(), [output.op.name for output in outputs], inputs, wanted)


def parameters_of_input(mean: float, std: float) -> tuple[float, int]:
    """Scale and zero point of a stored input: real = (stored - mean) / std, moved so that 0 is stored as an integer."""
    return 1 / std, min(int(np.floor(mean + 0.5)), 255)


def numbers(stored: np.ndarray, scale: float, zero: int) -> np.ndarray:
    """What stored integers represent."""
    return ((stored.astype(np.float64) - zero) * scale).astype(np.float32)
