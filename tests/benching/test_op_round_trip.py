"""Every case of every operator as a line, and back: what the grammar covers, and what it refuses with a reason."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from typing import Any

import pytest

from tests import custom_ops, ops
from tests.cases import Case
from tinylite import TinyliteError
from tinylite.benching.op_text import OpCase, parse_op
from tinylite.benching.op_text.tensors import quant_of
from tinylite.benching.op_text.writing import is_written_out, op_words
from tinylite.model import Op, Tensor
from tinylite.ops import facts_of

MODULES = [f"{package.__name__}.{module.name}" for package in (ops, custom_ops) for module in pkgutil.iter_modules(package.__path__)]
CASES: list[Case] = [case for name in MODULES for case in importlib.import_module(name).CASES]
# Operators of which no line can say what an op is, and why; their cases have several ops, or graphs that are called.
REFUSED = {
    **dict.fromkeys(("IF", "WHILE", "CALL_ONCE"), "calls graphs"),
    **dict.fromkeys(("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE"), "keeps variables"),
}


def essence(op: Op) -> Any:
    """What must be the same of an op after it was written and read: all but the values of weights, biases and per-channel scales."""
    layer = facts_of(op).layer
    drawn = () if layer is None else (layer.weights, layer.bias)

    def of(tensor: Tensor | None, place: int) -> Any:
        if tensor is None:
            return None
        quant = quant_of(tensor)
        values = tensor.data.tolist() if tensor.is_constant and place not in drawn and is_written_out(tensor) else None  # type: ignore[union-attr]
        # A bias has the scale of its layer's products, which follows from the others.
        scale = quant.kind if layer is not None and place == layer.bias else quant
        return tensor.type, tensor.shape, tensor.is_constant, tensor.is_variable, scale, values

    inputs = [of(tensor, place) for place, tensor in enumerate(op.inputs)]
    shapeless = [(tensor.type, quant_of(tensor)) for tensor in (*op.outputs, *op.intermediates)]
    options = None if op.code == "CUSTOM" else op.options
    return repr((op.name, inputs, shapeless)), options


def line(case: Case) -> str:
    model = case.model()
    if len(model.graph.ops) > 1:
        raise ValueError("several ops")
    return " ".join(op_words(model.graph.ops[0]))


def back(case: Case) -> OpCase:
    """The case written and read; checks that nothing was lost."""
    text = line(case)
    found = parse_op(text)
    assert found.text == text
    mine, other = case.model().graph.ops[0], found.model.graph.ops[0]
    assert essence(other) == essence(mine), text
    return found


def sample() -> list[Case]:
    """Three cases of each operator: the first, one from the middle, the last."""
    chosen = []
    for name in MODULES:
        cases = importlib.import_module(name).CASES
        chosen += [cases[place] for place in sorted({0, len(cases) // 2, len(cases) - 1})]
    return chosen


@pytest.mark.parametrize("case", sample(), ids=lambda case: case.name[:60])
def test_a_case_is_written_and_read_back(case: Case) -> None:
    if case.code in REFUSED or case.ops is not None:
        with pytest.raises((TinyliteError, ValueError), match=r"calls graphs or keeps variables|several ops"):
            line(case)
    else:
        back(case)


@pytest.mark.slow
def test_all_cases_are_written_and_read_back() -> None:
    read, left = Counter[str](), Counter[str]()
    for case in CASES:
        if case.code in REFUSED or case.ops is not None:
            left[case.code] += 1
        else:
            read[case.code if case.code != "CUSTOM" else case.options["custom_code"]] += 1
            back(case)
    # All operators but those that call graphs or keep variables; CAST has cases of two ops besides.
    assert set(left) - {"CAST"} == set(REFUSED) and len(read) == len(MODULES) - len(REFUSED)
    assert sum(read.values()) > 4000 and sum(left.values()) < 50
