"""Nodes of constants alone: computed by tinylite where it has code, else by TensorFlow, and never if they could do anything else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

import tinylite
from tests.conftest import assert_close
from tinylite.errors import ConvertError
from tinylite.freezing import constants

from .nodes import Nodes
from .test_conversion import INPUT, node, numbers

RNG = np.random.default_rng(3)
raw = tf.raw_ops
SQUARE = np.array([[4, 1, 0], [1, 3, 1], [0, 1, 2]], np.float32)


def quantized(type: str, mode: str, low: float, high: float, **more: Any) -> Callable[[], Any]:
    values = RNG.integers(0, 256, (6, 5)).astype(np.uint8 if type == "quint8" else np.int8)
    bits = 16 if type.endswith("16") else 8
    values = RNG.integers(0, 1 << 16, (6, 5)).astype(f"{'u' if 'u' in type else ''}int16") if bits == 16 else values

    def build() -> Any:
        numbers = tf.bitcast(tf.constant(values), getattr(tf, type))
        return raw.Dequantize(input=numbers, min_range=low, max_range=high, mode=mode, **more)

    return build


# What is computed by tinylite's own code.
OWN: dict[str, Callable[[], Any]] = {
    **{
        f"Dequantize {type} {mode} {low} {high}": quantized(type, mode, low, high)
        for type in ("quint8", "qint8", "quint16", "qint16") for mode in ("MIN_COMBINED", "MIN_FIRST", "SCALED")
        for low, high in ((-1.3, 2.1), (0.0, 6.0), (-3.0, 1.0)) if not (mode == "MIN_FIRST" and type.endswith("16"))
    },
    "Dequantize narrow": quantized("qint8", "SCALED", -1.0, 2.0, narrow_range=True),
    "ListDiff": lambda: raw.ListDiff(x=[5, 1, 2, 2, 7], y=[2, 9]),
    "ListDiff 64": lambda: raw.ListDiff(x=[5.0, 1, 2], y=[2.0], out_idx=tf.int64),
    "DenseBincount": lambda: raw.DenseBincount(input=[1, 2, 2, 9], size=4, weights=tf.zeros([0], tf.int32)),
    "DenseBincount weights": lambda: raw.DenseBincount(input=[1, 2, 2], size=4, weights=[0.5, 1.5, 2.0]),
    "DenseBincount binary": lambda: raw.DenseBincount(input=[1, 2, 2], size=4, weights=tf.zeros([0], tf.int32), binary_output=True),
    "Bincount": lambda: raw.Bincount(arr=[[1, 2], [2, 3]], size=5, weights=tf.zeros([0], tf.int64)),
    "Unique": lambda: raw.Unique(x=[4, 2, 4, 9, 2]),
    "UniqueWithCounts": lambda: raw.UniqueWithCounts(x=[4.0, 2, 4], out_idx=tf.int64),
    "UnravelIndex": lambda: raw.UnravelIndex(indices=[5, 11], dims=[3, 4]),
    "Cholesky": lambda: raw.Cholesky(input=np.stack([SQUARE, 2 * SQUARE])),
    "MatrixInverse": lambda: raw.MatrixInverse(input=SQUARE, adjoint=True),
    "MatrixDeterminant": lambda: raw.MatrixDeterminant(input=SQUARE),
    "MatrixDiagV3": lambda: raw.MatrixDiagV3(diagonal=SQUARE, k=0, num_rows=-1, num_cols=3, padding_value=7.0),
    "MatrixDiagV3 above": lambda: raw.MatrixDiagV3(diagonal=SQUARE, k=1, num_rows=-1, num_cols=-1, padding_value=7.0),
    "MatrixDiagV3 below": lambda: raw.MatrixDiagV3(diagonal=SQUARE, k=-2, num_rows=5, num_cols=-1, padding_value=7.0),
    "Lgamma": lambda: raw.Lgamma(x=[0.5, 3.0]),
}  # fmt: skip
# What TensorFlow computes.
THEIRS: dict[str, Callable[[], Any]] = {
    "Digamma": lambda: raw.Digamma(x=[0.5, 3.0]),
    "Qr": lambda: raw.Qr(input=SQUARE),
    "Dequantize axis": quantized("qint8", "SCALED", np.full(6, -1.0, np.float32), np.arange(1, 7, dtype=np.float32), axis=0),
    "QuantizeV2": lambda: tf.bitcast(raw.QuantizeV2(input=[0.5, 1.0], min_range=0.0, max_range=2.0, T=tf.quint8)[0], tf.uint8),
    "MatrixDiagV3 band": lambda: raw.MatrixDiagV3(diagonal=SQUARE, k=[-1, 1], num_rows=3, num_cols=3, padding_value=7.0),
    "StringLength": lambda: raw.StringLength(input=[b"a\0", b"", b"three"]),
    "StringToNumber": lambda: raw.StringToNumber(string_tensor=raw.StringJoin(inputs=[tf.constant(["1", "2"]), tf.constant([".5", "0"])])),
    "AsString": lambda: raw.AsString(input=[1, 20]),
    "AvgPool3DGrad": lambda: raw.AvgPool3DGrad(
        orig_input_shape=[1, 2, 2, 2, 1], grad=tf.ones([1, 1, 1, 1, 1]), ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="VALID"),
    "StatelessRandomUniform": lambda: raw.StatelessRandomUniform(shape=[3], seed=[1, 2]),
    "TopKV2 of doubles": lambda: raw.TopKV2(input=tf.constant([1.0, 3.0, 2.0], tf.float64), k=2),
    "SparseSegmentMean": lambda: raw.SparseSegmentMean(data=SQUARE, indices=[0, 2, 1], segment_ids=[0, 0, 1]),
    "after an operator": lambda: raw.Digamma(x=raw.ResizeBilinear(images=SQUARE.reshape(1, 3, 3, 1), size=[2, 2])),
    "a shape after an operator": lambda: tf.reshape(
        tf.range(6.0), raw.ResizeNearestNeighbor(images=tf.constant([1, 6], shape=[1, 1, 2, 1]), size=[1, 2])[0, 0, :, 0]),
}  # fmt: skip


def made(build: Callable[[], Any]) -> tuple[list[np.ndarray | None], list[np.ndarray]]:
    """What the constants in the converted graph are, and what TensorFlow computes."""
    graph = tf.Graph()
    with graph.as_default():
        outputs = [tf.identity(tensor, f"y{index}").name for index, tensor in enumerate(tf.nest.flatten(build()))]
        with tf.compat.v1.Session(graph=graph) as session:
            wanted = session.run(outputs)
    model = tinylite.convert(graph.as_graph_def(), [], outputs)
    assert not model.graph.ops
    return [tensor.data if tensor.is_numeric else tensor.buffer for tensor in model.graph.outputs], wanted


@pytest.mark.parametrize("name", sorted(OWN))
def test_small_functions_need_no_tensorflow(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "tensorflow", lambda what: pytest.fail("TensorFlow is asked"))
    found, wanted = made(OWN[name])
    assert_close(found, wanted, 1e-6)


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_others_are_computed_by_tensorflow(name: str, caplog: pytest.LogCaptureFixture) -> None:
    found, wanted = made(THEIRS[name])
    if name == "AsString":
        assert found[0] is not None and found[0].tobytes().endswith(b"120")
    else:
        assert_close(found, wanted, 1e-6)
    assert "of constants, such as node" in caplog.text and "is computed by TensorFlow" in caplog.text


def test_what_has_an_operator_stays_one_where_nothing_needs_its_value() -> None:
    nodes = Nodes()
    resized = nodes.add("ResizeBilinear", SQUARE.reshape(1, 3, 3, 1), np.array([2, 2]))
    model = nodes.convert(nodes.add("Add", nodes.input(1, 2, 2, 1), resized))
    assert [op.code for op in model.graph.ops] == ["RESIZE_BILINEAR", "ADD"]


def test_nothing_that_reads_files_or_has_state_is_run(tmp_path: Path) -> None:
    """Of the ops that TensorFlow has, none that could do more than compute: files, Python, devices, queues, random numbers, functions."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    path = np.array(str(secret).encode(), object)
    for op, attributes, given in [
        ("ReadFile", {}, [path]), ("MatchingFiles", {}, [path]), ("WriteFile", {}, [path, path]), ("Print", {"T": "STRING"}, [path]),
        ("GenerateVocabRemapping", {}, [path, path]), ("PyFuncStateless", {"token": b"x"}, [path]), ("RandomUniform", {}, [np.array([2])]),
        ("DebugIdentity", {"T": "FLOAT32", "debug_urls": [f"file://{tmp_path}".encode()]}, [SQUARE]), ("Abort", {}, []),
        ("DecodeProtoV2", {"descriptor_source": str(secret).encode()}, [path]), ("PartitionedCall", {}, [path]),
        ("RestoreV2", {}, [path] * 3),
        ("ImmutableConst", {"memory_region_name": str(secret).encode()}, [path]), ("TextLineDataset", {}, [path] * 3),
        ("Copy", {"T": "FLOAT32"}, [SQUARE]), ("_Retval", {"T": "FLOAT32"}, [SQUARE]), ("NoSuchOp", {}, [SQUARE]),
    ]:  # fmt: skip
        assert constants.computed(op, attributes, given) is None, op
    assert secret.read_text() == "secret" and list(tmp_path.iterdir()) == [secret]


