"""Rows of a matrix from the patches of pictures: what turns a convolution into a matrix product (im2col).

Row m holds what the filter sees at output pixel m: for each filter row and column the `group_bytes` channels there, or
bytes that stand for zero outside the image: `pad_values[n * pad_value_step]` for batch n, since each may have a zero point of
its own. A transposed convolution sees its input spread out: `input_dilation` - 1 such gaps between neighbouring pixels.
A three-dimensional filter sees `in_d` pictures, one behind the other, as a batch; otherwise there is one in each.
Everything is in bytes, so one source serves every type.
"""

from __future__ import annotations

import numpy as np

from .kernel import device
from .lazy import simd

# What a record needs to describe a gather; pixels lie channels last, rows of pixels without a gap.
PATCH_FIELDS = {
    "input": "u8*", "in_d": "i64", "out_d": "i64", "filter_d": "i64", "stride_d": "i64", "dilation_d": "i64", "pad_front": "i64",
    "input_dilation_d": "i64", "in_h": "i64", "in_w": "i64", "out_h": "i64", "out_w": "i64", "filter_h": "i64", "filter_w": "i64",
    "stride_h": "i64", "stride_w": "i64", "dilation_h": "i64", "dilation_w": "i64", "pad_top": "i64", "pad_left": "i64",
    "input_dilation_h": "i64", "input_dilation_w": "i64", "pixel_bytes": "i64", "group_bytes": "i64", "pad_values": "i32*",
    "pad_value_step": "i64",
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
def source_index(i, dilation):
    """The row or column of the input that lies at `i` of the spread-out one; negative in a gap, as before the first."""
    if dilation == 1:
        return i
    return i // dilation if i % dilation == 0 else -1


@device
def gather_at_border(a, image, fill, top, left, whole, to):
    """A patch that leaves its image, whose input is spread out, or whose channels are not all of the image's."""
    for fy in range(a.filter_h):
        iy = source_index(top + fy * a.dilation_h, a.input_dilation_h)
        if (iy < 0) | (iy >= a.in_h):
            fill_over(to, fill, a.filter_w * a.group_bytes)
            to = to + a.filter_w * a.group_bytes
            continue
        line = image + iy * a.in_w * a.pixel_bytes
        if whole:
            # Neighbouring filter columns are neighbours in the image: one copy, cut at its sides.
            start = min(max(-left, 0), a.filter_w)
            end = max(min(a.in_w - left, a.filter_w), start)
            fill_over(to, fill, start * a.pixel_bytes)
            copy_over(to + start * a.pixel_bytes, line + (left + start) * a.pixel_bytes, (end - start) * a.pixel_bytes)
            fill_over(to + end * a.pixel_bytes, fill, (a.filter_w - end) * a.pixel_bytes)
            to = to + a.filter_w * a.pixel_bytes
            continue
        for fx in range(a.filter_w):
            ix = source_index(left + fx * a.dilation_w, a.input_dilation_w)
            if (ix < 0) | (ix >= a.in_w):
                fill_over(to, fill, a.group_bytes)
            else:
                copy_over(to, line + ix * a.pixel_bytes, a.group_bytes)
            to = to + a.group_bytes


@device
def copy_patch(a, corner, to):
    """A patch away from the borders: a copy for each filter row."""
    for _ in range(a.filter_h):
        copy_over(to, corner, a.filter_w * a.pixel_bytes)
        to = to + a.filter_w * a.pixel_bytes
        corner = corner + a.dilation_h * a.in_w * a.pixel_bytes


@device
def gather_slices(a, input, n, front, top, left, whole, inside, to):
    """A row whose patch is cut from several pictures of batch `n`, or from one and its border."""
    patch_bytes = a.filter_h * a.filter_w * a.group_bytes
    for fz in range(a.filter_d):
        iz = source_index(front + fz * a.dilation_d, a.input_dilation_d)
        image = input + (n * a.in_d + iz) * a.in_h * a.in_w * a.pixel_bytes
        if (iz < 0) | (iz >= a.in_d):
            fill_over(to, a.pad_values[n * a.pad_value_step], patch_bytes)
        elif inside:
            copy_patch(a, image + (top * a.in_w + left) * a.pixel_bytes, to)
        else:
            gather_at_border(a, image, a.pad_values[n * a.pad_value_step], top, left, whole, to)
        to = to + patch_bytes


@device
def gather_rows(a, input, first, rows, to, stride):
    """Write rows `first` to `first + rows` of the patch matrix, `stride` bytes apart; `input` is a group's first channel."""
    whole = (a.dilation_w == 1) & (a.input_dilation_w == 1) & (a.group_bytes == a.pixel_bytes)
    flat = (a.filter_d == 1) & (a.in_d == 1) & (a.out_d == 1)
    reach = (a.filter_h - 1) * a.dilation_h
    # A division takes as long as a copy, so there are none for each row: x, y, z and n count on.
    y = first // a.out_w
    x = first - y * a.out_w
    z = y // a.out_h
    y = y - z * a.out_h
    n = z // a.out_d
    z = z - n * a.out_d
    for _ in range(rows):
        left = x * a.stride_w - a.pad_left
        top = y * a.stride_h - a.pad_top
        inside = whole & (a.input_dilation_h == 1) & (left >= 0) & (left + a.filter_w <= a.in_w) & (top >= 0) & (top + reach < a.in_h)
        if inside & flat:  # as most patches are
            copy_patch(a, input + ((n * a.in_h + top) * a.in_w + left) * a.pixel_bytes, to)
        else:
            gather_slices(a, input, n, z * a.stride_d - a.pad_front, top, left, whole, inside, to)
        to = to + stride
        x += 1
        if x == a.out_w:
            x = 0
            y += 1
            if y == a.out_h:
                y = 0
                z += 1
                if z == a.out_d:
                    z = 0
                    n += 1
