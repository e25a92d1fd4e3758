"""Elements written into lists: recognized where they are spelt as slices, and in place where nobody can notice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tinylite.errors import InvokeError
from tinylite.model import Graph, Tensor
from tinylite.passes.pipelines import simplified
from tinylite.passes.update_in_place import update_in_place

from .conftest import Oracle, feed_and_run
from .graphs import Maker, constant, like, loop, model
from .small_models import ready

COUNT = Tensor("count", (), "INT32", has_rank=True)


def write(maker: Maker, data: Tensor, index: Tensor, item: Tensor) -> Tensor:
    """data[:index] + [item] + data[index + 1:], as TensorFlow's converter spells it."""
    rest = len(data.shape) - 1

    def from_index(number: Tensor, others: int) -> Tensor:
        first = maker.add("RESHAPE", number, constant([1], np.int32), shape=(1,))
        return maker.add("CONCATENATION", first, constant([others] * rest, np.int32), axis=0, shape=(rest + 1,)) if rest else first

    def slice(begin: Tensor, size: Tensor) -> Tensor:
        part = maker.add("SLICE", data, begin, size, shape=(1, *data.shape[1:]))
        part.shape_signature = (-1, *data.shape[1:])
        return part

    following = maker.add("ADD", index, constant(1, np.int32))
    before = slice(constant([0] * (rest + 1), np.int32), from_index(index, -1))
    after = slice(from_index(following, 0), constant([-1] * (rest + 1), np.int32))
    return maker.add("CONCATENATION", before, item, after, axis=0, shape=data.shape)


def written(shape: Sequence[int], read_again: bool = False) -> Graph:
    data, item = Tensor("data", tuple(shape), has_rank=True), Tensor("item", (1, *shape[1:]), has_rank=True)
    maker = Maker("main", like([data, COUNT, item]))
    data, index, item = maker.graph.inputs
    given = maker.add("ABS", data)
    result = write(maker, given, index, item)
    return maker.gives(result, *([maker.add("NEG", given)] if read_again else []))


@pytest.mark.parametrize("shape", [(5,), (4, 3), (3, 2, 2)])
@pytest.mark.parametrize("read_again", [False, True])
def test_slices_around_an_element_are_an_update(shape: tuple[int, ...], read_again: bool, litert: Oracle, run: Oracle) -> None:
    graph = written(shape, read_again)
    kept = [op.code for op in simplified(graph).ops]
    assert "DYNAMIC_UPDATE_SLICE" in kept and "SLICE" not in kept
    content = model(graph).to_bytes()
    assert ready(content).plan.static
    rng = np.random.default_rng(3)
    for index in range(shape[0]):
        fed = [rng.normal(size=shape).astype(np.float32), np.array(index, np.int32), np.ones((1, *shape[1:]), np.float32)]
        for found, wanted in zip(run(content, fed, runs=2), litert(content, fed, runs=2), strict=True):
            assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("index", [-2, 4, 5, 1 << 30])
def test_an_index_that_is_not_there_is_an_error_as_it_is_of_slices(index: int) -> None:
    ours = ready(model(written((4, 3))).to_bytes())
    fed = [np.zeros((4, 3), np.float32), np.array(index, np.int32), np.ones((1, 3), np.float32)]
    with pytest.raises(InvokeError, match=r"op 8 DYNAMIC_UPDATE_SLICE .*: the indices 'start' .* lead out of"):
        feed_and_run(ours, fed, 1)


def numbers(graph: Graph) -> list[Tensor]:
    """The constants that decide: what is added to the index, begins, sizes, and what is after an index among them."""
    constants = [tensor for op in graph.ops if op.code != "RESHAPE" for tensor in op.inputs if tensor is not None and tensor.is_constant]
    return [tensor for tensor in constants if tensor.type == "INT32"]


def test_other_slices_stay() -> None:
    """With anything else in their numbers they are not an update."""
    count = len(numbers(written((4, 3))))
    assert count == 5
    for which in range(count):
        graph = written((4, 3))
        number = numbers(graph)[which]
        number.data = np.array(number.data) + np.int32(1)
        assert update_in_place(graph) == 0


def test_a_loop_that_fills_a_list_moves_only_what_is_new(litert: Oracle, run: Oracle) -> None:
    data = Tensor("data", (6, 2), has_rank=True)

    def turn(maker: Maker, count: Tensor, data: Tensor) -> list[Tensor]:
        index = maker.add("SUB", count, constant(1, np.int32))
        item = maker.add("CAST", count, type="FLOAT32", in_data_type="INT32", out_data_type="FLOAT32")
        return [write(maker, data, index, maker.add("ADD", item, constant([[1, 2]]), shape=(1, 2)))]

    maker = Maker("main", like([COUNT, data]))
    maker.gives(*maker.call("WHILE", *maker.graph.inputs, outputs=[COUNT, data], **loop([COUNT, data], turn)))
    content = model(maker.graph).to_bytes()
    plan = ready(content).plan
    assert plan is not None and plan.static
    (routine,) = [step.routines[1] for step in plan.segments[0].steps if step.routines]
    moved = [step.fields["row_bytes"] for step in routine.steps if step.kernel.name == "copy_rows"]
    assert max(moved) <= 8
    for count in (0, 4, 6):
        fed = [np.array(count, np.int32), np.random.default_rng(count).normal(size=(6, 2)).astype(np.float32)]
        for found, wanted in zip(run(content, fed, runs=2), litert(content, fed, runs=2), strict=True):
            assert found.tobytes() == wanted.tobytes()


def test_what_is_given_twice_is_not_changed_in_place(litert: Oracle, run: Oracle) -> None:
    """The body returns the list before and after the update."""
    data = Tensor("data", (3, 2), has_rank=True)

    def turn(maker: Maker, count: Tensor, old: Tensor, new: Tensor) -> list[Tensor]:
        index = maker.add("SUB", count, constant(1, np.int32))
        return [new, write(maker, new, index, constant([[7, 8]]))]

    variables = [COUNT, data, Tensor("again", (3, 2), has_rank=True)]
    maker = Maker("main", like(variables))
    maker.gives(*maker.call("WHILE", *maker.graph.inputs, outputs=variables, **loop(variables, turn)))
    content = model(maker.graph).to_bytes()
    rng = np.random.default_rng(1)
    fed = [np.array(2, np.int32), *(rng.normal(size=(3, 2)).astype(np.float32) for _ in range(2))]
    found = run(content, fed)
    after_one, after_two = fed[2].copy(), fed[2].copy()
    after_one[1] = after_two[1] = after_two[0] = [7, 8]
    assert np.array_equal(found[1], after_one)
    assert np.array_equal(found[2], after_two)
