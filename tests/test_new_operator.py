"""A made-up operator, its TensorFlow op and a custom operator: one file each, and all of tinylite knows them."""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tinylite import ConvertError, Interpreter, Model, Op, Tensor, ops
from tinylite.benching.op_text import grammar_text, ops_of, parse_op
from tinylite.converter import tf_ops
from tinylite.converter.folding import FOLDERS, UNKNOWN
from tinylite.converter.tf_ops.registry import RANKS, TRANSLATIONS
from tinylite.files.file_formats import detect_format
from tinylite.model import Graph
from tinylite.ops import custom_ops
from tinylite.ops.common.operator import REGISTRY
from tinylite.quantize import FullIntegerQuantization, quantize_model
from tinylite.report.describe_quantization import describe_file

from .conftest import run_once
from .converter.nodes import Nodes, codes

# A code of the format that tinylite does not run.
OPERATOR = '''"""STABLEHLO_NEGATE: -x."""

import numpy as np

from tinylite.ops.common.operator import register
from tinylite.ops.common.quantization_rules import COMPUTES
from tinylite.ops.common.unary import Unary
from tinylite.ops.common.versions import Versions


@register
class Negate(Unary):
    code = "STABLEHLO_NEGATE"
    max_version = 2
    versions = Versions("2.17.0 2.99.0", types={"INT8": 2})
    plain_types = "FLOAT32"
    numpy = np.negative
    types = ("FLOAT32", "INT8", "UINT8")
    kernel = "neg"
    quantized = COMPUTES

    def real(self, x, node):
        return -x
'''
CUSTOM = '''"""Squared: x * x."""

import numpy as np

from tinylite.ops.common.operator import register
from tinylite.ops.common.quantization_rules import COMPUTES
from tinylite.ops.common.unary import Unary


@register
class Squared(Unary):
    code = "Squared"
    types = ("FLOAT32", "INT8", "UINT8")
    kernel = "square"
    quantized = COMPUTES

    def real(self, x, node):
        return x * x
'''
TF_OPS = '''"""Opposite, Squared and Doubled."""

import numpy as np

from tinylite.converter.folding import folds
from tinylite.converter.tf_ops.registry import translates


@translates("Opposite")
def opposite(call):
    return call.elementwise("STABLEHLO_NEGATE", call.input(0))


@translates("Doubled", ranks=(2,))
def doubled(call):
    return call.elementwise("ADD", call.input(0), call.input(0))


@folds("Opposite", unknown=slice(0, 1))
def _opposite(call, x):
    return -x


@translates("Squared")
def squared(call):
    return call.emit("CUSTOM", [call.input(0)], None, call.partial_shape(call.input(0)), custom_code="Squared")
'''


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The three files, as if they were in their packages' folders."""
    packages: list[tuple[ModuleType, str, str]] = [
        (ops, "stablehlo_negate", OPERATOR), (custom_ops, "squared", CUSTOM), (tf_ops, "opposite", TF_OPS),
    ]  # fmt: skip
    for package, name, text in packages:
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / f"{name}.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    tf_ops._load.cache_clear()
    ops._facts.cache_clear()
    yield
    for table, names in (
        (TRANSLATIONS, ("Opposite", "Squared", "Doubled")), (RANKS, ("Opposite", "Squared", "Doubled")), (FOLDERS, ("Opposite",)),
        (UNKNOWN, ("Opposite",)), (REGISTRY, ("STABLEHLO_NEGATE", "Squared")),
        (ops._found, ("STABLEHLO_NEGATE",)),
    ):  # fmt: skip
        for name in names:
            table.pop(name, None)  # type: ignore[attr-defined]
    for package, name, _ in packages:
        sys.modules.pop(f"{package.__name__}.{name}", None)
    ops._facts.cache_clear()


def converted() -> Model:
    """-x of a transposed x, transposed back, and its square."""
    n = Nodes()
    turned = n.add("Transpose", n.input(1, 2, 3, 4), np.array([0, 3, 1, 2], np.int32))
    back = n.add("Transpose", n.add("Opposite", turned), np.array([0, 2, 3, 1], np.int32))
    return n.convert(n.add("Squared", n.add("AddV2", back, np.full(4, 0.5, np.float32))))


X = np.linspace(-1.5, 1.5, 24, dtype=np.float32).reshape(1, 2, 3, 4)


def test_it_is_converted_and_runs() -> None:
    model = converted()
    assert codes(model) == "STABLEHLO_NEGATE ADD Squared"  # elementwise: the transposes met, and are gone
    assert [op.version for op in model.graph.ops] == [1, 1, 1]
    assert bytes(model.metadata[0].data).rstrip(b"\0") == b"2.17.0"
    assert np.array_equal(run_once(Interpreter(model_content=model.to_bytes()), X), (np.float32(0.5) - X) ** 2)


