"""Tiles: tuples of vectors that live in registers, `rows` rows of `len(row)` vectors each, and the steps of matrix products on them.

Like simd, this module imports numba: kernels get it through `lazy.tiles`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from llvmlite.binding import llvm_version_info
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .dots import DOTS
from .simd import I8, I16, I32, I64, Vec, emit_call, emit_fma, emit_load, emit_pointer, emit_splat


def _tile(kind: Vec, count: int) -> types.UniTuple:
    return types.UniTuple(kind, count)


@intrinsic(prefer_literal=True)
def load_row(typing: Any, p: Any, vectors: Any, lanes: Any) -> Any:
    """A row: `vectors` vectors of `lanes` lanes (both literals), one after the other from `p`."""
    kind = Vec(p.dtype, lanes.literal_value)
    result = _tile(kind, vectors.literal_value)

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        loaded = [emit_load(context, builder, values[0], kind, index) for index in range(result.count)]
        return context.make_tuple(builder, result, loaded)

    return result(p, vectors, lanes), emit


@intrinsic(prefer_literal=True)
def repeat_row(typing: Any, row: Any, rows: Any) -> Any:
    """A tile of `rows` (a literal) equal rows."""
    result = _tile(row.dtype, row.count * rows.literal_value)

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        return context.make_tuple(builder, result, cgutils.unpack_tuple(builder, values[0], row.count) * rows.literal_value)

    return result(row, rows), emit


@intrinsic(prefer_literal=True)
def zeros(typing: Any, count: Any, kind: Any, lanes: Any) -> Any:
    """A tile of `count` zero vectors of a numpy scalar type; both numbers are literals."""
    vector = Vec(kind.dtype, lanes.literal_value)
    result = _tile(vector, count.literal_value)

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        return context.make_tuple(builder, result, [ir.Constant(vector.llvm, None)] * result.count)

    return result(count, kind, lanes), emit


@intrinsic(prefer_literal=True)
def load_transposed(typing: Any, p: Any, stride: Any, lanes: Any) -> Any:
    """A tile of `lanes` (a literal) rows whose lane i of row j is p[i * stride + j]."""
    count = lanes.literal_value
    result = _tile(Vec(p.dtype, count), count)
    half = count // 2
    low = [start + i for i in range(half) for start in (0, count)]

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        starts = [builder.gep(values[0], [builder.mul(values[1], I64(i))]) for i in range(count)]
        rows = [emit_load(context, builder, start, result.dtype) for start in starts]
        # Interleaving the two halves of all rows, lane by lane, as often as two goes into the lanes.
        for _ in range(count.bit_length() - 1):
            rows = [
                builder.shuffle_vector(rows[i // 2], rows[i // 2 + half], ir.Constant(ir.VectorType(I32, count), order))
                for i in range(count)
                for order in [low if i % 2 == 0 else [lane + half for lane in low]]
            ]
        return context.make_tuple(builder, result, rows)

    return result(p, types.int64, lanes), emit


def _multiply_add(builder: ir.IRBuilder, kind: Vec, x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
    return builder.fadd(z, builder.fmul(x, y))


@intrinsic
def fma(typing: Any, tile: Any, a: Any, stride: Any, row: Any) -> Any:
    """tile[m][n] += a[m * stride] * row[n], each rounded once: one step of a float matrix product."""
    return tile(tile, a, types.int64, row), _tile_step(tile, row, emit_fma)


@intrinsic
def multiply_add(typing: Any, tile: Any, a: Any, stride: Any, row: Any) -> Any:
    """The same with product and sum rounded one after the other."""
    return tile(tile, a, types.int64, row), _tile_step(tile, row, _multiply_add)


def _tile_step(tile: Any, row: Any, step: Callable[..., ir.Value]) -> Any:
    rows = tile.count // row.count

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        sums = cgutils.unpack_tuple(builder, values[0], tile.count)
        vectors = cgutils.unpack_tuple(builder, values[3], row.count)
        new = []
        for m in range(rows):
            at = builder.gep(values[1], [builder.mul(values[2], I64(m))])
            splat = emit_splat(builder, builder.load(at), row.dtype.lanes)
            new += [step(builder, row.dtype, splat, vector, sums[m * row.count + n]) for n, vector in enumerate(vectors)]
        return context.make_tuple(builder, tile, new)

    return emit


@intrinsic
def add_row(typing: Any, tile: Any, row: Any) -> Any:
    """tile[m][n] += row[n], for floats."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        sums = cgutils.unpack_tuple(builder, values[0], tile.count)
        vectors = cgutils.unpack_tuple(builder, values[1], row.count)
        return context.make_tuple(builder, tile, [builder.fadd(total, vectors[i % row.count]) for i, total in enumerate(sums)])

    return tile(tile, row), emit


