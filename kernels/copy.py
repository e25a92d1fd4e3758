"""Moving bytes."""

from __future__ import annotations

from .kernel import kernel
from .lazy import simd


@kernel("copy_rows", input="u8*", output="u8*", row_bytes="i64", input_stride="i64", output_stride="i64")
def copy_rows(a, lo, hi, scratch):
    """Runs of bytes, `input_stride` apart, to places `output_stride` apart."""
    for row in range(lo, hi):
        simd.copy(a.output + row * a.output_stride, a.input + row * a.input_stride, a.row_bytes)
