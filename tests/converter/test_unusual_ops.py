"""Ops that TensorFlow on a CPU cannot run, or runs with random results: old ones, channels first, TFLite's own, random numbers."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from flatbuffers import flexbuffers

from tests.conftest import SHARED, Oracle, assert_close
from tinylite.converter import tf_ops
from tinylite.converter.call import Scope
from tinylite.converter.folding import FOLDERS
from tinylite.errors import ConvertError
from tinylite.model import Graph

from .nodes import Nodes, codes, signatures

RNG = np.random.default_rng(5)
RESOLVER = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"


def some(*shape: int) -> np.ndarray:
    return RNG.normal(0, 1, shape).astype(np.float32)


# ---- the list

# Rows that are not ops to be translated, or that are computed from constants only.
_OTHERWISE = {"Placeholder", "Lgamma"}
# Ops that TensorFlow 1 writes loops with: they are gathered into While before anything is translated.
_FRAMES = {"Enter", "Exit", "LoopCond", "Merge", "NextIteration", "Switch"}


def test_every_op_that_has_a_builtin_form_is_translated() -> None:
    table = SHARED / "facts" / "tf_ops.csv"
    if not table.exists():
        pytest.skip("../shared is absent")
    known = {*tf_ops.names(), *FOLDERS, *_OTHERWISE, *_FRAMES, "CTCBeamSearchDecoder"}
    with table.open() as file:
        wanted = {row["tf_op"] for row in csv.DictReader(file) if not row["tflite_ops"].startswith("--")}
    assert not wanted - known


# ---- channels first

SPATIAL = dict(strides=[1, 1, 2, 1], padding="SAME")
FILTER = some(3, 3, 4, 2)
STATISTICS = [some(4), some(4), some(4), RNG.uniform(0.5, 2, 4).astype(np.float32)]
FIRST = {
    "Conv2D": ([some(3, 3, 4, 5)], dict(SPATIAL, dilations=[1, 1, 1, 1])),
    "DepthwiseConv2dNative": ([FILTER], dict(strides=[1, 1, 1, 1], padding="VALID", dilations=[1, 2, 1, 1])),
    "MaxPool": ([], dict(SPATIAL, ksize=[1, 3, 2, 1])),
    "AvgPool": ([], dict(SPATIAL, ksize=[1, 3, 2, 1])),
    "FusedBatchNormV3": (STATISTICS, dict(epsilon=0.01, is_training=False)),
    "BiasAdd": ([some(4)], {}),
    "SpaceToDepth": ([], dict(block_size=2)),
    "DepthToSpace": ([], dict(block_size=2)),
}  # fmt: skip


@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("op", sorted(FIRST))
def test_channels_may_come_first(op: str, unknown: bool, litert: Oracle) -> None:
    """The same numbers come out as with channels last."""
    constants, attributes = FIRST[op]
    x = some(2, 6, 8, 4)
    last, first = Nodes(), Nodes()
    wanted = last.convert(last.add(op, last.input(2, 6, 8, 4), *constants, data_format="NHWC", **attributes))
    moved = {name: [value[axis] for axis in (0, 3, 1, 2)] if isinstance(value, list) else value for name, value in attributes.items()}
    batch = -1 if unknown else 2
    model = first.convert(first.add(op, first.input(batch, 4, 6, 8), *constants, data_format=b"NCHW", **moved))
    (a,) = litert(wanted.to_bytes(), [x], RESOLVER)
    assert signatures(model) == [(batch, *a.transpose(0, 3, 1, 2).shape[1:])]
    if not unknown:
        assert_close(litert(model.to_bytes(), [np.ascontiguousarray(x.transpose(0, 3, 1, 2))], RESOLVER), [a.transpose(0, 3, 1, 2)], 1e-6)


# ---- old ops


def test_the_first_batch_normalisation(litert: Oracle) -> None:
    x, (mean, variance, offset, scale) = some(2, 3, 3, 4), (some(4), RNG.uniform(0.5, 2, 4).astype(np.float32), some(4), some(4))
    for scaled in (False, True):
        nodes = Nodes()
        made = nodes.add(
            "BatchNormWithGlobalNormalization", nodes.input(2, 3, 3, 4), mean, variance, offset, scale, variance_epsilon=0.001,
            scale_after_normalization=scaled,
        )  # fmt: skip
        wanted = (x - mean) / np.sqrt(variance + np.float32(0.001)) * (scale if scaled else 1) + offset
        assert_close(litert(nodes.convert(made).to_bytes(), [x], RESOLVER), [wanted.astype(np.float32)], 1e-5)


def test_top_k_with_an_attribute(litert: Oracle) -> None:
    nodes = Nodes()
    made = nodes.add("TopK", nodes.input(2, 5), k=2)
    x = some(2, 5)
    order = np.argsort(-x, axis=-1)[:, :2]
    found = litert(nodes.convert(made, f"{made}:1").to_bytes(), [x], RESOLVER)
    assert_close(found, [np.take_along_axis(x, order, -1), order.astype(np.int32)], 0)


# ---- random numbers


@pytest.mark.parametrize("op", ["RandomUniform", "RandomStandardNormal"])
def test_random_numbers_have_their_distribution(op: str, litert: Oracle) -> None:
    nodes = Nodes()
    shape = nodes.input(2, dtype="int32")
    made = nodes.add(op, shape, dtype="FLOAT32", seed=3, seed2=4, T="INT32")
    model = nodes.convert(made)
    assert signatures(model) == [(-1, -1)]
    assert (model.graph.ops[0].options.seed, model.graph.ops[0].options.seed2) == (3, 4)  # type: ignore[union-attr]
    (values,) = litert(model.to_bytes(), [np.array([40, 50], np.int32)], RESOLVER)
    assert values.shape == (40, 50)
    mean, spread = (0.5, 12**-0.5) if op == "RandomUniform" else (0, 1)
    assert abs(values.mean() - mean) < 0.1
    assert abs(values.std() - spread) < 0.1


@pytest.mark.parametrize("type", ["INT32", "INT64"])
def test_samples_of_a_distribution(type: str, litert: Oracle) -> None:
    nodes = Nodes()
    logits = np.log(np.array([[0.01, 0.98, 0.01], [0.5, 0.001, 0.5]], np.float32))
    made = nodes.add("Multinomial", nodes.input(2, 3), 500, seed=1, seed2=2, output_dtype=type)
    (values,) = litert(nodes.convert(made).to_bytes(), [logits], RESOLVER)
    assert values.dtype == np.dtype(type.lower())
    assert values.shape == (2, 500)
    assert (values[0] == 1).mean() > 0.9
    assert (values[1] == 1).mean() < 0.05


# ---- TFLite's own custom operators


def test_detections(litert: Oracle) -> None:
    """One box at its anchor, in the middle of the picture."""
    nodes = Nodes()
    anchors = np.array([[0.5, 0.5, 0.4, 0.2], [0.1, 0.1, 0.1, 0.1]], np.float32)
    options = dict(
        max_detections=3, max_classes_per_detection=1, num_classes=1, nms_score_threshold=0.3, nms_iou_threshold=0.6, y_scale=10.0,
        x_scale=10.0, h_scale=5.0, w_scale=5.0, use_regular_nms=False, detections_per_class=100,
    )  # fmt: skip
    made = nodes.add("TFLite_Detection_PostProcess", nodes.input(1, 2, 4), nodes.input(1, 2, 2), anchors, **options)
    model = nodes.convert(made, *(f"{made}:{index}" for index in (1, 2, 3)))
    assert codes(model) == "TFLite_Detection_PostProcess"
    found = flexbuffers.Loads(bytearray(model.graph.ops[0].custom_options or b""))
    assert found == pytest.approx(options)
    boxes, classes, scores, count = litert(
        model.to_bytes(), [np.zeros((1, 2, 4), np.float32), np.array([[[0, 0.9], [0, 0.1]]], np.float32)], RESOLVER
    )
    assert signatures(model) == [(1, 3, 4), (1, 3), (1, 3), (1,)]
    np.testing.assert_allclose(boxes[0, 0], [0.3, 0.4, 0.7, 0.6], atol=1e-6)
    assert (classes[0, 0], scores[0, 0], count[0]) == (0, np.float32(0.9), 1)


def test_detections_without_their_options() -> None:
    nodes = Nodes()
    made = nodes.add("TFLite_Detection_PostProcess", nodes.input(1, 2, 4), nodes.input(1, 2, 2), some(2, 4), max_detections=3)
    with pytest.raises(ConvertError, match="it has no h_scale, max_classes_per_detection"):
        nodes.convert(made)


def test_the_microfrontend_is_custom() -> None:
    nodes = Nodes()
    made = nodes.add(
        "AudioMicrofrontend", nodes.input(16000, dtype="int16"), num_channels=40, frame_stride=3, left_context=2, right_context=1
    )
    with pytest.raises(ConvertError, match="its kernel is not part of LiteRT"):
        nodes.convert(made)
    model = nodes.convert(made, allow_custom_ops=True)
    assert signatures(model) == [((16000 - 400) // 160 // 3 + 1, 160)]
    assert flexbuffers.Loads(bytearray(model.graph.ops[0].custom_options or b""))["out_float"] is False


def test_custom_operators_have_the_outputs_of_their_ops() -> None:
    nodes = Nodes()
    x = nodes.input(1, 8, 8, 3)
    pooled = nodes.add("MaxPoolWithArgmax", x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME", T="FLOAT32", Targmax="INT64")
    decoded = nodes.add("CTCBeamSearchDecoder", nodes.input(5, 1, 4), nodes.input(1, dtype="int32"), beam_width=4, top_paths=2)
    model = nodes.convert(pooled, f"{pooled}:1", f"{decoded}:6", allow_custom_ops=True)
    assert codes(model) == "MaxPoolWithArgmax CTCBeamSearchDecoder"
    assert [tensor.type for op in model.graph.ops for tensor in op.outputs] == ["FLOAT32", "INT64", *["INT64"] * 6, "FLOAT32"]


# ---- recurrent layers that TensorFlow 1 marked for TFLite


def test_svdf(litert: Oracle) -> None:
    """Two filters make an output; the memory of the first run counts in the second."""
    features, times, bias = some(6, 4), some(6, 3), some(3)
    nodes = Nodes()
    made = nodes.add("Svdf", nodes.input(2, 4), features, times, bias, Rank=2, ActivationFunction="Relu")
    x = some(2, 4)
    found = litert(nodes.convert(made).to_bytes(), [x], RESOLVER, 2)
    seen = x @ features.T
    for run in range(2):
        memory = sum(seen * times[:, -1 - step] for step in range(run + 1))
        wanted = np.maximum(memory.reshape(2, 3, 2).sum(-1) + bias, 0)
        assert_close([found[run]], [wanted.astype(np.float32)], 1e-5)


def test_a_sequence_through_an_rnn(litert: Oracle) -> None:
    weights, recurrent, bias = some(5, 4), some(5, 5), some(5)
    nodes = Nodes()
    places = [0, 1, 2, 3]
    made = nodes.add("UnidirectionalSequenceRnn", nodes.input(3, 2, 4), weights, recurrent, bias, _tflite_input_indices=places)
    x, state, wanted = some(3, 2, 4), np.zeros((2, 5), np.float32), []
    for step in x:
        state = np.tanh(step @ weights.T + state @ recurrent.T + bias)
        wanted.append(state)
    assert_close(litert(nodes.convert(f"{made}:1").to_bytes(), [x], RESOLVER), [np.stack(wanted)], 1e-5)


def test_a_sequence_through_an_lstm(litert: Oracle) -> None:
    inputs, recurrent, biases = [some(5, 4) for _ in range(4)], [some(5, 5) for _ in range(4)], [some(5) for _ in range(4)]
    nodes = Nodes()
    places = [0, *range(1, 9), *range(12, 16)]
    made = nodes.add("UnidirectionalSequenceLstm", nodes.input(3, 2, 4), *inputs, *recurrent, *biases, _tflite_input_indices=places)
    x, output, cell, wanted = some(3, 2, 4), np.zeros((2, 5), np.float32), np.zeros((2, 5), np.float32), []

    def sigmoid(value: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-value))

    for step in x:
        gates = [step @ a.T + output @ b.T + c for a, b, c in zip(inputs, recurrent, biases, strict=True)]
        cell = sigmoid(gates[1]) * cell + sigmoid(gates[0]) * np.tanh(gates[2])
        output = sigmoid(gates[3]) * np.tanh(cell)
        wanted.append(output)
    assert_close(litert(nodes.convert(f"{made}:2").to_bytes(), [x], RESOLVER), [np.stack(wanted).astype(np.float32)], 1e-5)


# ---- what cannot be expressed in TFLite says why

REFUSED = {
    "tables": (lambda n: n.add("HashTableV2", key_dtype="STRING", value_dtype="INT64"), "filled outside of the graph"),
    "a data set": (lambda n: n.add("IteratorGetNext", n.add("IteratorV2")), "reads a data set, which is not part of a model. Name what it"),
    "a generator": (lambda n: n.add("StatelessRandomGetKeyCounter", n.input(2)), r"draws random numbers .*training=False"),
    "RFFT": (lambda n: n.add("RFFT", n.input(2, 15), np.array([15])), r"its length \[15\] is not a power of 2"),
    "a window over channels": (
        lambda n: n.add("MaxPool", n.input(1, 4, 4, 4), ksize=[1, 2, 2, 2], strides=[1, 1, 1, 1], padding="SAME"),
        "covers batch or channels",
    ),
    "a unique matrix": (lambda n: n.add("Unique", n.input(2, 3)), "is not a vector"),
    "a band": (lambda n: n.add("MatrixDiagPartV3", n.input(3, 3), np.array([-1, 1]), 0.0), "a band of diagonals"),
    "three operands": (lambda n: n.add("Einsum", n.input(2), n.input(2), n.input(2), equation="a,a,a->a"), "3 operands"),
    "labels": (lambda n: n.add("Einsum", n.input(2, 3), n.input(3), equation="abc,c->ab"), r"does not fit \[2, 3\]"),
    "missing rows": (lambda n: n.add("DynamicStitch", np.array([0, 3]), n.input(2, 4), N=1), "leave rows out"),
    "a range of its own": (lambda n: n.add("QuantizeAndDequantizeV2", n.input(4), -1.0, 1.0, range_given=False), "from each input"),
    "a range without end": (lambda n: n.add("FakeQuantWithMinMaxArgs", n.input(4), min=-np.inf, max=2.0), "-inf to 2 is too narrow"),
    "a range beyond floats": (lambda n: n.add("FakeQuantWithMinMaxArgs", n.input(4), min=-3e38, max=3e38), "too narrow or too wide"),
    "a range without steps": (lambda n: n.add("FakeQuantWithMinMaxArgs", n.input(4), min=0.0, max=1e-40), "too narrow or too wide"),
    "doubles": (lambda n: n.add("RandomUniform", np.array([2]), dtype="FLOAT64"), "it produces FLOAT64"),
    "blocks in three dimensions": (
        lambda n: n.add("SpaceToBatchND", n.input(1, 2, 2, 2, 1), np.array([2, 2, 2]), np.zeros((3, 2), np.int32)), "along 3 dimensions"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_what_has_no_form_says_why(what: str) -> None:
    nodes = Nodes()
    build, message = REFUSED[what]
    with pytest.raises(ConvertError, match=message):
        nodes.convert(build(nodes))


# ---- damaged ones


@pytest.mark.parametrize(("op", "count"), [("Neg", 2), ("Neg", 0), ("Minimum", 3), ("Maximum", 1), ("Equal", 3)])
def test_constants_of_another_number_than_an_op_takes(op: str, count: int) -> None:
    """numpy would take one more for the place where its result goes."""
    nodes = Nodes()
    x = nodes.input(2)
    with pytest.raises(ConvertError, match=f"it has {count} inputs, and takes"):
        nodes.convert(nodes.add("AddV2", x, nodes.add(op, *[some(2) for _ in range(count)])))


def test_indices_of_more_numbers_than_a_tensor_has_dimensions() -> None:
    nodes = Nodes()
    with pytest.raises(ConvertError, match="its indices have 3 numbers each, for 2 dimensions"):
        nodes.convert(nodes.add("TensorScatterUpdate", nodes.input(4, 4), [[0, 1, 2]], some(1)))


@pytest.mark.parametrize("op", ["AddV2", "Maximum", "Less", "FloorMod", "Atan2", "BitwiseXor", "LogicalAnd"])
def test_two_types_that_meet_in_an_op_are_refused(op: str) -> None:
    """TensorFlow refuses such a graph, and so would whoever reads the file."""
    n = Nodes()
    with pytest.raises(ConvertError, match=rf"{op}.*: 'x0' \(FLOAT32\) and 'x1' \(INT32\) meet in .*Cast one of them"):
        n.convert(n.add(op, n.input(4), n.input(4, dtype="int32")))


def test_a_node_of_more_outputs_than_any_graph_has() -> None:
    nodes = Nodes()
    with pytest.raises(ConvertError, match="more than 65536 outputs"):
        nodes.convert(nodes.add("DynamicPartition", nodes.input(4), [0, 1, 0, 1], num_partitions=1 << 30))


def test_free_names_are_found_without_looking_through_all_that_are_taken() -> None:
    scope = Scope(Graph("main"))
    scope.names.add("y_3")
    assert [scope.free_name("y") for _ in range(4)] == ["y", "y_1", "y_2", "y_4"]
    asked = Counted(scope.names)
    scope.names = asked
    for _ in range(100):
        scope.free_name("y")
    assert asked.count <= 300


class Counted(set[str]):
    """A set that counts how often it is looked into."""

    count = 0

    def __contains__(self, name: object) -> bool:
        self.count += 1
        return super().__contains__(name)