@intrinsic(prefer_literal=True)
def dot(typing: Any, tile: Any, a: Any, stride: Any, sign_xor: Any, row: Any, how: Any) -> Any:
    """tile[m][n] += the sum of products of the 32 bits at a[m * stride] and of each lane of row[n], by the primitive DOTS[how] (a literal).

    vnni: four u8 (xor `sign_xor`, which makes s8 + 128 of s8) times four s8; madd and mul: two s16 times two s16.
    `a` points to int32, `stride` counts bytes.
    """
    rows, kind, primitive = tile.count // row.count, row.dtype, DOTS[how.literal_value].name

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        sums = cgutils.unpack_tuple(builder, values[0], tile.count)
        vectors = cgutils.unpack_tuple(builder, values[4], row.count)
        start = builder.bitcast(values[1], I8.as_pointer())
        sign_xors = emit_splat(builder, values[3], kind.lanes)
        new = []
        for m in range(rows):
            at = builder.bitcast(builder.gep(start, [builder.mul(values[2], I64(m))]), I32.as_pointer())
            group = builder.load(at)
            group.align = 1
            splat = emit_splat(builder, group, kind.lanes)
            if primitive == "vnni":
                splat = builder.xor(splat, sign_xors)
            new += [_dot(builder, primitive, kind, sums[m * row.count + n], splat, vector) for n, vector in enumerate(vectors)]
        return context.make_tuple(builder, tile, new)

    return tile(tile, a, types.int64, types.int32, row, how), emit


def _dot(builder: ir.IRBuilder, primitive: str, kind: Vec, total: ir.Value, x: ir.Value, y: ir.Value) -> ir.Value:
    """total + sums of products within each 32-bit lane of x and y, by a primitive."""
    bits = 32 * kind.lanes
    if primitive == "vnni":
        # LLVM 22 gave its operands the type of what they are.
        bytes_ = ir.VectorType(I8, 4 * kind.lanes) if llvm_version_info[0] >= 22 else kind.llvm
        return emit_call(
            builder, f"llvm.x86.avx512.vpdpbusd.{bits}", kind.llvm, total, builder.bitcast(x, bytes_), builder.bitcast(y, bytes_)
        )
    pairs = ir.VectorType(I16, 2 * kind.lanes)
    x, y = builder.bitcast(x, pairs), builder.bitcast(y, pairs)
    if primitive == "madd":
        name = {256: "llvm.x86.avx2.pmadd.wd", 512: "llvm.x86.avx512.pmaddw.d.512"}[bits]
        return builder.add(total, emit_call(builder, name, kind.llvm, x, y))
    wide = ir.VectorType(I32, 2 * kind.lanes)
    products = builder.mul(builder.sext(x, wide), builder.sext(y, wide))
    undefined = ir.Constant(wide, ir.Undefined)
    for start in (0, 1):
        order = ir.Constant(ir.VectorType(I32, kind.lanes), list(range(start, 2 * kind.lanes, 2)))
        total = builder.add(total, builder.shuffle_vector(products, undefined, order))
    return total


