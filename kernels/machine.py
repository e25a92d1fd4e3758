"""What the executor needs beyond arithmetic: memory shared by threads, calls by address, and Python's C interface.

Like simd, this module imports numba: the executor gets it through `lazy.machine`.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .simd import I32, I64, emit_call

# ---- memory shared by threads


@intrinsic
def atomic_add(typing: Any, p: Any, value: Any) -> Any:
    """Add to an int64 that other threads change too; gives what it was before."""
    return types.int64(p, types.int64), lambda context, builder, found, values: builder.atomic_rmw("add", values[0], values[1], "seq_cst")


@intrinsic
def atomic_load(typing: Any, p: Any) -> Any:
    """Read an int64 that other threads change, and see all that they wrote before."""
    return types.int64(p), lambda context, builder, found, values: builder.load_atomic(values[0], "seq_cst", 8)


@intrinsic
def atomic_store(typing: Any, p: Any, value: Any) -> Any:
    """Write an int64 that other threads read, after all that was written before."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        builder.store_atomic(values[1], values[0], "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(p, types.int64), emit


@intrinsic
def pause(typing: Any) -> Any:
    """Tell the CPU that this is a waiting loop."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        if builder.module.triple.startswith(("x86_64", "i686")):
            emit_call(builder, "llvm.x86.sse2.pause", ir.VoidType())
        return context.get_dummy_value()

    return types.void(), emit


@intrinsic
def call(typing: Any, function: Any, arguments: Any, low: Any, high: Any, scratch: Any) -> Any:
    """Call the kernel at an address; gives its status."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        kind = ir.FunctionType(I64, [I64] * 4)
        return builder.call(builder.inttoptr(values[0], kind.as_pointer()), values[1:])

    return types.int64(*[types.int64] * 5), emit


@intrinsic
def milliseconds(typing: Any, room: Any) -> Any:
    """The time since some moment; `room` is two int64 for the system's answer."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        if "windows" in builder.module.triple:
            return emit_call(builder, "GetTickCount64", I64)
        # Clock 6 is CLOCK_MONOTONIC_COARSE on Linux, which costs a few nanoseconds, and CLOCK_MONOTONIC on macOS.
        emit_call(builder, "clock_gettime", I32, ir.Constant(I32, 6), values[0])
        seconds, nanoseconds = (builder.load(builder.gep(values[0], [ir.Constant(I64, index)])) for index in range(2))
        return builder.add(builder.mul(seconds, ir.Constant(I64, 1000)), builder.sdiv(nanoseconds, ir.Constant(I64, 1_000_000)))

    return types.int64(room), emit


@intrinsic
def clock(typing: Any, room: Any) -> Any:
    """Write the time since some moment to two int64, as exactly as the system knows it: seconds and nanoseconds; on Windows a count, whose
    unit is time.get_clock_info("perf_counter").resolution, and nothing."""

    def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
        if "windows" in builder.module.triple:
            emit_call(builder, "QueryPerformanceCounter", I32, values[0])
        else:
            # CLOCK_MONOTONIC on Linux; on macOS, where that counts microseconds, CLOCK_UPTIME_RAW.
            number = 8 if any(name in builder.module.triple for name in ("darwin", "macos")) else 1
            emit_call(builder, "clock_gettime", I32, ir.Constant(I32, number), values[0])
        return context.get_dummy_value()

    return types.void(room), emit


# ---- the Python C interface, for the functions that Python calls directly and for signals


def _c_function(name: str, result: types.Type, *arguments: types.Type) -> Any:
    def intrinsic_of(typing: Any, *given: Any) -> Any:
        def emit(context: Any, builder: ir.IRBuilder, found: Any, values: Any) -> ir.Value:
            llvm = ir.VoidType() if result == types.void else I64
            called = emit_call(builder, name, llvm, *values)
            return context.get_dummy_value() if result == types.void else called

        return result(*arguments), emit

    if arguments:
        return intrinsic(lambda typing, x: intrinsic_of(typing, x))  # noqa: PLW0108, numba counts its arguments
    return intrinsic(lambda typing: intrinsic_of(typing))  # noqa: PLW0108


# Objects and thread states are addresses.
integer_of = _c_function("PyLong_AsLongLong", types.int64, types.int64)
object_of = _c_function("PyLong_FromLongLong", types.int64, types.int64)
release_python = _c_function("PyEval_SaveThread", types.int64)
return_to_python = _c_function("PyEval_RestoreThread", types.void, types.int64)
# 0 in the lower 32 bits, unless a handler has raised.
check_signals = _c_function("PyErr_CheckSignals", types.int64)
# What threading.get_ident() returns, in at least the lower 32 bits.
thread_number = _c_function("PyThread_get_thread_ident", types.int64)
