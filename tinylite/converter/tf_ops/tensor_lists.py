"""TensorLists, and TensorFlow 1's TensorArrays, whose `flow` is the list that its ops read and write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...model import Tensor
from ..call import Call
from ..shapes import PartialShape, merged, partial_shape
from ..tensor_lists import NewList, Pieces, count_of, known_count, length, new_list, written
from ..tf_graph import behind_identities
from .registry import translates


def told_shape(call: Call, index: int) -> PartialShape:
    """A shape that an input holds; a scalar -1 means an unknown rank."""
    values = call.translator.partial.values(call.input(index))
    return None if values is None or call.partial_shape(call.input(index)) == () else tuple(values)


# ---- making lists


@translates("TensorListReserve")
def reserve(call: Call) -> Tensor:
    return new_list(call, call.input(1), call.attribute("element_dtype"), told_shape(call, 0))


@translates("EmptyTensorList")
def empty(call: Call) -> Tensor:
    return new_list(call, call.make(0, np.int32), call.attribute("element_dtype"), told_shape(call, 0))


@translates("TensorArrayV3", "TensorArrayV2")
def array(call: Call) -> Sequence[Tensor]:
    made = new_list(call, call.input(0), call.attribute("dtype"), call.attribute("element_shape"))
    made.grows = bool(call.attribute("dynamic_size"))
    return [made, made]


def _grows(call: Call) -> bool:
    """Whether a TensorArray is made longer where it is written to past its end; its handle stays what it was made as."""
    handle = call.input(0)
    return isinstance(handle, NewList) and handle.grows


@translates("TensorListFromTensor")
def from_tensor(call: Call) -> Tensor:
    return call.input(0)


@translates("TensorArrayCloseV3")
def close(call: Call) -> Sequence[Tensor]:
    return []


# ---- one element


@translates("TensorListGetItem")
def get_item(call: Call) -> Tensor:
    return _item(call, call.input(0), call.input(1), told_shape(call, 2))


@translates("TensorArrayReadV3")
def read(call: Call) -> Tensor:
    return _item(call, call.input(2), call.input(1), None)


def _item(call: Call, made: Tensor, index: Tensor, element: PartialShape) -> Tensor:
    made = written(call, made, None if element is None else (-1, *element))
    first, *rest = call.shape(made)
    if first == 1 and rest.count(-1) <= 1:
        return call.reshape(made, rest)
    return call.emit("GATHER", [made, index], made.type, tuple(rest), axis=0, batch_dims=0)


@translates("TensorListSetItem")
def set_item(call: Call) -> Tensor:
    made, index, item = call.inputs[:3]
    return _with_item(call, made, index, item, grows=bool(call.attribute("resize_if_index_out_of_bounds")))


@translates("TensorArrayWriteV3")
def write(call: Call) -> Tensor:
    _, index, item, made = call.inputs
    elements = _elements_with(call, made, index, item)
    if _differ([call.partial_shape(element) for element in elements.values()]):
        handle = call.input(0)
        count = handle.count if isinstance(handle, NewList) else None
        list_: Tensor = Pieces(call.node.name, (), item.type, count=count, elements=elements)
    else:
        list_ = _with_item(call, made, index, item, grows=_grows(call))
    if elements:
        call.translator.pieces[id(list_)] = list_, elements
    return list_


def _elements_with(call: Call, made: Tensor, index: Tensor, item: Tensor) -> dict[int, Tensor]:
    """The elements of a list once another is written, by their places; {} where a place is not known."""
    place = call.translator.partial.values(index)
    is_new = isinstance(made, NewList) and not isinstance(made, Pieces)
    before = {} if is_new else call.translator.pieces.get(id(made), (made, {}))[1]
    return {**before, place[0]: item} if place and place[0] >= 0 and (before or is_new) else {}


def _differ(shapes: Sequence[PartialShape]) -> bool:
    """Whether shapes of one rank cannot be the same."""
    if None in shapes or len({len(shape or ()) for shape in shapes}) != 1:
        return False
    return any(len({size for size in sizes if size >= 0}) > 1 for sizes in zip(*(shape or () for shape in shapes), strict=True))


def _with_item(call: Call, made: Tensor, index: Tensor, item: Tensor, grows: bool) -> Tensor:
    """A list in which one element is another; one that `grows` is made longer where the index is past its end."""
    shape = merged(_elements(call, made), partial_shape(item))
    call.require(shape is not None, f"the shape of {item.name!r}, which it writes to a list, is not known")
    assert shape is not None
    count = known_count(call, made)
    place = call.translator.partial.values(index)
    row = _row(call, item)
    if count == 1 and not grows:
        return row
    if grows and count == 0 and isinstance(made, NewList) and place == [0]:
        return row
    list_ = written(call, made, (count, *shape), {axis + 1: length(call, item, axis) for axis, size in enumerate(shape) if size < 0})
    if grows and not (place and 0 <= place[0] < count):
        list_ = _grown(call, list_, index)
    zero = call.make(0, "int32" if index.type == "INT32" else "int64")
    start = call.emit("PACK", [index, *[zero] * len(shape)], None, (1 + len(shape),), values_count=1 + len(shape), axis=0)
    return call.emit("DYNAMIC_UPDATE_SLICE", [list_, row, start], None, merged(partial_shape(list_), (-1, *shape)))


def _elements(call: Call, made: Tensor) -> PartialShape:
    if isinstance(made, NewList):
        return made.element
    signature = partial_shape(made)
    return None if signature is None else signature[1:]


def _grown(call: Call, made: Tensor, index: Tensor) -> Tensor:
    """A list with zeros past its end, so that `index` is in it."""
    one = call.make(1, np.int32)
    behind = call.elementwise("SUB", call.elementwise("ADD", call.cast(index, "INT32"), one), count_of(call, made))
    return _padded(call, made, call.elementwise("MAXIMUM", behind, call.make(0, np.int32)))


def _padded(call: Call, made: Tensor, count: Tensor) -> Tensor:
    """A list with `count` zeros more."""
    _, *rest = call.shape(made)
    zeros = [call.make(0, np.int32)] * (2 * len(rest) + 1)
    amounts = call.emit("PACK", [zeros[0], count, *zeros[1:]], None, (2 * len(rest) + 2,), values_count=2 * len(rest) + 2, axis=0)
    return call.emit("PAD", [made, call.reshape(amounts, (len(rest) + 1, 2))], None, (-1, *rest))


@translates("TensorListPushBack")
def push_back(call: Call) -> Tensor:
    made, item = call.inputs
    return _joined(call, made, _row(call, item))


def _row(call: Call, item: Tensor) -> Tensor:
    shape = call.shape(item)
    if shape.count(-1) <= 1:
        return call.reshape(item, (1, *shape))
    return call.emit("EXPAND_DIMS", [item, call.make(0, np.int32)], None, (1, *shape))


@translates("TensorListPopBack")
def pop_back(call: Call) -> Sequence[Tensor]:
    made = written(call, call.input(0))
    count, *rest = call.shape(made)
    last = call.make(count - 1, np.int32) if count > 0 else call.elementwise("SUB", count_of(call, made), call.make(1, np.int32))
    item = call.emit("GATHER", [made, last], None, tuple(rest), axis=0, batch_dims=0)
    left = call.emit(
        "STRIDED_SLICE", [made, call.shape_tensor([0]), call.shape_tensor([-1]), call.shape_tensor([1])], None,
        (max(count - 1, -1), *rest), begin_mask=1,
    )  # fmt: skip
    return [left, item]


# ---- many elements


@translates("TensorListStack")
def stack(call: Call) -> Tensor:
    element = told_shape(call, 1) if len(call.inputs) > 1 else None
    count = call.attribute("num_elements", -1)
    return written(call, call.input(0), None if element is None else (count, *element))


@translates("TensorListLength")
def list_length(call: Call) -> Tensor:
    return count_of(call, call.input(0))


@translates("TensorArraySizeV3")
def array_size(call: Call) -> Tensor:
    return count_of(call, call.input(1))


@translates("TensorListElementShape")
def element_shape(call: Call) -> Tensor:
    shape, type = _elements(call, call.input(0)), call.attribute("shape_type", "INT32")
    call.require(shape is not None and -1 not in shape, "the shape of the list's elements is not known")
    return call.make(shape, "int32" if type == "INT32" else "int64")


@translates("TensorListResize")
def resize(call: Call) -> Tensor:
    made, wanted = call.inputs
    if isinstance(made, NewList):
        return new_list(call, wanted, str(made.type), made.element)
    (before, *rest), sizes = call.shape(made), call.translator.partial.values(wanted)
    after = sizes[0] if sizes else -1
    if after == before >= 0:
        return made
    none = call.make(0, np.int32)
    padded = _padded(call, made, call.elementwise("MAXIMUM", call.elementwise("SUB", wanted, count_of(call, made)), none))
    begin, step = call.shape_tensor([0]), call.shape_tensor([1])
    return call.emit("STRIDED_SLICE", [padded, begin, call.reshape(wanted, (1,)), step], None, (after, *rest))


@translates("TensorListGather")
def gather(call: Call) -> Tensor:
    return _gathered(call, call.input(0), 1, told_shape(call, 2))


@translates("TensorArrayGatherV3")
def array_gather(call: Call) -> Tensor:
    return _gathered(call, call.input(2), 1, call.attribute("element_shape"))


def _gathered(call: Call, made: Tensor, indices: int, element: PartialShape) -> Tensor:
    made = written(call, made, None if element is None else (-1, *element))
    count, *rest = call.shape(made)
    if _counts_up(call, indices, count):
        return made
    picked = call.shape(call.input(indices))
    return call.emit("GATHER", [made, call.input(indices)], None, (*picked, *rest), axis=0, batch_dims=0)


def _counts_up(call: Call, index: int, count: int, rows: int | None = None) -> bool:
    """Whether an input is 0, 1, 2, ... to the end of a list of `count` elements, -1 if only a run knows how many.

    Then it must be a Range to the length of a list, or to that of input `rows`.
    """
    value = call.known(call.input(index))
    if value is not None:
        return bool(value.tolist() == list(range(count)))
    maker = behind_identities(call.node.inputs[index]).node
    if count >= 0 or maker.op != "Range":
        return False
    start, limit, step = maker.inputs
    known = [call.known(call.translator.value(call.scope, edge)) for edge in (start, step)]
    if any(number is None or number.item() != wanted for number, wanted in zip(known, (0, 1), strict=True)):
        return False
    end = behind_identities(limit).node
    if rows is None:
        return end.op in ("TensorArraySizeV3", "TensorListLength")
    of = behind_identities(end.inputs[0]).node if end.op == "StridedSlice" else end
    return of.op == "Shape" and behind_identities(of.inputs[0]) == behind_identities(call.node.inputs[rows])


@translates("TensorListScatter", "TensorListScatterV2")
def scatter(call: Call) -> Tensor:
    counts = call.translator.partial.values(call.input(3)) if call.op == "TensorListScatterV2" else None
    return _scattered(call, 0, 1, counts[0] if counts else -1)


@translates("TensorArrayScatterV3")
def array_scatter(call: Call) -> Tensor:
    made = call.input(3)
    call.require(isinstance(made, NewList), "it writes to a TensorArray that has elements already", "Write to a new one")
    return _scattered(call, 2, 1, -1 if _grows(call) else known_count(call, made))


@translates("TensorListScatterIntoExistingList")
def scatter_into(call: Call) -> Tensor:
    made = call.input(0)
    call.require(isinstance(made, NewList), "it writes to a list that has elements already", "Write to a new one")
    return _scattered(call, 1, 2, known_count(call, made))


def _scattered(call: Call, of: int, at: int, count: int) -> Tensor:
    """A list of `count` elements, as many as are needed if it is -1, in which the rows of input `of` are those that `at` says."""
    rows, indices = call.input(of), call.input(at)
    number, *rest = call.shape(rows)
    if _counts_up(call, at, number, of) and count in (-1, number):
        return rows
    value = call.known(indices)
    if count < 0 and value is not None:
        count = int(value.max(initial=-1)) + 1
    call.require(count >= 0 and -1 not in rest, "the length of the list or the shape of its elements is not known")
    column = call.reshape(indices, (number, 1))
    return call.emit("SCATTER_ND", [column, rows, call.shape_tensor([count, *rest])], rows.type, (count, *rest))


# ---- lists end to end


@translates("TensorListConcatV2", "TensorListConcat")
def concat(call: Call) -> Sequence[Tensor]:
    made = call.input(0)
    element = told_shape(call, 1) if call.op == "TensorListConcatV2" else call.attribute("element_shape")
    return _end_to_end(call, written(call, made, None if element is None else (-1, *element)))


@translates("TensorArrayConcatV3")
def array_concat(call: Call) -> Sequence[Tensor]:
    made = call.input(1)
    if not isinstance(made, Pieces):
        return _end_to_end(call, written(call, made))
    missing = set(range(known_count(call, made))) ^ set(made.elements)
    call.require(not missing, f"its elements {sorted(missing)} are not written, or only a run knows where")
    items = [made.elements[place] for place in sorted(made.elements)]
    shapes = [call.shape(item) for item in items]
    call.require(all(shapes), "its elements are scalars, which cannot be put end to end")
    lengths = [shape[0] for shape in shapes]
    call.require(min(lengths) >= 0 or not call.is_read(1), "the lengths of its elements are not known")
    after = (-1 if min(lengths) < 0 else sum(lengths), *(merged(*(shape[1:] for shape in shapes)) or ()))
    joined = call.emit("CONCATENATION", items, None, after, axis=0, fused_activation_function="NONE")
    return [joined, call.make(np.array(lengths, np.int64))]


def _end_to_end(call: Call, made: Tensor) -> Sequence[Tensor]:
    """The elements after one another, and how long each is: all are as long as the first."""
    shape = call.shape(made)
    call.require(len(shape) > 1, "its elements are scalars, which cannot be put end to end")
    call.require(-1 not in shape[:2] or not call.is_read(1), "the lengths of its elements are not known")
    count, each, *rest = shape
    whole = -1 if min(count, each) < 0 else count * each
    joined = call.reshape(made, (whole, *rest))
    call.check_count(count)
    lengths = np.full(max(count, 0), each, np.int64)
    return [joined, call.make(lengths)]


@translates("TensorListSplit")
def split(call: Call) -> Tensor:
    return _split(call, call.input(0), call.numbers(2, "lengths"))


@translates("TensorArraySplitV3")
def array_split(call: Call) -> Tensor:
    return _split(call, call.input(1), call.numbers(2, "lengths"))


def _split(call: Call, x: Tensor, lengths: Sequence[int]) -> Tensor:
    call.require(len(set(lengths)) == 1, f"it makes a list of elements of different lengths, {lengths}", "Pad them to one length")
    return call.reshape(x, (len(lengths), lengths[0], *call.shape(x)[1:]))


@translates("TensorListConcatLists")
def concat_lists(call: Call) -> Tensor:
    return _joined(call, *call.inputs)


def _joined(call: Call, first: Tensor, second: Tensor) -> Tensor:
    """Two lists as one."""
    lists = [made for made in (first, second) if not (isinstance(made, NewList) and known_count(call, made) == 0)]
    if len(lists) < 2:
        return lists[0] if lists else first
    known = next((_elements(call, made) for made in lists if not isinstance(made, NewList)), None)
    lists = [written(call, made, None if known is None else (-1, *known)) for made in lists]
    (a, *rest), (b, *others) = map(call.shape, lists)
    shape = (-1 if min(a, b) < 0 else a + b, *(merged(tuple(rest), tuple(others)) or ()))
    return call.emit("CONCATENATION", lists, None, shape, axis=0, fused_activation_function="NONE")
