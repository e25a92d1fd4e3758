"""The vector layer: LLVM vectors as numba values, so that kernels stay Python.

Imports numba, so kernels get this module through `lazy.simd` and only a compiler loads it. A vector is a `Vec` of a
numba scalar type and a number of lanes; + - * & | ^ << >> and comparisons work on it lane by lane, with a scalar on the
right if need be. Tuples of them are in tiles.py. Pointers are numba's CPointer: `p[i]` reads and writes without any
check, `p + i` moves on.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin, lower_getattr_generic
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature
from numba.extending import intrinsic, models, register_model, typeof_impl

from .cpu import target
from .kernel import Device, Record

I8, I16, I32, I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))

SCALARS = {
    "i8": types.int8, "u8": types.uint8, "i16": types.int16, "u16": types.uint16, "i32": types.int32, "u32": types.uint32,
    "i64": types.int64, "u64": types.uint64, "f32": types.float32, "f64": types.float64,
}  # fmt: skip


@typeof_impl.register(Device)
def _type_of_device(value: Device, _: Any) -> types.Type:
    return types.Dispatcher(value.dispatcher)


# ---- types


class Vec(types.Type):
    """`lanes` numbers of the scalar type `base`; int1 (a mask) is what comparisons give."""

    def __init__(self, base: types.Type, lanes: int) -> None:
        self.base = base
        self.lanes = lanes
        super().__init__(name=f"Vec({base} x {lanes})")

    @property
    def llvm(self) -> ir.VectorType:
        return ir.VectorType(_llvm(self.base), self.lanes)


def _llvm(base: types.Type) -> ir.Type:
    if base == types.float32:
        return ir.FloatType()
    if base == types.float64:
        return ir.DoubleType()
    return ir.IntType(1 if base == types.boolean else base.bitwidth)


@register_model(Vec)
class _VecModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vec) -> None:
        super().__init__(manager, kind, kind.llvm)


class Arguments(types.Type):
    """The address of an argument record; attributes read its fields."""

    def __init__(self, record: Record) -> None:
        self.fields = {}
        for name, (base, kind, _, offset) in record.fields.items():
            scalar = SCALARS[base]
            self.fields[name] = (scalar if kind == "scalar" else types.CPointer(scalar), kind, offset)
        super().__init__(name=f"Arguments({list(self.fields.items())})")


@register_model(Arguments)
class _ArgumentsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Arguments) -> None:
        super().__init__(manager, kind, I64)


@infer_getattr
class _ArgumentsAttributes(AttributeTemplate):
    key = Arguments

    def generic_resolve(self, record: Arguments, name: str) -> types.Type | None:
        return record.fields[name][0] if name in record.fields else None


@lower_getattr_generic(Arguments)
def _read_argument(context: Any, builder: ir.IRBuilder, record: Arguments, address: ir.Value, name: str) -> ir.Value:
    kind, form, offset = record.fields[name]
    at = builder.add(address, I64(offset))
    if form == "array":
        return builder.inttoptr(at, context.get_value_type(kind))
    loaded = builder.load(builder.inttoptr(at, context.get_value_type(kind).as_pointer()))
    # A record does not change while its kernel runs: without this, every store would force it to be read again.
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


# ---- operators


def _is_float(base: types.Type) -> bool:
    return isinstance(base, types.Float)


def _is_signed(base: types.Type) -> bool:
    return bool(getattr(base, "signed", True))


def emit_splat(builder: ir.IRBuilder, scalar: ir.Value, lanes: int) -> ir.Value:
    undefined = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    first = builder.insert_element(undefined, scalar, I32(0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, lanes), [0] * lanes))


def _operator(symbol: Any, emit: Callable[[ir.IRBuilder, types.Type, ir.Value, ir.Value], ir.Value], mask: bool = False) -> None:
    @infer_global(symbol)
    class _Typing(AbstractTemplate):
        def generic(self, arguments: Any, keywords: Any) -> Any:
            left, right = arguments
            if not isinstance(left, Vec):
                return None
            result = Vec(types.boolean, left.lanes) if mask else left
            if left == right:
                return signature(result, left, left)
            if isinstance(right, types.Number):
                return signature(result, left, left.base)
            return None

    @lower_builtin(symbol, Vec, Vec)
    def _vectors(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        return emit(builder, found.args[0].base, *values)

    @lower_builtin(symbol, Vec, types.Number)
    def _scalar(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        kind = found.args[0]
        return emit(builder, kind.base, values[0], emit_splat(builder, values[1], kind.lanes))


_operator(operator.add, lambda b, t, x, y: b.fadd(x, y) if _is_float(t) else b.add(x, y))
_operator(operator.sub, lambda b, t, x, y: b.fsub(x, y) if _is_float(t) else b.sub(x, y))
_operator(operator.mul, lambda b, t, x, y: b.fmul(x, y) if _is_float(t) else b.mul(x, y))
_operator(operator.truediv, lambda b, t, x, y: b.fdiv(x, y))
_operator(operator.and_, lambda b, t, x, y: b.and_(x, y))
_operator(operator.or_, lambda b, t, x, y: b.or_(x, y))
_operator(operator.xor, lambda b, t, x, y: b.xor(x, y))
_operator(operator.lshift, lambda b, t, x, y: b.shl(x, y))
_operator(operator.rshift, lambda b, t, x, y: b.ashr(x, y) if _is_signed(t) else b.lshr(x, y))


def _compare(symbol: str) -> Callable[[ir.IRBuilder, types.Type, ir.Value, ir.Value], ir.Value]:
    def emit(builder: ir.IRBuilder, base: types.Type, x: ir.Value, y: ir.Value) -> ir.Value:
        if _is_float(base):  # NaN differs from everything, and nothing else is true of it
            return (builder.fcmp_unordered if symbol == "!=" else builder.fcmp_ordered)(symbol, x, y)
        return builder.icmp_signed(symbol, x, y) if _is_signed(base) else builder.icmp_unsigned(symbol, x, y)

    return emit


for _symbol, _text in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
    (operator.eq, "=="),
    (operator.ne, "!="),
):
    _operator(_symbol, _compare(_text), mask=True)


@infer_global(operator.add)
class _PointerTyping(AbstractTemplate):
    def generic(self, arguments: Any, keywords: Any) -> Any:
        left, right = arguments
        if isinstance(left, types.CPointer) and isinstance(right, types.Integer):
            return signature(left, left, types.intp)
        return None


@lower_builtin(operator.add, types.CPointer, types.Integer)
def _move_pointer(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
    return builder.gep(values[0], [values[1]])


# ---- pointers and addresses


@intrinsic
def pointer(typing: Any, address: Any, kind: Any) -> Any:
    """The number `address` as a pointer to `kind` (a numpy scalar type)."""
    base = kind.dtype if isinstance(kind, types.NumberClass) else kind.instance_type
    result = types.CPointer(base)
    return result(types.int64, kind), lambda context, builder, found, values: builder.inttoptr(values[0], context.get_value_type(result))


@intrinsic
def cast(typing: Any, p: Any, kind: Any) -> Any:
    """The pointer `p` as one to `kind` (a numpy scalar type)."""
    base = kind.dtype if isinstance(kind, types.NumberClass) else kind.instance_type
    result = types.CPointer(base)
    return result(p, kind), lambda context, builder, found, values: builder.bitcast(values[0], context.get_value_type(result))


@intrinsic
def address(typing: Any, p: Any) -> Any:
    """The pointer `p` as a number."""
    return types.int64(p), lambda context, builder, found, values: builder.ptrtoint(values[0], I64)


@intrinsic
def copy(typing: Any, to: Any, source: Any, count: Any) -> Any:
    """Copy `count` elements; the ranges do not overlap."""
    size = _llvm(to.dtype).width // 8 if isinstance(to.dtype, types.Integer) else to.dtype.bitwidth // 8

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        cgutils.raw_memcpy(builder, values[0], values[1], values[2], I64(size))
        return context.get_dummy_value()

    return types.void(to, to, types.int64), emit


# ---- single vectors


def emit_pointer(context: Any, builder: ir.IRBuilder, p: ir.Value, kind: Vec, index: int = 0) -> ir.Value:
    vectors = builder.bitcast(p, kind.llvm.as_pointer())
    return builder.gep(vectors, [I64(index)]) if index else vectors


def emit_load(context: Any, builder: ir.IRBuilder, p: ir.Value, kind: Vec, index: int = 0) -> ir.Value:
    loaded = builder.load(emit_pointer(context, builder, p, kind, index))
    loaded.align = 1
    return loaded


@intrinsic(prefer_literal=True)
def load(typing: Any, p: Any, lanes: Any) -> Any:
    """`lanes` (a literal) elements from `p`, which needs no alignment."""
    kind = Vec(p.dtype, lanes.literal_value)
    return kind(p, lanes), lambda context, builder, found, values: emit_load(context, builder, values[0], kind)


@intrinsic
def store(typing: Any, p: Any, vector: Any) -> Any:
    """Write a vector to `p`, which needs no alignment."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        stored = builder.store(values[1], emit_pointer(context, builder, values[0], vector))
        stored.align = 1
        return context.get_dummy_value()

    return types.void(p, vector), emit


