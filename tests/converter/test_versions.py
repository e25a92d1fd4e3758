"""Operator versions, and the runtime that a model needs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite import ops
from tinylite.model import Graph, Model, Op, Quantization, Tensor
from tinylite.ops.common.versions import Versions
from tinylite.passes.set_versions import minimum_runtime, set_versions, version_of
from tinylite.schema.tables import ENUMS

from .nodes import Nodes


def op(code: str, types: str, shape: Sequence[int] = (1, 4, 4, 4), shapes: Sequence[Sequence[int]] | None = None, **options: Any) -> Op:
    """An op whose inputs and, after >, output have these types."""
    given, _, made = types.partition(">")
    shapes = shapes or [shape] * len(given.split())
    inputs = [Tensor(None, tuple(each), type) for type, each in zip(given.split(), shapes, strict=True)]
    return Op(code, inputs, [Tensor(None, tuple(shape), (made or given.split()[0]).strip())], **options)


# Operator, types, version, options.
VERSIONS: list[tuple[str, str, int, dict[str, Any]]] = [
    ("ADD", "FLOAT32 FLOAT32", 1, {}), ("ADD", "INT8 INT8", 2, {}), ("ADD", "INT64 INT64", 4, {}), ("ADD", "INT16 INT16", 5, {}),
    ("ABS", "INT32", 5, {}), ("BROADCAST_TO", "FLOAT32 INT32", 2, {}), ("BROADCAST_TO", "INT8 INT32", 3, {}),
    ("CAST", "FLOAT32>INT32", 1, {}), ("CAST", "FLOAT32>INT8", 3, {}), ("CAST", "FLOAT16>FLOAT32", 5, {}), ("CAST", "INT4>FLOAT32", 6, {}),
    ("CONV_2D", "FLOAT32 FLOAT32 FLOAT32", 1, {}), ("CONV_2D", "INT8 INT8 INT32>INT8", 3, {}),
    ("CONV_2D", "FLOAT32 INT8 FLOAT32>FLOAT32", 2, {}),
    ("DEPTHWISE_CONV_2D", "FLOAT32 FLOAT32 FLOAT32", 1, dict(dilation_w_factor=1, dilation_h_factor=1)),
    ("DEPTHWISE_CONV_2D", "FLOAT32 FLOAT32 FLOAT32", 2, dict(dilation_w_factor=2, dilation_h_factor=1)),
    ("FAKE_QUANT", "FLOAT32", 2, dict(narrow_range=True)), ("FILL", "INT32 BOOL>BOOL", 2, {}), ("FLOOR_DIV", "FLOAT32 FLOAT32", 2, {}),
    ("FULLY_CONNECTED", "FLOAT32 FLOAT32 FLOAT32", 1, {}), ("FULLY_CONNECTED", "FLOAT32 FLOAT32", 6, {}),
    ("FULLY_CONNECTED", "FLOAT32 FLOAT32 FLOAT32", 5, dict(keep_num_dims=True)),
    ("GATHER", "FLOAT32 INT32", 1, {}), ("GATHER", "FLOAT32 INT32", 5, dict(batch_dims=1)), ("GATHER", "BOOL INT64", 3, {}),
    ("MUL", "INT64 INT64", 5, {}), ("MUL", "COMPLEX64 COMPLEX64", 6, {}), ("RANGE", "INT64 INT64 INT64", 2, {}),
    ("RESIZE_BILINEAR", "FLOAT32 INT32", 1, {}), ("RESIZE_BILINEAR", "FLOAT32 INT32", 3, dict(half_pixel_centers=True)),
    ("RESIZE_NEAREST_NEIGHBOR", "FLOAT32 INT32", 3, dict(align_corners=True)), ("REVERSE_V2", "BOOL INT32", 2, {}),
    ("SIGN", "INT32", 2, {}), ("SPLIT", "INT32 FLOAT32>FLOAT32", 1, {}), ("SPLIT", "INT32 INT32", 3, {}),
    ("STRIDED_SLICE", "FLOAT32 INT32 INT32 INT32", 6, dict(new_axis_mask=1)), ("STRIDED_SLICE", "BOOL INT32 INT32 INT32", 3, {}),
    ("TRANSPOSE_CONV", "INT32 FLOAT32 FLOAT32>FLOAT32", 1, {}), ("TRANSPOSE_CONV", "INT32 FLOAT32 FLOAT32 FLOAT32>FLOAT32", 3, {}),
    ("TRANSPOSE_CONV", "INT32 FLOAT32 FLOAT32>FLOAT32", 4, dict(fused_activation_function="RELU")),
    ("UNPACK", "BOOL", 3, {}), ("WHERE", "BOOL>INT64", 1, {}), ("WHERE", "INT32>INT64", 2, {}), ("LOGISTIC", "INT16", 3, {}),
    ("BATCH_MATMUL", "FLOAT32 INT8>FLOAT32", 4, dict(asymmetric_quantize_inputs=True)), ("CUMSUM", "FLOAT32 INT32", 1, {}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "types", "version", "options"), VERSIONS)
def test_the_version_says_what_an_op_needs(code: str, types: str, version: int, options: dict[str, Any]) -> None:
    assert version_of(op(code, types, **options)) == version


def test_the_number_of_dimensions_counts() -> None:
    assert [version_of(op("TRANSPOSE", "FLOAT32 INT32", (1,) * rank)) for rank in (4, 5, 6, 7)] == [1, 4, 6, 8]
    assert [version_of(op("PAD", "FLOAT32 INT32", (1,) * rank)) for rank in (4, 5)] == [1, 4]
    assert [version_of(op("SPACE_TO_BATCH_ND", "FLOAT32 INT32 INT32", (1,) * rank)) for rank in (4, 3)] == [1, 3]
    wide = [(1, 2, 3, 4, 5), (5,)]
    assert [version_of(op(code, "FLOAT32 FLOAT32", wide[0], wide)) for code in ("DIV", "SUB", "MAXIMUM", "ADD")] == [2, 3, 3, 1]


def test_quantization_counts() -> None:
    plain, quantized = op("MUL", "INT16 INT16"), op("MUL", "INT16 INT16")
    quantized.inputs[0].quantization = Quantization([0.1], [0])  # type: ignore[union-attr, arg-type]
    assert (version_of(plain), version_of(quantized)) == (7, 4)
    per_channel = op("CONV_2D", "FLOAT32 INT8 FLOAT32>FLOAT32")
    per_channel.inputs[1].quantization = Quantization(np.ones(4), np.zeros(4))  # type: ignore[union-attr]
    assert version_of(per_channel) == 5


def test_groups_count() -> None:
    assert version_of(op("CONV_2D", "FLOAT32 FLOAT32 FLOAT32", shapes=[(1, 4, 4, 4), (4, 3, 3, 2), (4,)])) == 6


def test_the_newest_operator_decides_what_runtime_is_needed() -> None:
    graph = Graph("main", ops=[op("ADD", "FLOAT32 FLOAT32"), op("CUMSUM", "FLOAT32 INT32"), op("GATHER", "FLOAT32 INT32", batch_dims=1)])
    model = Model([graph])
    set_versions(model)
    set_versions(model)
    assert [entry.name for entry in model.metadata] == ["min_runtime_version"]
    assert bytes(model.metadata[0].data) == b"2.5.0".ljust(16, b"\0")
    assert minimum_runtime([]) == ""
    assert minimum_runtime([Graph(ops=[Op("CUSTOM", [], [], custom_code="Mine")])]) == ""


def test_every_operator_knows_the_runtimes_of_its_versions() -> None:
    for code in ops.names():
        operator = ops.find(code)
        runtimes = operator.versions.runtimes.split()
        assert runtimes, code
        assert all(re.fullmatch(r"-|\d+\.\d+\.\d+", runtime) for runtime in runtimes), code
        asked = [*operator.versions.types.values(), *operator.versions.ranks.values(), *operator.versions.weights.values()]
        # The newest types are in the schema before a runtime has them.
        assert max(asked, default=1) <= len(runtimes) + 1, code
    others = json.loads((Path(ops.__file__).parent / "other_operators.json").read_text())
    assert set(others) <= set(ENUMS["BuiltinOperator"][1])


def test_a_version_that_was_withdrawn_has_no_runtime() -> None:
    versions = Versions("- 2.5.0")
    assert (versions.runtime(0), versions.runtime(1), versions.runtime(2), versions.runtime(3)) == (None, None, "2.5.0", None)
    old = op("BROADCAST_TO", "FLOAT32 INT32")
    assert minimum_runtime([Graph(ops=[old])]) == ""
    assert version_of(old) == 2


def test_files_may_hold_operators_that_tinylite_does_not_run() -> None:
    table = op("HASHTABLE", "RESOURCE>RESOURCE")
    assert version_of(table) == 1
    assert minimum_runtime([Graph(ops=[table])]) == "2.5.0"


def test_conversion_writes_versions() -> None:
    nodes = Nodes()
    model = nodes.convert(nodes.add("BroadcastTo", nodes.input(3), np.array([2, 3])))
    assert [each.version for each in model.graph.ops] == [2]
    assert model.metadata[0].name == "min_runtime_version"
