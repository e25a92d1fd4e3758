"""Random graphs of several operators, wired by shapes and types that fit, so that passes and fusions have something to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests import graphs as calls, variables
from tests.ops.unidirectional_sequence_lstm import float_lstm
from tinylite.model import Graph, Model, Op, Quantization, Signature, Tensor, called_graphs

__all__ = ["chain"]

_ACTIVATIONS = ["NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1"]
_QUANTIZED = ("INT8", "UINT8")
_MOST = 2000  # elements of a tensor
Link = Callable[["Chain", Tensor], "Tensor | None"]
_LINKS: dict[str, list[Link]] = {"pictures": [], "floats": [], "quantized": [], "any": []}


class Chain:
    """A graph while it grows: `add` appends an op and returns its output, `live` are the tensors that the next one may take."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.graph = Graph("main")
        self.live: list[Tensor] = []

    def input(self, shape: Sequence[int], type: str = "FLOAT32") -> Tensor:
        tensor = Tensor(f"x{len(self.graph.inputs)}", tuple(shape), type, has_rank=True, quantization=self.scale(type))
        self.graph.inputs.append(tensor)
        return tensor

    def scale(self, type: str) -> Quantization | None:
        """A random scale for a type that is quantized."""
        if type not in _QUANTIZED:
            return None
        low = -128 if type == "INT8" else 0
        return Quantization([float(np.float32(self.rng.uniform(0.005, 0.1)))], [int(self.rng.integers(low, low + 256))], 0)

    def constant(self, values: Any, type: str = "FLOAT32", quantization: Quantization | None = None) -> Tensor:
        values = np.asarray(values)
        tensor = Tensor(f"c{self.rng.integers(1 << 30)}", values.shape, type, has_rank=True, quantization=quantization)
        tensor.data = values.astype({"FLOAT32": "f4", "INT32": "i4", "INT8": "i1", "UINT8": "u1"}[type])
        return tensor

    def weights(self, *shape: int) -> Tensor:
        return self.constant(self.rng.normal(0, 0.5, shape))

    def ints(self, values: Any) -> Tensor:
        return self.constant(np.array(values, np.int32), "INT32")

    def add(
        self, code: str, inputs: Sequence[Tensor | None], shape: Sequence[int], type: str | None = None,
        quantization: Quantization | None = None, **options: Any,
    ) -> Tensor:  # fmt: skip
        """An op with one output, of the first input's type and scale unless they are given."""
        first = inputs[0]
        assert first is not None
        kept = quantization or (first.quantization if type is None else self.scale(type))
        output = Tensor(f"t{len(self.graph.ops)}", tuple(shape), type or first.type, has_rank=True, quantization=kept)
        self.graph.ops.append(Op(code, list(inputs), [output], **options))
        return output

    def choose(self, *choices: Any) -> Any:
        return choices[self.rng.integers(len(choices))]

    def activation(self) -> str:
        return str(self.choose(*_ACTIVATIONS))

    def like(self, x: Tensor) -> Tensor:
        """A live tensor of the same shape and type, be it the same."""
        return self.choose(*[t for t in self.live if (t.shape, t.type) == (x.shape, x.type)] or [x])  # type: ignore[no-any-return]


def link(kind: str) -> Callable[[Link], Link]:
    def register(function: Link) -> Link:
        _LINKS[kind].append(function)
        return function

    return register


# ---- pictures: FLOAT32 [1, height, width, channels]