@intrinsic
def clamp(typing: Any, tile: Any, low: Any, high: Any) -> Any:
    """Every lane brought into low..high; NaN stays NaN."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        low_, high_ = (emit_splat(builder, value, tile.dtype.lanes) for value in values[1:])
        new = []
        for vector in cgutils.unpack_tuple(builder, values[0], tile.count):
            vector = builder.select(builder.fcmp_ordered("<", vector, low_), low_, vector)
            new.append(builder.select(builder.fcmp_ordered(">", vector, high_), high_, vector))
        return context.make_tuple(builder, tile, new)

    return tile(tile, tile.dtype.base, tile.dtype.base), emit


@intrinsic(prefer_literal=True)
def store(typing: Any, tile: Any, p: Any, stride: Any, vectors: Any) -> Any:
    """Write the rows of a tile, `vectors` (a literal) vectors each, `stride` elements apart from `p` on."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        count = vectors.literal_value
        for index, vector in enumerate(cgutils.unpack_tuple(builder, values[0], tile.count)):
            row = builder.gep(values[1], [builder.mul(values[2], I64(index // count))])
            stored = builder.store(vector, emit_pointer(context, builder, row, tile.dtype, index % count))
            stored.align = 1
        return context.get_dummy_value()

    return types.void(tile, p, types.int64, vectors), emit


# ---- windows: what a depthwise filter sees, one vector of channels for each tap


@intrinsic(prefer_literal=True)
def line_pointers(typing: Any, addresses: Any, count: Any, kind: Any) -> Any:
    """The first `count` (a literal) addresses of a list as a tuple of pointers to `kind` (a numpy scalar type)."""
    element = types.CPointer(kind.dtype)
    result = types.UniTuple(element, count.literal_value)

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        read = [builder.load(builder.gep(values[0], [I64(index)])) for index in range(result.count)]
        return context.make_tuple(builder, result, [builder.inttoptr(at, context.get_value_type(element)) for at in read])

    return result(addresses, count, kind), emit


@intrinsic
def move_all(typing: Any, pointers: Any, count: Any) -> Any:
    """Every pointer of a tuple, `count` elements further."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        moved = [builder.gep(p, [values[1]]) for p in cgutils.unpack_tuple(builder, values[0], pointers.count)]
        return context.make_tuple(builder, pointers, moved)

    return pointers(pointers, types.int64), emit


def _taps(context: Any, builder: ir.IRBuilder, kind: Vec, lines: Any, pointers: ir.Value, step: ir.Value, columns: int) -> list[ir.Value]:
    """The vectors under a window: `columns` from each line, `step` elements apart."""
    taps = []
    for line in cgutils.unpack_tuple(builder, pointers, lines.count):
        taps += [emit_load(context, builder, builder.gep(line, [builder.mul(step, I64(x))]), kind) for x in range(columns)]
    return taps


def _window(step: Callable[..., ir.Value], what: str) -> Any:
    @intrinsic
    def window(typing: Any, total: Any, lines: Any, distance: Any, weights: Any) -> Any:
        def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
            result, pointers, distance_, weights_ = values
            taps = _taps(context, builder, total, lines, pointers, distance_, weights.count // lines.count)
            for tap, weight in zip(taps, cgutils.unpack_tuple(builder, weights_, weights.count), strict=True):
                result = step(builder, total, tap, weight, result)
            return result

        return total(total, lines, types.int64, weights), emit

    window.__doc__ = f"total + each tap times its weights, for floats, one after the other, {what}; a vector of weights for each tap."
    return window


window_fma = _window(emit_fma, "product and sum rounded once")
window_multiply_add = _window(_multiply_add, "product and sum each rounded")


@intrinsic(prefer_literal=True)
def window_dot(typing: Any, total: Any, lines: Any, step: Any, sign_xor: Any, weights: Any, grouped: Any) -> Any:
    """The same for a square window of 8-bit taps, read as u8 after `sign_xor`, and int32 sums.

    A vector of weights is one tap, s32; or, where `grouped` (a literal) is not 0, four s8 taps a lane, in the window's order, zeros after
    the last, which vnni sums at once.
    """

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        result, pointers, step_, flip_, weights_, _ = values
        lanes = total.lanes
        narrow = Vec(types.uint8, lanes)
        taps = _taps(context, builder, narrow, lines, pointers, step_, lines.count)
        vectors = cgutils.unpack_tuple(builder, weights_, weights.count)
        if not grouped.literal_value:
            sign_xors = emit_splat(builder, builder.trunc(flip_, I8), lanes)
            for tap, weight in zip(taps, vectors, strict=True):
                wide = builder.zext(builder.xor(tap, sign_xors), total.llvm)
                result = builder.add(result, builder.mul(wide, weight))
            return result
        sign_xors = emit_splat(builder, flip_, lanes)
        zero = ir.Constant(narrow.llvm, None)
        for index, weight in enumerate(vectors):
            four = (taps + [zero] * 3)[4 * index : 4 * index + 4]
            group = builder.bitcast(_interleave(builder, four, lanes), total.llvm)
            result = _dot(builder, "vnni", total, result, builder.xor(group, sign_xors), weight)
        return result

    return total(total, lines, types.int64, types.int32, weights, grouped), emit


def _interleave(builder: ir.IRBuilder, four: list[ir.Value], lanes: int) -> ir.Value:
    """Bytes a0 b0 c0 d0 a1 b1 c1 d1 ... from four vectors."""

    def shuffle(x: ir.Value, y: ir.Value, order: list[int]) -> ir.Value:
        return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(I32, len(order)), order))

    halves = [shuffle(four[i], four[i + 1], list(range(2 * lanes))) for i in (0, 2)]
    whole = shuffle(halves[0], halves[1], list(range(4 * lanes)))
    return shuffle(whole, whole, [part * lanes + lane for lane in range(lanes) for part in range(4)])
