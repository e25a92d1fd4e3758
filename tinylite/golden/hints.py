"""What has probably been changed, where the values say so: each hint is a sentence, and certain of what it states.

A hint is a relation that holds for all of a tensor's values. One that also holds for values that are equal, or for a few by chance,
would say nothing; so constant arrays, and those with few distinct values, have none of some.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..quantization_math import integer_limits
from .golden import Golden, GoldenTensor, shown_name

__all__ = ["mixed_up", "parameter_hints", "value_hints"]

_MOST = 4  # hints
_MOST_AXES = 5  # whose orders are all tried
_FEW = 4  # values from which nothing follows


def value_hints(found: np.ndarray, golden: np.ndarray, tensor: GoldenTensor) -> list[str]:
    """What relates found values to a golden's, the most telling first."""
    if object in (found.dtype, golden.dtype) or not golden.size or not found.size:
        return []
    if found.dtype != golden.dtype:
        return list(itertools.islice(_other_type(found, golden, tensor), _MOST))
    if found.shape != golden.shape:
        return list(itertools.islice(_other_shape(found, golden), 1))
    return list(itertools.islice(_same_form(found, golden, tensor), _MOST))


# ---- other types and shapes


def _other_type(found: np.ndarray, golden: np.ndarray, tensor: GoldenTensor) -> Iterator[str]:
    if found.shape != golden.shape:
        return
    pair = {found.dtype.name, golden.dtype.name}
    if pair == {"uint8", "int8"}:
        difference = found.astype(np.int64) - golden.astype(np.int64)
        if (np.abs(difference) == 128).all():
            yield "each value is the golden's plus or minus 128: the same numbers in the other 8-bit type, whose zero point is 128 away"
        elif np.array_equal(found.view(golden.dtype), golden):
            yield "the bytes are the golden's: only their type is another"
    elif found.dtype.kind == "f" and golden.dtype.kind in "iu" and tensor.is_quantized and len(tensor.scale) == 1:
        zero = tensor.zero_point[0] if tensor.zero_point else 0
        real = (golden.astype(np.float64) - zero) * tensor.scale[0]
        if np.allclose(found, real, rtol=1e-5, atol=tensor.scale[0] * 1e-3):
            yield "they are the golden's values dequantized: real = scale * (stored - zero point)"
        elif np.array_equal(found.astype(np.float64), golden.astype(np.float64)):
            yield f"they are the golden's values as {found.dtype.name}"
    elif np.array_equal(found.astype(np.float64), golden.astype(np.float64), equal_nan=golden.dtype.kind == found.dtype.kind == "f"):
        yield f"the values are the golden's, as {found.dtype.name}"


def _other_shape(found: np.ndarray, golden: np.ndarray) -> Iterator[str]:
    if found.size != golden.size:
        if found.reshape(-1)[: golden.size].size and min(found.size, golden.size) > _FEW:
            least = min(found.size, golden.size)
            if _equal(found.reshape(-1)[:least], golden.reshape(-1)[:least]):
                yield f"its first {least} values are the golden's first: it is {'longer' if found.size > golden.size else 'cut off'}"
        return
    if _equal(found.reshape(-1), golden.reshape(-1)):
        yield "its values, in their order, are the golden's: only the shape is another"
        return
    for order in _orders(golden):
        moved = golden.transpose(order)
        if _equal(found.reshape(-1), moved.reshape(-1)):
            yield f"it is the golden transposed to the axes {list(order)}"
            return


# ---- the same type and shape


def _same_form(found: np.ndarray, golden: np.ndarray, tensor: GoldenTensor) -> Iterator[str]:
    if found.dtype.kind == "f" and not np.isfinite(found).all() and np.isfinite(golden).all():
        yield f"{int(np.count_nonzero(~np.isfinite(found)))} of its values are NaN or infinite, and none of the golden's"
    if golden.size > 1 and (found == found.flat[0]).all():
        if not (golden == golden.flat[0]).all():
            yield f"all of its values are {found.flat[0]}: it may never have been written"
        return
    varied = len(np.unique(golden.reshape(-1)[:4096])) > _FEW
    if varied:
        yield from itertools.islice(_moved(found, golden), 1)
        yield from itertools.islice(_stored(found, golden), 1)
    if found.dtype.kind in "iu" and found.dtype.itemsize < 8:
        yield from _steps(found.astype(np.int64), golden.astype(np.int64), tensor)
    elif found.dtype.kind == "f" and varied:
        yield from _ratio(found, golden)
    if found.dtype.kind != "c":
        yield from itertools.islice(_bits(found, golden), 1)
    yield from itertools.islice(_where(found != golden), 1)


