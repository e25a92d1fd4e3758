"""Bilinear resizing of pictures [n, h, w, channels]; a unit of work is an output line.

Tables say for each output line and column which two input ones it lies between, and how far from the first.
"""

from __future__ import annotations

import numpy as np

from .kernel import Device, Kernel, device, kernel


def _make(name: str, element: str, part: str, blend: Device) -> Kernel:
    @kernel(
        name, x=element + "*", out=element + "*", in_h="i64", in_w="i64", out_h="i64", out_w="i64", channels="i64", y_low="i32*",
        y_high="i32*", y_part=part, x_low="i32*", x_high="i32*", x_part=part,
    )  # fmt: skip
    def resize(a, lo, hi, scratch):
        line = a.in_w * a.channels
        for unit in range(lo, hi):
            n = unit // a.out_h
            y = unit - n * a.out_h
            top = a.x + (n * a.in_h + a.y_low[y]) * line
            bottom = a.x + (n * a.in_h + a.y_high[y]) * line
            to = a.out + unit * a.out_w * a.channels
            for x in range(a.out_w):
                left, right = a.x_low[x] * a.channels, a.x_high[x] * a.channels
                for c in range(a.channels):
                    to[c] = blend(top[left + c], bottom[left + c], top[right + c], bottom[right + c], a.y_part[y], a.x_part[x])
                to = to + a.channels

    return resize


@device
def blend_floats(tl, bl, tr, br, y, x):
    """In the reference's order: top left, bottom left, top right, bottom right, and 0, which makes a positive zero of a negative one."""
    one = np.float32(1)
    return tl * (one - y) * (one - x) + bl * y * (one - x) + tr * (one - y) * x + br * y * x + np.float32(0)


@device
def blend_bytes(tl, bl, tr, br, y, x):
    """The same in float, plus a half, cut off."""
    mixed = blend_floats(np.float32(tl), np.float32(bl), np.float32(tr), np.float32(br), y, x)
    return np.int32(mixed + np.float32(0.5))


@device
def blend_integers(tl, bl, tr, br, y, x):
    """With ten fractional bits for each part, halves away from zero."""
    y, x, one = np.int64(y), np.int64(x), np.int64(1024)
    total = tl * (one - y) * (one - x) + bl * y * (one - x) + tr * (one - y) * x + br * y * x
    # Towards zero, as C divides: a shift would go down.
    return (total + 524288) >> 20 if total > 0 else -((524288 - total) >> 20)


@device
def blend_weights(tl, bl, tr, br, y, x):
    """As blend_bytes, with each product of parts rounded before it is multiplied, and the neighbours in the order of a line."""
    one = np.float32(1)
    top = np.float32(tl) * ((one - y) * (one - x)) + np.float32(tr) * ((one - y) * x)
    return np.int32(top + np.float32(bl) * (y * (one - x)) + np.float32(br) * (y * x) + np.float32(0.5))


@device
def blend_11_bits(tl, bl, tr, br, y, x):
    """With eleven fractional bits for each part, halves up."""
    y, x, one = np.int64(y), np.int64(x), np.int64(2048)
    total = tl * (one - y) * (one - x) + bl * y * (one - x) + tr * (one - y) * x + br * y * x
    return (total + (1 << 21)) >> 22


resize_bilinear = {
    "FLOAT32": _make("f32_resize_bilinear", "f32", "f32*", blend_floats),
    "UINT8": _make("u8_resize_bilinear", "u8", "f32*", blend_bytes),
    "INT8": _make("i8_resize_bilinear", "i8", "i32*", blend_integers),
}
# By the way that an arithmetic names.
resize_bilinear_otherwise = {
    "optimized": {"UINT8": _make("u8_resize_bilinear_weights", "u8", "f32*", blend_weights)},
    "xnnpack": {
        "UINT8": _make("u8_resize_bilinear_11_bits", "u8", "i32*", blend_11_bits),
        "INT8": _make("i8_resize_bilinear_11_bits", "i8", "i32*", blend_11_bits),
    },
}
