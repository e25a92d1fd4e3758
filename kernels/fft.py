"""Fourier transforms of powers of two, in double: complex ones in place, real ones by a complex one of half the length.

Complex numbers lie as [real, imaginary]. `table` has e^(-2 pi i k / size) for k < size / 2, for any size from the transform's on; with
e^(2 pi i k / size) the results are the conjugates.
"""

from __future__ import annotations

import numpy as np

from .kernel import device, kernel
from .lazy import simd


@device
def reverse_bits(x, n):
    """Exchange the numbers whose indices are each other's bits in reverse."""
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j |= bit
        if i < j:
            for part in range(2):
                held = x[2 * i + part]
                x[2 * i + part] = x[2 * j + part]
                x[2 * j + part] = held


@device
def fft(x, n, table, size):
    """The transform of `n` complex numbers: Cooley and Tukey's, from pairs up."""
    reverse_bits(x, n)
    length = 2
    while length <= n:
        half = length >> 1
        step = size // length
        for start in range(0, n, length):
            even, odd = x + 2 * start, x + 2 * (start + half)
            for k in range(half):
                real, imaginary = table[2 * k * step], table[2 * k * step + 1]
                turned = odd[2 * k] * real - odd[2 * k + 1] * imaginary
                turned_i = odd[2 * k] * imaginary + odd[2 * k + 1] * real
                odd[2 * k] = even[2 * k] - turned
                odd[2 * k + 1] = even[2 * k + 1] - turned_i
                even[2 * k] += turned
                even[2 * k + 1] += turned_i
        length *= 2


@device
def rfft(x, n, table, size):
    """Of `n` real numbers, n / 2 + 1 complex ones in their place and two more."""
    if n == 1:
        x[1] = 0.0
        return
    half = n >> 1
    fft(x, half, table, size)
    x[2 * half] = x[0] - x[1]
    x[2 * half + 1] = 0.0
    x[0] = x[0] + x[1]
    x[1] = 0.0
    # x as a complex signal holds the transforms of its even and its odd numbers: E + i O.
    step = size // n
    for k in range(1, half // 2 + 1):
        a, b = x + 2 * k, x + 2 * (half - k)
        even, even_i = 0.5 * (a[0] + b[0]), 0.5 * (a[1] - b[1])
        odd, odd_i = 0.5 * (a[1] + b[1]), 0.5 * (b[0] - a[0])
        real, imaginary = table[2 * k * step], table[2 * k * step + 1]
        turned, turned_i = odd * real - odd_i * imaginary, odd * imaginary + odd_i * real
        b[0], b[1] = even - turned, turned_i - even_i
        a[0], a[1] = even + turned, even_i + turned_i


@kernel("rfft_rows", input="f32*", output="f64*", table="f64*", size="i64", in_h="i64", in_w="i64", height="i64", width="i64")
def rfft_rows(a, lo, hi, scratch):
    """The rows of pictures, cut or filled up with zeros to height x width; a unit is a row of the output, width + 2 numbers."""
    for unit in range(lo, hi):
        image = unit // a.height
        row = unit - image * a.height
        to = a.output + unit * (a.width + 2)
        count = min(a.in_w, a.width) if row < a.in_h else 0
        source = a.input + (image * a.in_h + row) * a.in_w
        for i in range(count):
            to[i] = np.float64(source[i])
        for i in range(count, a.width + 2):
            to[i] = 0.0
        if row < a.in_h:
            rfft(to, a.width, a.table, a.size)


@kernel("fft_columns", input="f64*", output="f32*", table="f64*", size="i64", height="i64", columns="i64", row="i64")
def fft_columns(a, lo, hi, scratch):
    """The columns of complex pictures whose rows have `row` numbers, conjugated; a unit is a column of the output. Scratch: a column."""
    column = simd.pointer(scratch, np.float64)
    for unit in range(lo, hi):
        image = unit // a.columns
        c = unit - image * a.columns
        source = a.input + image * a.height * a.row + 2 * c
        for i in range(a.height):
            column[2 * i], column[2 * i + 1] = source[i * a.row], source[i * a.row + 1]
        fft(column, a.height, a.table, a.size)
        to = a.output + (image * a.height * a.columns + c) * 2
        for i in range(a.height):
            to[2 * i * a.columns] = np.float32(column[2 * i])
            to[2 * i * a.columns + 1] = np.float32(-column[2 * i + 1])
