"""Copies of models and their equality, field by field: every field that a part of a model has, and every one that it will get."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tinylite.model import ExternalBuffer, Graph, Metadata, Model, Op, Quantization, Signature, Tensor, objects
from tinylite.schema.table import Table

PARTS: list[Any] = [
    Op,
    *(part for part in vars(objects).values() if dataclasses.is_dataclass(part) and part.__module__ == objects.__name__),
]
HISTORY = {(objects.Contents, "source"), (objects.Contents, "notes")}  # where a model comes from, which makes it no other model
COPIES: dict[str, Callable[[Model], Model]] = {
    "copy": Model.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}


def names(part: Any) -> list[str]:
    return list(part.__slots__) if isinstance(part, Op) or part is Op else [field.name for field in dataclasses.fields(part)]


FIELDS = [(part, name) for part in PARTS for name in names(part)]


def full() -> Model:
    """A model in which every field of every part has another value than that of a new part."""
    details = Table("CustomQuantization", custom=np.array([1, 2], np.uint8))
    ranges = {"min": np.float32([-1]), "max": np.float32([1]), "narrow": True, "quantized_dimension": 1, "details": details}
    quantization = Quantization(np.float32([0.5]), np.array([3]), **ranges)
    external = ExternalBuffer(1, "weights.bin", 8, 16, "xz")
    weights = Tensor("w", (1, 3), "INT8", np.arange(3, dtype=np.uint8), quantization, (1, -1), True, True)
    weights.sparsity = Table("SparsityParameters", traversal_order=np.array([0, 1], np.int32))
    weights.variant_tensors = [Table("VariantSubType", has_rank=True)]
    weights.external_buffer = external
    x, y, unused = Tensor("x", (1, 3)), Tensor("y", (1, 3)), Tensor("unused")
    op = Op("CUSTOM", [x, weights], [y], version=2, custom_code="Twice", custom_options=b"\x01")
    op.intermediates = [Tensor("between")]
    op.mutating_variable_inputs = (False, True)
    op.debug_metadata_index = 4
    op.replaces = (Op("ABS", [x], [y]),)
    add = Op("ADD", [y, y], [Tensor("sum")], pot_scale_int16=True)
    graph = Graph("main", [x], [y], [op, add], [x, weights, y, unused], 5)
    signature = Signature("serve", graph, {"a": x}, {"b": y}, True)
    return Model(
        [graph], "a model", 4, [Metadata("facts", np.arange(4, dtype=np.uint8))], [np.arange(2, dtype=np.uint8)], [signature],
        {"labels.txt": b"one"}, "here.tflite", ["field 39 of SubGraph"], ["an attached file is damaged"],
    )  # fmt: skip


def parts(value: Any, met: dict[int, Any] | None = None) -> Iterator[Any]:
    """All parts that a value leads to, each once, found without what is tested."""
    met = {} if met is None else met
    if isinstance(value, tuple(PARTS)):
        if id(value) in met:
            return
        met[id(value)] = value
        yield value
        for name in names(value):
            yield from parts(getattr(value, name), met)
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from parts(item, met)


def flat(model: Model) -> list[Any]:
    """All fields of all parts as plain data; a part that is referred to is its number."""
    found = list(parts(model))
    numbers = {id(part): number for number, part in enumerate(found)}

    def plain(value: Any) -> Any:
        if id(value) in numbers:
            return "part", numbers[id(value)]
        if isinstance(value, np.ndarray):
            return value.dtype.name, value.shape, value.tobytes()
        if isinstance(value, Table):
            return value.table, [(name, plain(item)) for name, item in value.items()]
        if isinstance(value, dict):
            return [(key, plain(item)) for key, item in value.items()]
        return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value

    return [(type(part).__name__, name, plain(getattr(part, name))) for part in found for name in names(part)]


def first(model: Model, kind: type) -> Any:
    """The part of a kind that has the most to show."""
    found = {Tensor: lambda: model.graph.ops[0].inputs[1], Op: lambda: model.graph.ops[0]}
    return found[kind]() if kind in found else next(part for part in parts(model) if isinstance(part, kind))


def changed(value: Any) -> Any:
    """Another value of the same type, or none."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return "INT4" if value == "INT8" else f"{value}_"
    if isinstance(value, np.ndarray):
        return np.concatenate([value[:-1], value[-1:] + 1]).astype(value.dtype)
    if isinstance(value, dict):
        return dict(list(value.items())[:-1])
    return value[:-1] if isinstance(value, (list, tuple, bytes)) else None


@pytest.mark.parametrize(("part", "name"), FIELDS, ids=[f"{part.__name__}.{name}" for part, name in FIELDS])
def test_the_model_of_these_tests_has_every_field(part: type, name: str) -> None:
    """A field that is new must be given a value in `full`, so that the tests below see it."""
    model = full()
    new = {Op: lambda: Op("CUSTOM", [], []), Signature: lambda: Signature(None, Graph()), ExternalBuffer: lambda: ExternalBuffer(0, None),
           Metadata: lambda: Metadata(None, np.zeros(0, np.uint8))}.get(part, part)()  # fmt: skip
    if name == "options":
        assert model.graph.ops[1].options is not None
    elif (part, name) != (Op, "code"):
        default, value = getattr(new, name), getattr(first(model, part), name)
        assert not np.array_equal(value, default) if isinstance(value, np.ndarray) else value != default


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_has_every_field_of_every_part(kind: str) -> None:
    model = full()
    made = COPIES[kind](model)
    assert flat(made) == flat(model) == flat(full())
    assert made == model
    assert not {id(part) for part in parts(made)} & {id(part) for part in parts(model)}


@pytest.mark.parametrize(("part", "name"), FIELDS, ids=[f"{part.__name__}.{name}" for part, name in FIELDS])
def test_equality_sees_every_field(part: type, name: str) -> None:
    model, other = full(), full()
    assert model == other
    found = other.graph.ops[1] if name == "options" else first(other, part)
    setattr(found, name, changed(getattr(found, name)))
    assert flat(model) != flat(other)
    assert (model == other) == ((part, name) in HISTORY)
    assert (other == model) == ((part, name) in HISTORY)
    assert other.copy() == other
