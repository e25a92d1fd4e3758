"""Tensors inside a graph have the types that TensorFlow says they have, when they are named as inputs."""

from __future__ import annotations

from typing import Any

import pytest

from tinylite.converter.output_types import output_place, output_type, output_types
from tinylite.schema.graphdef import DATA_TYPES

# Ops of accelerators, data sets and training, which no graph is cut at.
_LEFT_OUT = (
    *("TPU", "Xla", "Cudnn", "Nccl", "Collective", "BoostedTrees", "Experimental", "Anonymous", "Retrieve", "Load", "Risc", "Sdca"),
    *("ConvertToListOf", "ConvertToSparseCore", "GetStats", "SortList"),
)
_PLAIN = {"QINT8": "INT8", "QUINT8": "UINT8", "QINT16": "INT16", "QUINT16": "UINT16", "QINT32": "INT32"}


def wanted(definition: Any, attributes: dict[str, Any]) -> list[tuple[str, str]]:
    """An op's outputs by its own definition: name and type, one by one."""
    defaults = {attr.name: DATA_TYPES[attr.default_value.type] for attr in definition.attr if attr.HasField("default_value")}
    found: list[tuple[str, str]] = []
    for arg in definition.output_arg:
        if arg.type_list_attr:
            found += [(arg.name, type) for type in attributes[arg.type_list_attr]]
        else:
            type = attributes.get(arg.type_attr, defaults.get(arg.type_attr)) if arg.type_attr else DATA_TYPES[arg.type]
            found += [(arg.name, str(type))] * attributes.get(arg.number_attr, 1)
    return [(name, _PLAIN.get(type, type)) for name, type in found]


def test_every_op_of_tensorflow_tells_the_types_of_its_outputs() -> None:
    """Each attribute of a type is another type, so that none can be taken for another; then all that have defaults are left out."""
    tf = pytest.importorskip("tensorflow")
    from tensorflow.python.framework import op_def_registry

    types = ["INT64", "UINT8", "STRING", "FLOAT64", "BOOL", "INT16", "COMPLEX64"]
    checked, wrong = 0, []
    for op in dir(tf.raw_ops):
        definition = op_def_registry.get(op)
        if definition is None or op.startswith(_LEFT_OUT) or "Dataset" in op or "TPU" in op:
            continue
        kinds = [attr for attr in definition.attr if attr.type in ("type", "list(type)", "int")]
        full = {
            attr.name: types[place % 7] if attr.type == "type" else types[place % 7 :][:3] if attr.type == "list(type)" else 1 + place % 3
            for place, attr in enumerate(kinds)
        }
        spare = {attr.name: full[attr.name] for attr in kinds if not (attr.type == "type" and attr.HasField("default_value"))}
        for attributes in (full, spare):
            outputs = wanted(definition, attributes)
            if {type for _, type in outputs} <= {"RESOURCE", "VARIANT"}:
                continue
            found = [output_type(op, attributes, index) or "FLOAT32" for index in range(len(outputs))]
            assert [type or "FLOAT32" for type in output_types(op, attributes)] == found
            places = [output_place(op, attributes, name) for name, _ in outputs]
            first = [[name for name, _ in outputs].index(name) for name, _ in outputs]
            checked += 1
            if found != [type for _, type in outputs] or (len(definition.output_arg) > 1 and places != first):
                wrong.append((op, attributes, outputs, found))
    assert checked > 1000
    assert not wrong