@pytest.mark.parametrize("type", ["INT8", "UINT8"])
@pytest.mark.parametrize("policy", ["toco", "mlir"])
def test_it_is_quantized_and_runs_on_integers(type: str, policy: str, tmp_path: Path) -> None:
    settings = FullIntegerQuantization(type, policy, default_range=(-4.0, 4.0), input_type="FLOAT32", output_type="FLOAT32")
    made = quantize_model(converted(), settings)
    assert codes(made) == "QUANTIZE STABLEHLO_NEGATE ADD Squared DEQUANTIZE"
    assert {tensor.type for op in made.graph.ops[1:-1] for tensor in op.outputs} == {type}
    assert made.graph.ops[1].version == (2 if type == "INT8" else 1)
    made.save(tmp_path / "made.tflite")
    assert describe_file(str(tmp_path / "made.tflite"), detect_format(tmp_path / "made.tflite"))["graphs"][0]["float_ops"] == []
    found = run_once(Interpreter(model_content=made.to_bytes()), X)
    assert np.abs(found - np.minimum((np.float32(0.5) - X) ** 2, 4)).max() < 0.2


def test_its_constants_are_computed() -> None:
    n = Nodes()
    assert codes(n.convert(n.add("AddV2", n.input(4), n.add("Opposite", np.ones(4, np.float32))))) == "ADD"


def test_what_it_tells_of_shapes_is_known() -> None:
    n = Nodes()
    x = n.input()
    n.nodes[0].attributes["shape"] = None
    assert n.convert(n.add("Doubled", x)).graph.inputs[0].shape_signature == (-1, -1)
    # Twice the opposite of a shape that is known in part: the reshape has it as a constant.
    n = Nodes()
    x = n.input(-1, 6)
    shape = n.add("Opposite", n.add("Opposite", n.add("Shape", x)))
    columns = n.add("StridedSlice", shape, np.array([1]), np.array([2]), np.array([1]))
    model = n.convert(n.add("Reshape", x, n.add("ConcatV2", columns, np.array([-1]), np.array(0))))
    assert codes(model) == "RESHAPE" and model.graph.outputs[0].shape_signature == (6, -1)


def test_a_type_that_it_lacks_is_refused() -> None:
    n = Nodes()
    with pytest.raises(ConvertError, match="it would read INT32, and the operator takes FLOAT32"):
        n.convert(n.add("Opposite", n.input(4, dtype="int32")))


def test_it_is_listed_and_its_facts_are_read() -> None:
    assert "STABLEHLO_NEGATE" in ops.names() and "squared" in custom_ops.names() and "Opposite" in tf_ops.names()
    x, y = Tensor("x", (2,)), Tensor("y", (2,))
    for op in (Op("STABLEHLO_NEGATE", [x], [y]), Op("CUSTOM", [x], [y], custom_code="Squared")):
        assert ops.facts_of(op).elementwise and ops.facts_of(op).quantized is not None
        Interpreter(model_content=Model([Graph("main", [x], [y], [op])]).to_bytes()).allocate_tensors()


def test_it_is_benchmarked_by_a_line() -> None:
    for name in ("STABLEHLO_NEGATE", "Squared"):
        assert f"  {name} f32 1x8x8x16\n" in grammar_text()
        case = parse_op(f"{name} i8 2x3")
        assert case.text == f"{name} i8 2x3" and ops_of(case.model)[0][0].text == case.text


def test_an_op_that_is_translated_already_is_refused_with_both_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "again.py").write_text(TF_OPS.replace("Opposite", "Neg").replace("Doubled", "Doubled2").replace("Squared", "Squared2"))
    monkeypatch.setattr(tf_ops, "__path__", [str(tmp_path)])
    with pytest.raises(NameError, match=r"^Neg is translated twice: in tinylite\.\S+\.elementwise and in tinylite\.\S+\.again$"):
        tf_ops._load()


def test_a_file_that_registers_no_operator_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stablehlo_sign.py").write_text("")
    monkeypatch.setattr(ops, "__path__", [*ops.__path__, str(tmp_path)])
    with pytest.raises(NameError, match=r"stablehlo_sign\.py must define the operator STABLEHLO_SIGN: .* @register"):
        ops.find("STABLEHLO_SIGN")


def test_the_table_of_operators_says_what_a_new_one_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    rows = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "make_operators.py"))["rows"]
    with pytest.raises(SystemExit, match=r"^tests/ops/stablehlo_negate\.py is missing: it must have CASES of STABLEHLO_NEGATE$"):
        rows()
    importlib.import_module("tinylite.ops.stablehlo_negate").__doc__ = "The opposite."
    with pytest.raises(SystemExit, match=r"stablehlo_negate\.py: its docstring must begin with the operator's name and a colon"):
        rows()