def _moved(found: np.ndarray, golden: np.ndarray) -> Iterator[str]:
    """The same values at other places."""
    if _content(found) != _content(golden):
        return
    for order in _orders(golden):
        if _equal(golden.transpose(order).reshape(golden.shape), found):
            yield f"its values lie in another order: they are the golden's with the axes {list(order)}"
    for axis in (axis for axis in range(golden.ndim) if golden.shape[axis] > 1):
        name = f"axis {axis}"
        if _equal(np.flip(golden, axis), found):
            yield f"it is the golden in reverse along {name}"
        for shift in (1, -1):
            if golden.shape[axis] > 2 and _equal(np.roll(golden, shift, axis), found):
                yield f"it is the golden moved by one place along {name}"
        rows = np.flatnonzero((found != golden).any(tuple(other for other in range(golden.ndim) if other != axis)))
        if rows.size == 2 and golden.shape[axis] > 2:
            a, b = (int(row) for row in rows)
            if _equal(found.take(a, axis), golden.take(b, axis)) and _equal(found.take(b, axis), golden.take(a, axis)):
                yield f"{a} and {b} along {name} are swapped"


def _content(values: np.ndarray) -> int:
    """The sum of the values' bits, which their order does not change."""
    size = min(values.dtype.itemsize, 8)
    return int(np.ascontiguousarray(values).reshape(-1).view(f"u{size}").sum(dtype=np.uint64))


def _stored(found: np.ndarray, golden: np.ndarray) -> Iterator[str]:
    """The same values in other bytes."""
    if golden.dtype.itemsize > 1 and _equal(found.byteswap(), golden):
        yield "the bytes of each value are in the other order (big-endian and little-endian)"
    if golden.dtype in (np.int8, np.uint8) and np.array_equal(found.view(np.uint8) ^ np.uint8(128), golden.view(np.uint8)):
        yield "each value differs in its top bit: signed and unsigned 8-bit values have been confused, or the 128 between them"


def _steps(found: np.ndarray, golden: np.ndarray, tensor: GoldenTensor) -> Iterator[str]:
    difference = found - golden
    low, high = integer_limits(np.dtype(tensor.dtype)) if tensor.dtype != "str" else (0, 0)
    # Where both lie within what is found at all, no clamp has changed the difference.
    least, most = max(int(found.min()), int(golden.min())), min(int(found.max()), int(golden.max()))
    inner = (found > least) & (found < most) & (golden > least) & (golden < most)
    steps = difference[inner]
    if steps.size > _FEW and (steps == steps[0]).all() and steps[0]:
        yield f"all values that no clamp holds differ by {int(steps[0]):+d}: a zero point or an offset is off by {abs(int(steps[0]))}"
        return
    zero = int(tensor.zero_point[0]) if len(tensor.zero_point) == 1 else 0
    if (
        tensor.is_quantized
        and (found < golden).any()
        and (golden >= zero).all()
        and np.array_equal(np.clip(found, zero, golden.max()), golden)
    ):
        yield "where the golden is at its zero point, this goes below it: a RELU is missing"
        return
    if tensor.is_quantized and (found >= zero).all() and (golden < zero).any() and np.array_equal(np.maximum(golden, zero), found):
        yield "it is the golden cut off at its zero point: a RELU has been added"
        return
    if golden.max() < found.max() and np.array_equal(np.minimum(found, golden.max()), golden):
        yield f"it goes beyond {int(golden.max())}, where the golden ends: an upper clamp is missing"
        return
    at_end = (found == low) | (found == high)
    off = difference != 0
    if off.any() and at_end[off].all() and not ((golden == low) | (golden == high))[off].any() and off.sum() > _FEW:
        yield f"all values that differ are at the ends of {tensor.dtype}: they are saturated"
    if np.abs(difference).max() == 1 and off.sum() > _FEW:
        yield "no value differs by more than one step: something is rounded in another way"
    elif steps.size > 16 and tensor.is_quantized:
        yield from _ratio_of_steps(found[inner] - zero, golden[inner] - zero)


def _ratio_of_steps(found: np.ndarray, golden: np.ndarray) -> Iterator[str]:
    if len(np.unique(golden)) <= 2 * _FEW:
        return
    total = float((golden.astype(np.float64) ** 2).sum())
    for ratio in (2.0, 0.5, 4.0, 0.25, float((found.astype(np.float64) * golden).sum()) / total):
        if ratio > 0 and abs(ratio - 1) > 1e-3 and np.abs(found - ratio * golden).max() <= 0.5 + max(ratio, 1) / 2:
            yield f"its values, less the zero point, are {_factor(ratio)} times the golden's: a scale, a multiplier or a shift is another"
            return


def _ratio(found: np.ndarray, golden: np.ndarray) -> Iterator[str]:
    with np.errstate(all="ignore"):
        ratios = found.astype(np.float64) / golden.astype(np.float64)
        whole = np.isfinite(ratios) & (golden != 0)
        if whole.sum() > _FEW and np.ptp(ratios[whole]) <= 1e-5 * abs(ratios[whole][0]) and abs(ratios[whole][0] - 1) > 1e-4:
            yield f"its values are {_factor(float(ratios[whole][0]))} times the golden's"
            return
        steps = found.astype(np.float64) - golden.astype(np.float64)
        if np.isfinite(steps).all() and np.ptp(steps) <= 1e-5 * np.abs(steps).max(initial=0) and steps.flat[0]:
            yield f"its values are the golden's plus {float(steps.flat[0]):.6g}"