@intrinsic(prefer_literal=True)
def splat(typing: Any, scalar: Any, lanes: Any) -> Any:
    """A vector with `scalar` in each of `lanes` (a literal) lanes."""
    base = types.unliteral(scalar)
    kind = Vec(base, lanes.literal_value)
    return kind(base, lanes), lambda context, builder, found, values: emit_splat(builder, values[0], kind.lanes)


@intrinsic
def lane(typing: Any, vector: Any, index: Any) -> Any:
    """One lane of a vector."""
    return vector.base(vector, types.int64), lambda context, builder, found, values: builder.extract_element(
        values[0], builder.trunc(values[1], I32)
    )


@intrinsic
def keep_first(typing: Any, vector: Any, count: Any, rest: Any) -> Any:
    """The first `count` lanes, and `rest` in the others."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        numbers = ir.Constant(ir.VectorType(I64, vector.lanes), list(range(vector.lanes)))
        mask = builder.icmp_signed("<", numbers, emit_splat(builder, values[1], vector.lanes))
        return builder.select(mask, values[0], emit_splat(builder, values[2], vector.lanes))

    return vector(vector, types.int64, vector.base), emit


@intrinsic
def leading_zeros(typing: Any, x: Any) -> Any:
    """The zero bits above the highest set bit of an int32, 32 for 0."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        return builder.zext(emit_call(builder, "llvm.ctlz.i32", I32, values[0], ir.IntType(1)(0)), I64)

    return types.int64(types.int32), emit


