"""Rows of a matrix from the patches of a picture: what turns a convolution into a matrix product (im2col).

Row m holds what the filter sees at output pixel m: for each filter row and column the `group_bytes` channels there, or
bytes that stand for zero outside the picture: `fills[n * fill_step]` for picture n, since each may have a zero point of
its own. A transposed convolution sees its input spread out: `spread` - 1 such gaps between neighbouring pixels.
Everything is in bytes, so one source serves every type.
"""

from __future__ import annotations

import numpy as np

from .kernel import device
from .lazy import simd

# What a record needs to describe a gather; pixels lie channels last, rows of pixels without a gap.
PATCH_FIELDS = {
    "input": "u8*", "in_h": "i64", "in_w": "i64", "out_h": "i64", "out_w": "i64", "filter_h": "i64", "filter_w": "i64",
    "stride_h": "i64", "stride_w": "i64", "dilation_h": "i64", "dilation_w": "i64", "pad_top": "i64", "pad_left": "i64",
    "spread_h": "i64", "spread_w": "i64", "pixel_bytes": "i64", "group_bytes": "i64", "fills": "i32*", "fill_step": "i64",
}  # fmt: skip

# Copies move whole vectors of this many bytes: up to one less is read and written past the end of a range. What is
# written too much is written again by the next range or lies in the slack behind a row; every tensor has as much slack.
SLACK = 32


@device
def copy_over(to, source, count):
    """Copy `count` bytes and up to SLACK - 1 more."""
    for i in range(0, count, SLACK):
        simd.store(to + i, simd.load(source + i, SLACK))


@device
def fill_over(to, value, count):
    """Write `count` bytes of `value`, and up to SLACK - 1 more."""
    vector = simd.splat(np.uint8(value), SLACK)
    for i in range(0, count, SLACK):
        simd.store(to + i, vector)


@device
def gather_rows(a, input, first, rows, to, stride):
    """Write rows `first` to `first + rows` of the patch matrix, `stride` bytes apart; `input` is a group's first channel."""
    whole = (a.dilation_w == 1) & (a.spread_w == 1) & (a.group_bytes == a.pixel_bytes)
    for m in range(first, first + rows):
        y = m // a.out_w
        x = m - y * a.out_w
        n = y // a.out_h
        y = y - n * a.out_h
        left = x * a.stride_w - a.pad_left
        fill = a.fills[n * a.fill_step]
        at = to
        for fy in range(a.filter_h):
            iy = y * a.stride_h - a.pad_top + fy * a.dilation_h
            gap = iy % a.spread_h
            iy = iy // a.spread_h
            if (iy < 0) | (iy >= a.in_h) | (gap != 0):
                fill_over(at, fill, a.filter_w * a.group_bytes)
                at = at + a.filter_w * a.group_bytes
                continue
            line = input + (n * a.in_h + iy) * a.in_w * a.pixel_bytes
            if whole:
                # Neighbouring filter columns are neighbours in the picture: one copy, cut at its sides.
                start = min(max(-left, 0), a.filter_w)
                end = max(min(a.in_w - left, a.filter_w), start)
                fill_over(at, fill, start * a.pixel_bytes)
                copy_over(at + start * a.pixel_bytes, line + (left + start) * a.pixel_bytes, (end - start) * a.pixel_bytes)
                fill_over(at + end * a.pixel_bytes, fill, (a.filter_w - end) * a.pixel_bytes)
                at = at + a.filter_w * a.pixel_bytes
                continue
            for fx in range(a.filter_w):
                ix = left + fx * a.dilation_w
                gap = ix % a.spread_w
                ix = ix // a.spread_w
                if (ix < 0) | (ix >= a.in_w) | (gap != 0):
                    fill_over(at, fill, a.group_bytes)
                else:
                    copy_over(at, line + ix * a.pixel_bytes, a.group_bytes)
                at = at + a.group_bytes
        to = to + stride