def _factor(ratio: float) -> str:
    power = math.log2(ratio) if ratio > 0 else 0.5
    return f"2^{round(power)}" if round(power) and abs(power - round(power)) < 0.01 else f"{ratio:.4g}"


def _bits(found: np.ndarray, golden: np.ndarray) -> Iterator[str]:
    """The one bit by which the values that differ do; not the lowest, by which those differ that are rounded in another way."""
    if found.dtype.kind == "b" or np.count_nonzero(found != golden) > max(_FEW, found.size // 100):
        return
    flipped = np.bitwise_xor(*(np.ascontiguousarray(each).view(f"u{each.dtype.itemsize}") for each in (found, golden)))
    patterns = np.unique(flipped[flipped != 0])
    if patterns.size == 1 and int(patterns[0]).bit_count() == 1 and patterns[0] > 1:
        count = np.count_nonzero(flipped)
        which = "one value differs" if count == 1 else f"{count} values differ"
        yield f"{which}, by bit {int(patterns[0]).bit_length() - 1} alone: a memory or a transfer may have damaged it"


def _where(off: np.ndarray) -> Iterator[str]:
    """Where the values that differ lie, if that is in one part only."""
    if np.count_nonzero(off) < 3:
        return
    if off.ndim and not off.all():
        axis = off.ndim - 1
        if off.shape[axis] > 1:
            channels = np.flatnonzero(off.any(tuple(range(axis))))
            if channels.size == 1 and off.size > off.shape[axis]:
                yield f"only channel {int(channels[0])} of axis {axis} differs: look at its weights, its bias and its scale"
            elif 1 < channels.size <= off.shape[axis] // 4 and off.size > off.shape[axis]:
                shown = ", ".join(map(str, channels[:8].tolist()))
                yield f"only {channels.size} of {off.shape[axis]} channels differ: {shown}{', ...' if channels.size > 8 else ''}"
    places = np.flatnonzero(off)
    if places.size > _FEW and places[-1] - places[0] + 1 == places.size < off.size // 2:
        yield f"the {places.size} values that differ are in one piece, from element {int(places[0])} of {off.size} on: it was overwritten"


def _orders(golden: np.ndarray) -> Iterator[tuple[int, ...]]:
    """The orders of axes in which values come in another order: moving axes of one changes nothing."""
    axes = [axis for axis in range(golden.ndim) if golden.shape[axis] > 1]
    if not 2 <= len(axes) <= _MOST_AXES:
        return
    for moved in itertools.permutations(axes):
        if list(moved) != axes:
            order = iter(moved)
            yield tuple(next(order) if golden.shape[axis] > 1 else axis for axis in range(golden.ndim))


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


# ---- other cases, tensors and parameters


def mixed_up(found: np.ndarray, golden: Golden, case: int, place: int) -> str | None:
    """Another case, or another tensor of the case, whose values these are."""
    kept = golden.cases[case][place].value
    if kept is None or len(np.unique(found.reshape(-1)[:4096])) <= 1:
        return None
    for other, records in enumerate(golden.cases):
        value = records[place].value
        if other != case and value is not None and _same(found, value):
            return f"these are the golden's values of case {other}, not of case {case}"
    for other, record in enumerate(golden.cases[case]):
        if other != place and record.value is not None and _same(found, record.value):
            return f"these are the golden's values of {shown_name(golden.keys[other])}"
    return None


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and _equal(a, b)


def parameter_hints(golden: Sequence[GoldenTensor], now: Mapping[int, GoldenTensor]) -> list[str]:
    """What the model says of tensors now that it did not when the golden was recorded; `now` by places in the golden."""
    hints = []
    for place, then in enumerate(golden):
        found = now.get(place)
        if found is None:
            continue
        name = shown_name(then.name)
        if then.dtype != found.dtype:
            hints.append(f"{name} is {found.dtype} in the model now, and was {then.dtype}")
        if then.operator != found.operator:
            hints.append(f"{name} is computed by {found.operator or 'no op'} now, and was by {then.operator or 'none'}")
        if then.scale != found.scale:
            hints.append(f"the scale of {name} is {_list(found.scale)} in the model now, and was {_list(then.scale)}")
        if then.zero_point != found.zero_point:
            hints.append(f"the zero point of {name} is {_list(found.zero_point)} in the model now, and was {_list(then.zero_point)}")
    return hints[:_MOST]


def _list(values: Sequence[float]) -> str:
    shown = ", ".join(str(np.float32(each)) if isinstance(each, float) else str(each) for each in values[:3])
    return "none" if not values else shown if len(values) == 1 else f"[{shown}{', ...' if len(values) > 3 else ''}]"