@intrinsic
def float_of_bits(typing: Any, bits: Any) -> Any:
    """The float whose bits an integer has."""
    return types.float32(types.uint32), lambda context, builder, found, values: builder.bitcast(values[0], ir.FloatType())


@intrinsic
def bits_of_float(typing: Any, x: Any) -> Any:
    """A float's bits as an integer."""
    return types.uint32(types.float32), lambda context, builder, found, values: builder.bitcast(values[0], I32)


def _convert(base: types.Type) -> Any:
    @intrinsic
    def convert(typing: Any, vector: Any) -> Any:
        result = Vec(base, vector.lanes)

        def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
            (value,), source = values, vector.base
            if _is_float(source) and _is_float(base):
                return builder.fpext(value, result.llvm) if base.bitwidth > source.bitwidth else builder.fptrunc(value, result.llvm)
            if _is_float(source):
                return builder.fptosi(value, result.llvm)
            if _is_float(base):
                return (builder.sitofp if _is_signed(source) else builder.uitofp)(value, result.llvm)
            if base.bitwidth < source.bitwidth:
                return builder.trunc(value, result.llvm)
            if base.bitwidth == source.bitwidth:
                return value
            return (builder.sext if _is_signed(source) else builder.zext)(value, result.llvm)

        return result(vector), emit

    convert.__doc__ = f"Each lane as {base}: widened by its sign, cut off, or converted (towards zero) as C does."
    return convert


to_i8, to_u8, to_i16, to_i32, to_i64, to_u64 = (_convert(SCALARS[name]) for name in ("i8", "u8", "i16", "i32", "i64", "u64"))
to_f32, to_f64 = _convert(types.float32), _convert(types.float64)


def emit_call(builder: ir.IRBuilder, name: str, result: ir.Type, *values: ir.Value) -> ir.Value:
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, [v.type for v in values]), name)
    return builder.call(function, values)


def _suffix(kind: Vec) -> str:
    return f"v{kind.lanes}{'f' if _is_float(kind.base) else 'i'}{kind.base.bitwidth}"


@intrinsic
def select(typing: Any, mask: Any, x: Any, y: Any) -> Any:
    """x where the mask is set, y elsewhere."""
    return x(mask, x, x), lambda context, builder, found, values: builder.select(*values)


def _extreme(sign: str, float_order: str) -> Any:
    @intrinsic
    def extreme(typing: Any, x: Any, y: Any) -> Any:
        def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
            left, right = values
            if isinstance(y, types.Number):
                right = emit_splat(builder, right, x.lanes)
            return builder.select(_compare(float_order)(builder, x.base, left, right), left, right)

        return x(x, x.base if isinstance(y, types.Number) else x), emit

    extreme.__doc__ = f"The {sign} of two vectors (or a vector and a scalar), lane by lane; where either is NaN, the second."
    return extreme


minimum, maximum = _extreme("smaller", "<"), _extreme("larger", ">")


@intrinsic
def fma(typing: Any, x: Any, y: Any, z: Any) -> Any:
    """x * y + z, rounded once."""
    return x(x, x, x), lambda context, builder, found, values: emit_fma(builder, x, *values)