@pytest.mark.parametrize(
    ("op", "given", "attributes"),
    [
        ("BroadcastTo", [np.int32(1), np.array([1 << 30, 8], np.int32)], {"T": "INT32"}),
        ("StatelessRandomUniform", [np.array([1 << 30], np.int32), np.array([1, 2], np.int32)], {"Tseed": "INT32", "T": "INT32"}),
        ("SparseToDense", [np.zeros((1, 1), np.int32), np.array([1 << 31 - 1], np.int32), np.int32(1), np.int32(0)],
         {"Tindices": "INT32", "T": "INT32"}),
        ("RaggedRange", [np.int32(0), np.int32(2**31 - 1), np.int32(1)], {"T": "INT32"}),
    ],
)  # fmt: skip
def test_a_few_numbers_cannot_ask_for_all_memory(op: str, given: list[Any], attributes: dict[str, Any]) -> None:
    assert constants.computed(op, attributes, [np.asarray(value) for value in given]) is None


def test_it_is_said_that_tensorflow_could_help_and_why_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = INPUT + numbers("c", 1, 2, type="FLOAT") + node("d", "Digamma", "c") + node("y", "Add", "x", "d")
    wrong = INPUT + numbers("c", 1, 2, type="FLOAT") + node("d", "Qr", "c") + node("y", "Add", "x", "d")
    with pytest.raises(ConvertError, match="and TensorFlow cannot compute it: Shape must be at least rank 2"):
        tinylite.convert(wrong.encode())
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ConvertError, match=r"TensorFlow could compute it of its constants: pip install 'tinylite\[tensorflow\]'"):
        tinylite.convert(graph.encode())
