"""Variables that the graph itself writes, such as the state of a stateful recurrent layer; all others are constants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...model import Tensor
from ..call import Call, type_name
from ..shapes import PartialShape, partial_shape
from .registry import translates


@translates("VarHandleOp")
def handle(call: Call) -> Tensor:
    return _handle(call)[0]


@translates("VariableV2", "Variable")
def reference(call: Call) -> Tensor:
    """A variable of TensorFlow 1, which is also its value: the value before the graph writes it."""
    made, value = _handle(call)
    read = call.emit("READ_VARIABLE", [made], type_name(value.dtype), value.shape)
    call.translator.handles[id(read)] = made, value.shape
    return read


def _handle(call: Call) -> tuple[Tensor, np.ndarray]:
    value = call.node.attributes.get("first_value")
    call.require(
        isinstance(value, np.ndarray), "it is a variable without a value", "Freeze the graph with its checkpoint first: tinylite freeze"
    )
    assert value is not None
    name = call.attribute("shared_name") or call.node.name
    made = call.emit("VAR_HANDLE", [], "RESOURCE", (), container=call.attribute("container", ""), shared_name=name)
    call.translator.variables[name] = value
    call.translator.handles[id(made)] = made, value.shape
    return made, value


@translates("ReadVariableOp")
def read(call: Call) -> Tensor:
    made, shape = _found(call)
    return call.emit("READ_VARIABLE", [made], call.attribute("dtype", "FLOAT32"), shape)


def _found(call: Call) -> tuple[Tensor, PartialShape]:
    """The handle that the first input is, or was read from, and the shape of the variable."""
    given = call.input(0)
    call.require(id(given) in call.translator.handles or given.type == "RESOURCE", f"{given.name!r} is not a variable")
    return call.translator.handles.get(id(given), (given, None))


@translates("AssignVariableOp", "Assign")
def assign(call: Call) -> Sequence[Tensor]:
    return _assigned(call, call.input(1))


@translates("AssignAddVariableOp", "AssignAdd", "AssignSubVariableOp", "AssignSub")
def add(call: Call) -> Sequence[Tensor]:
    made, shape = _found(call)
    change = call.input(1)
    before = call.emit("READ_VARIABLE", [made], change.type, shape if shape is not None else partial_shape(change))
    return _assigned(call, call.elementwise("ADD" if "Add" in call.op else "SUB", before, change))


def _assigned(call: Call, value: Tensor) -> Sequence[Tensor]:
    """Ops of TensorFlow 1 return the variable, which has the new value."""
    made, shape = _found(call)
    call.emit_all("ASSIGN_VARIABLE", [made, value], [], [])
    if call.op.endswith("VariableOp"):
        return []
    call.translator.handles[id(value)] = made, shape
    return [value]