def emit_fma(builder: ir.IRBuilder, kind: Vec, x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
    if target().name == "portable" and target().lanes == 4:
        # A plain CPU may have no such instruction, and a library call for each lane would be very slow.
        return builder.fadd(builder.fmul(x, y), z)
    return emit_call(builder, f"llvm.fma.{_suffix(kind)}", kind.llvm, x, y, z)


def _float_function(name: str, what: str) -> Any:
    @intrinsic
    def function(typing: Any, vector: Any) -> Any:
        return vector(vector), lambda context, builder, found, values: emit_call(
            builder, f"llvm.{name}.{_suffix(vector)}", vector.llvm, values[0]
        )

    function.__doc__ = f"Each lane {what}, as a float."
    return function


truncate = _float_function("trunc", "rounded towards zero")
round_even = _float_function("roundeven", "rounded to the nearest whole number, halves to even")
floor = _float_function("floor", "rounded down")
ceil = _float_function("ceil", "rounded up")
absolute = _float_function("fabs", "without its sign")
square_root = _float_function("sqrt", "its square root")


@intrinsic
def copy_sign(typing: Any, magnitude: Any, vector: Any) -> Any:
    """A vector (or a scalar) with the sign of each lane of another."""
    scalar = isinstance(magnitude, types.Number)

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        size = emit_splat(builder, values[0], vector.lanes) if scalar else values[0]
        return emit_call(builder, f"llvm.copysign.{_suffix(vector)}", vector.llvm, size, values[1])

    return vector(vector.base if scalar else vector, vector), emit


@intrinsic
def power_of_two(typing: Any, exponent: Any) -> Any:
    """2 to the power of each integer lane."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        return builder.shl(ir.Constant(exponent.llvm, [1] * exponent.lanes), values[0])

    return exponent(exponent), emit


def _reinterpret(base: types.Type) -> Any:
    @intrinsic
    def reinterpreted(typing: Any, vector: Any) -> Any:
        result = Vec(base, vector.lanes * vector.base.bitwidth // base.bitwidth)
        return result(vector), lambda context, builder, found, values: builder.bitcast(values[0], result.llvm)

    reinterpreted.__doc__ = f"The same bits as lanes of {base}."
    return reinterpreted


bits_f32, bits_f64, bits_i32, bits_i64, bits_u8, bits_i8 = (
    _reinterpret(SCALARS[name]) for name in ("f32", "f64", "i32", "i64", "u8", "i8")
)


def _reduce(name: str, start: float | None) -> Any:
    @intrinsic
    def reduced(typing: Any, vector: Any) -> Any:
        def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
            scalar = _llvm(vector.base)
            if _is_float(vector.base) and start is not None:
                total = emit_call(builder, f"llvm.vector.reduce.f{name}.{_suffix(vector)}", scalar, ir.Constant(scalar, start), values[0])
                total.fastmath.add("reassoc")  # in halves, not lane after lane
                return total
            kind = name if start is not None else ("f" if _is_float(vector.base) else "s" if _is_signed(vector.base) else "u") + name
            return emit_call(builder, f"llvm.vector.reduce.{kind}.{_suffix(vector)}", scalar, values[0])

        return vector.base(vector), emit

    reduced.__doc__ = f"One number from all lanes: their {name}."
    return reduced


reduce_add, reduce_max, reduce_min = _reduce("add", 0.0), _reduce("max", None), _reduce("min", None)


def _high_product(half: int, says: str) -> Any:
    """Make an intrinsic: (x * y + half) >> 31 for int32 lanes, in 64 bits."""

    @intrinsic
    def product(typing: Any, x: Any, y: Any) -> Any:
        def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
            # Even lanes and odd lanes on their own: one multiplication each, and nothing has to change lanes.
            wide = ir.VectorType(I64, x.lanes // 2)
            low = [builder.bitcast(value, wide) for value in values]
            shift = emit_splat(builder, I64(32), x.lanes // 2)
            odd = builder.mul(*(builder.ashr(value, shift) for value in low))
            even = builder.mul(*(builder.ashr(builder.shl(value, shift), shift) for value in low))
            if half:
                odd, even = (builder.add(value, emit_splat(builder, I64(half), x.lanes // 2)) for value in (odd, even))
            even = builder.bitcast(builder.lshr(even, emit_splat(builder, I64(31), x.lanes // 2)), x.llvm)
            odd = builder.bitcast(builder.shl(odd, emit_splat(builder, I64(1), x.lanes // 2)), x.llvm)
            order = [lane if lane % 2 == 0 else x.lanes + lane for lane in range(x.lanes)]
            return builder.shuffle_vector(even, odd, ir.Constant(ir.VectorType(I32, x.lanes), order))

        return x(x, x), emit

    product.__doc__ = says
    return product


# gemmlowp adds 2^30 to a product >= 0 and 1 - 2^30 to one < 0, then divides by 2^31 towards zero; both come to
# floor((x * y + 2^30) / 2^31). It saturates for x = y = -2^31 only, and no multiplier is negative.
high_product = _high_product(1 << 30, "(x * y + 2^30) >> 31 for int32 lanes, in 64 bits: gemmlowp's SaturatingRoundingDoublingHighMul.")
high_product_down = _high_product(0, "(x * y) >> 31 for int32 lanes, in 64 bits: Arm's VQDMULH.")