def _window(chain: Chain, x: Tensor, taps: int) -> tuple[list[int], dict[str, Any]]:
    """The height and width that a window leaves, and its options."""
    padding, stride = chain.choose("SAME", "VALID"), int(chain.choose(1, 1, 2))
    sizes = [-(-size // stride) if padding == "SAME" else -(-(size - taps + 1) // stride) for size in x.shape[1:3]]
    return sizes, {"padding": padding, "stride_h": stride, "stride_w": stride}


@link("pictures")
def _conv(chain: Chain, x: Tensor) -> Tensor | None:
    taps, out = int(chain.choose(1, 2, 3)), int(chain.choose(1, 3, 4, 8, 17))
    sizes, options = _window(chain, x, taps)
    bias = chain.weights(out) if chain.rng.random() < 0.6 else None
    inputs = [x, chain.weights(out, taps, taps, x.shape[3]), bias]
    return chain.add("CONV_2D", inputs, (x.shape[0], *sizes, out), fused_activation_function=chain.activation(), **options)


@link("pictures")
def _depthwise(chain: Chain, x: Tensor) -> Tensor | None:
    taps, times = int(chain.choose(1, 2, 3)), int(chain.choose(1, 1, 2))
    sizes, options = _window(chain, x, taps)
    inputs = [x, chain.weights(1, taps, taps, x.shape[3] * times), chain.weights(x.shape[3] * times)]
    shape = (x.shape[0], *sizes, x.shape[3] * times)
    return chain.add("DEPTHWISE_CONV_2D", inputs, shape, fused_activation_function=chain.activation(), depth_multiplier=times, **options)


@link("pictures")
def _pad_and_conv(chain: Chain, x: Tensor) -> Tensor | None:
    """Padding that a convolution can take up."""
    before, after = (chain.rng.integers(0, 3, 2).tolist() for _ in range(2))
    shape = (x.shape[0], x.shape[1] + before[0] + after[0], x.shape[2] + before[1] + after[1], x.shape[3])
    pads = [[0, 0], [before[0], after[0]], [before[1], after[1]], [0, 0]]
    return _conv(chain, chain.add("PAD", [x, chain.ints(pads)], shape))


@link("pictures")
def _pool(chain: Chain, x: Tensor) -> Tensor | None:
    sizes, options = _window(chain, x, 2)
    code = chain.choose("AVERAGE_POOL_2D", "MAX_POOL_2D")
    return chain.add(code, [x], (x.shape[0], *sizes, x.shape[3]), filter_height=2, filter_width=2, **options)


@link("pictures")
def _norm(chain: Chain, x: Tensor) -> Tensor | None:
    """A batch norm's remains: products and sums by channel."""
    product = chain.add("MUL", [x, chain.weights(x.shape[3])], x.shape)
    return chain.add(
        chain.choose("ADD", "SUB"), [product, chain.weights(x.shape[3])], x.shape, fused_activation_function=chain.activation()
    )


@link("pictures")
def _transpose_conv(chain: Chain, x: Tensor) -> Tensor | None:
    shape = (x.shape[0], x.shape[1] * 2, x.shape[2] * 2, 3)
    inputs = [chain.ints(shape), chain.weights(3, 3, 3, x.shape[3]), x]
    output = Tensor(f"t{len(chain.graph.ops)}", shape, has_rank=True)
    chain.graph.ops.append(Op("TRANSPOSE_CONV", inputs, [output], padding="SAME", stride_h=2, stride_w=2))
    return output


@link("pictures")
def _dilated(chain: Chain, x: Tensor) -> Tensor | None:
    """SPACE_TO_BATCH_ND, a convolution, BATCH_TO_SPACE_ND: what a dilated convolution is written as."""
    if any(size % 2 for size in x.shape[1:3]):
        return None
    block, none = chain.ints([2, 2]), chain.ints([[0, 0], [0, 0]])
    inner = (x.shape[0] * 4, x.shape[1] // 2, x.shape[2] // 2, x.shape[3])
    spread = chain.add("SPACE_TO_BATCH_ND", [x, block, none], inner)
    inputs = [spread, chain.weights(4, 3, 3, x.shape[3]), chain.weights(4)]
    made = chain.add("CONV_2D", inputs, (*inner[:3], 4), padding="SAME", stride_h=1, stride_w=1)
    return chain.add("BATCH_TO_SPACE_ND", [made, block, none], (*x.shape[:3], 4))


@link("pictures")
def _resize(chain: Chain, x: Tensor) -> Tensor | None:
    sizes = [int(chain.choose(1, 3, 5, 8)) for _ in range(2)]
    code = chain.choose("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")
    return chain.add(code, [x, chain.ints(sizes)], (x.shape[0], *sizes, x.shape[3]))


@link("pictures")
def _prelu(chain: Chain, x: Tensor) -> Tensor | None:
    return chain.add("PRELU", [x, chain.weights(1, 1, x.shape[3])], x.shape)


# ---- floats of any shape


@link("floats")
def _unary(chain: Chain, x: Tensor) -> Tensor | None:
    code = chain.choose(
        "RELU", "RELU6", "LOGISTIC", "TANH", "NEG", "ABS", "EXP", "SQRT", "SQUARE", "HARD_SWISH", "ELU", "GELU", "FLOOR", "SIN"
    )
    return chain.add(code, [x], x.shape)


@link("floats")
def _binary(chain: Chain, x: Tensor) -> Tensor | None:
    other = chain.like(x) if chain.rng.random() < 0.6 else chain.weights(*x.shape[-1:])
    inputs = [x, other] if chain.rng.random() < 0.7 or other.buffer is not None else [other, x]
    return chain.add(chain.choose("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "DIV"), inputs, x.shape)


@link("floats")
def _swish(chain: Chain, x: Tensor) -> Tensor | None:
    """x * relu6(x + 3) / 6, or x * sigmoid(x): patterns that become one op."""
    if chain.rng.random() < 0.5:
        return chain.add("MUL", [x, chain.add("LOGISTIC", [x], x.shape)], x.shape)
    gate = chain.add("RELU6", [chain.add("ADD", [x, chain.constant(np.float32(3))], x.shape)], x.shape)
    return chain.add("MUL", [chain.add("MUL", [x, gate], x.shape), chain.constant(np.float32(1 / 6))], x.shape)


@link("floats")
def _dense(chain: Chain, x: Tensor) -> Tensor | None:
    if not x.shape or not x.shape[-1]:
        return None
    out = int(chain.choose(1, 3, 8, 20))
    inputs = [x, chain.weights(out, x.shape[-1]), chain.weights(out) if chain.rng.random() < 0.6 else None]
    rows = int(np.prod(x.shape[:-1]))
    return chain.add("FULLY_CONNECTED", inputs, (rows, out), fused_activation_function=chain.activation())


@link("floats")
def _softmax(chain: Chain, x: Tensor) -> Tensor | None:
    return chain.add("SOFTMAX", [x], x.shape, beta=1.0) if x.shape else None


@link("floats")
def _quantize(chain: Chain, x: Tensor) -> Tensor | None:
    return chain.add("QUANTIZE", [x], x.shape, chain.choose(*_QUANTIZED))


@link("floats")
def _round_trip(chain: Chain, x: Tensor) -> Tensor | None:
    made = _quantize(chain, x)
    assert made is not None
    return chain.add("DEQUANTIZE", [made], x.shape, "FLOAT32")


@link("floats")
def _lstm(chain: Chain, x: Tensor) -> Tensor | None:
    if len(x.shape) != 3 or 0 in x.shape:
        return None
    made = float_lstm(x.shape[0], x.shape[1], x.shape[2], 4).model().graph
    op = made.ops[0]
    op.inputs[0] = x
    chain.graph.ops.append(op)
    return op.outputs[0]


@link("floats")
def _loop(chain: Chain, x: Tensor) -> Tensor | None:
    count = chain.input((), "INT32") if chain.rng.random() < 0.3 else chain.ints(3)
    given = [calls.like([count])[0], x]
    parts = calls.loop(given, lambda maker, _count, v: [maker.add(chain.choose("ABS", "NEG"), maker.add("ADD", v, v))])
    outputs = calls.like([count, x], f"_{len(chain.graph.ops)}")
    chain.graph.ops.append(Op("WHILE", [count, x], outputs, **parts))
    return outputs[1]


@link("floats")
def _branch(chain: Chain, x: Tensor) -> Tensor | None:
    condition = chain.input((), "BOOL")
    then, other = (calls.branch(code, [x], lambda maker, v, code=code: [maker.add(code, v)]) for code in ("NEG", "ABS"))
    (output,) = calls.like([x], f"_{len(chain.graph.ops)}")
    chain.graph.ops.append(Op("IF", [condition, x], [output], then_subgraph_index=then, else_subgraph_index=other))
    return output


@link("floats")
def _variable(chain: Chain, x: Tensor) -> Tensor | None:
    """Assign, read again."""
    (value,) = calls.like([x], f"_{len(chain.graph.ops)}")
    chain.graph.ops += [*variables.assigns(x, f"v{len(chain.graph.ops)}")]
    name = str(chain.graph.ops[-2].options.shared_name)
    chain.graph.ops += variables.reads(value, name)
    return value


# ---- quantized


@link("quantized")
def _dequantize(chain: Chain, x: Tensor) -> Tensor | None:
    return chain.add("DEQUANTIZE", [x], x.shape, "FLOAT32")


@link("quantized")
def _requantize(chain: Chain, x: Tensor) -> Tensor | None:
    return chain.add("QUANTIZE", [x], x.shape, chain.choose(*_QUANTIZED))


@link("quantized")
def _quantized_binary(chain: Chain, x: Tensor) -> Tensor | None:
    inputs = [x, chain.like(x)]
    return chain.add(chain.choose("ADD", "SUB", "MUL"), inputs, x.shape, x.type, fused_activation_function=chain.activation())


@link("quantized")
def _quantized_conv(chain: Chain, x: Tensor) -> Tensor | None:
    if len(x.shape) != 4 or x.quantization is None:
        return None
    out = int(chain.choose(1, 4, 8))
    sizes, options = _window(chain, x, 1)
    scale = np.full(1, 0.02, np.float32)
    zero = 0 if x.type == "INT8" else 128
    weights = chain.constant(chain.rng.integers(-100, 100, (out, 1, 1, x.shape[3])) + zero, x.type, Quantization(scale, [zero], 0))
    bias = chain.constant(chain.rng.integers(-99, 99, out), "INT32", Quantization(scale * x.quantization.scale, [0], 0))
    made = chain.add("CONV_2D", [x, weights, bias], (x.shape[0], *sizes, out), x.type, **options)
    chain.graph.ops[-1].version = 3
    return made


@link("quantized")
def _tabulated(chain: Chain, x: Tensor) -> Tensor | None:
    """Several ops in a row that are tables of 256 values."""
    if x.type != "INT8":
        return None
    full = Quantization([1 / 256], [-128], 0)
    made = chain.add("LOGISTIC", [x], x.shape, quantization=full)
    return chain.add("DEQUANTIZE", [made], x.shape, "FLOAT32")


# ---- any


@link("any")
def _reshape(chain: Chain, x: Tensor) -> Tensor | None:
    size = int(np.prod(x.shape))
    options = [(size,), (1, size), (1, 1, size), (1, 1, 1, size)] + [(1, n, size // n, 1) for n in (2, 3, 4) if size % n == 0]
    shape = chain.choose(*options)
    if chain.rng.random() < 0.3:
        sizes = chain.input((len(shape),), "INT32")  # only a run knows
        return chain.add("RESHAPE", [x, sizes], shape)
    return chain.add("RESHAPE", [x, chain.ints(shape)], shape)


@link("any")
def _transpose(chain: Chain, x: Tensor) -> Tensor | None:
    order = chain.rng.permutation(len(x.shape))
    return chain.add("TRANSPOSE", [x, chain.ints(order)], [x.shape[axis] for axis in order]) if x.shape else None


@link("any")
def _squeeze(chain: Chain, x: Tensor) -> Tensor | None:
    wide = chain.add("EXPAND_DIMS", [x, chain.ints(0)], (1, *x.shape))
    return chain.add("SQUEEZE", [wide], x.shape, squeeze_dims=np.array([0], np.int32)) if chain.rng.random() < 0.6 else wide


@link("any")
def _slice(chain: Chain, x: Tensor) -> Tensor | None:
    if not x.shape or 0 in x.shape:
        return None
    begin = [int(chain.rng.integers(0, size)) for size in x.shape]
    size = [int(chain.rng.integers(1, whole - start + 1)) for start, whole in zip(begin, x.shape, strict=True)]
    if chain.rng.random() < 0.5:
        return chain.add("SLICE", [x, chain.ints(begin), chain.ints(size)], size)
    end = [a + b for a, b in zip(begin, size, strict=True)]
    return chain.add("STRIDED_SLICE", [x, chain.ints(begin), chain.ints(end), chain.ints([1] * len(size))], size)


@link("any")
def _concatenate(chain: Chain, x: Tensor) -> Tensor | None:
    if not x.shape:
        return None
    axis = int(chain.rng.integers(len(x.shape)))
    many = [x, *[chain.like(x) for _ in range(int(chain.choose(1, 2)))]]
    shape = [size * (len(many) if place == axis else 1) for place, size in enumerate(x.shape)]
    return chain.add("CONCATENATION", many, shape, axis=axis)


@link("any")
def _split(chain: Chain, x: Tensor) -> Tensor | None:
    axes = [axis for axis, size in enumerate(x.shape) if size and size % 2 == 0]
    if not axes:
        return None
    axis = int(chain.choose(*axes))
    shape = tuple(size // (2 if place == axis else 1) for place, size in enumerate(x.shape))
    outputs = [Tensor(f"s{len(chain.graph.ops)}_{i}", shape, x.type, has_rank=True, quantization=x.quantization) for i in range(2)]
    chain.graph.ops.append(Op("SPLIT", [chain.ints(axis), x], outputs, num_splits=2))
    chain.live.append(outputs[0])
    return outputs[1]


@link("any")
def _gather(chain: Chain, x: Tensor) -> Tensor | None:
    if not x.shape or not x.shape[0]:
        return None
    count = int(chain.choose(1, 2, 5))
    indices = chain.input((count,), "INT32") if chain.rng.random() < 0.5 else chain.ints(chain.rng.integers(0, x.shape[0], count))
    return chain.add("GATHER", [x, indices], (count, *x.shape[1:]), axis=0)


@link("any")
def _pad(chain: Chain, x: Tensor) -> Tensor | None:
    pads = chain.rng.integers(0, 3, (len(x.shape), 2))
    return chain.add("PAD", [x, chain.ints(pads)], np.array(x.shape) + pads.sum(1)) if x.shape else None


@link("any")
def _tile(chain: Chain, x: Tensor) -> Tensor | None:
    times = [int(chain.choose(1, 1, 2)) for _ in x.shape]
    return chain.add("TILE", [x, chain.ints(times)], np.array(x.shape) * times) if x.shape and x.type != "UINT8" else None


@link("any")
def _pack(chain: Chain, x: Tensor) -> Tensor | None:
    made = chain.add("PACK", [x, chain.like(x)], (2, *x.shape), values_count=2, axis=0)
    return made if len(x.shape) < 4 else None


@link("any")
def _mean(chain: Chain, x: Tensor) -> Tensor | None:
    axes = list(range(1, len(x.shape)))
    return chain.add("MEAN", [x, chain.ints(axes)], x.shape[:1], keep_dims=False) if axes else None


@link("any")
def _largest(chain: Chain, x: Tensor) -> Tensor | None:
    if not x.shape or x.shape[-1] < 2:
        return None
    shape = (*x.shape[:-1], 2)
    values, places = Tensor(f"v{len(chain.graph.ops)}", shape, x.type, has_rank=True), Tensor("places", shape, "INT32", has_rank=True)
    values.quantization = x.quantization
    chain.graph.ops.append(Op("TOPK_V2", [x, chain.ints(2)], [values, places]))
    return values


def chain(rng: np.random.Generator) -> Model:
    """A model of a random chain: its links take what the links before have made, mostly the last."""
    made = Chain(rng)
    type = str(rng.choice(["FLOAT32", "FLOAT32", "INT8", "UINT8"]))
    made.live.append(made.input(made.choose((1, 6, 6, 4), (1, 7, 5, 3), (2, 8, 4, 1), (1, 3, 5), (4, 9)), type))
    wanted = int(rng.integers(2, 9))
    for _ in range(4 * wanted):
        if len(made.graph.ops) >= wanted:
            break
        x = made.live[-1] if rng.random() < 0.8 else made.choose(*made.live)
        kinds = ["any", "floats" if x.type == "FLOAT32" else "quantized"]
        if len(x.shape) == 4 and x.type == "FLOAT32" and min(x.shape[1:3]) >= 3:
            kinds += ["pictures", "pictures"]
        output = made.choose(*_LINKS[made.choose(*kinds)])(made, x)
        if output is not None and 0 < np.prod(output.shape) <= _MOST and len(output.shape) <= 5:
            made.live.append(output)
    graph = made.graph
    read = {id(tensor) for op in graph.ops for tensor in op.inputs}
    graph.outputs = [tensor for op in graph.ops for tensor in op.outputs if id(tensor) not in read and tensor.type != "RESOURCE"]
    graph.outputs = graph.outputs or [made.live[-1]]
    if rng.random() < 0.5:
        graph.outputs.append(made.choose(*made.live))
    signature = Signature(
        "serve", graph, {f"in{i}": t for i, t in enumerate(graph.inputs)}, {f"out{i}": t for i, t in enumerate(graph.outputs)}
    )
    return Model(called_graphs(graph), signatures=[signature])
