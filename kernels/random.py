"""Random numbers by Philox 4x32 with ten rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3").

A counter of 128 bits, encrypted under a key, gives four words of 32 bits. Every group of four has its own counter, so groups
can be made in any order; `counter` is the first group's, low and high half, and `skip` moves it on behind a run.
"""

from __future__ import annotations

import numpy as np

from .cpu import target
from .kernel import device, kernel
from .lazy import simd
from .vmath import splat, vlog

LANES = target().lanes
GROUP = 4
# Groups that a unit of work makes: whole vectors of pairs.
BLOCK = 256

_WORD, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)


@device
def philox(key, counter, group):
    """The four words of a group, each in 64 bits."""
    low = counter[0] + np.uint64(group)
    high = counter[1] + np.uint64(low < counter[0])
    c0, c1, c2, c3 = low & _WORD, low >> _HALF, high & _WORD, high >> _HALF
    k0, k1 = np.uint64(key) & _WORD, np.uint64(key) >> _HALF
    for _ in range(10):
        p0, p1 = _MULTIPLIER_0 * c0, _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _WORD, (p0 >> _HALF) ^ c3 ^ k1, p0 & _WORD
        k0, k1 = (k0 + _WEYL_0) & _WORD, (k1 + _WEYL_1) & _WORD
    return c0, c1, c2, c3


@device
def to_unit(word):
    """A float in 0..1 from 23 bits of a word."""
    return simd.float_of_bits(np.uint32((word & np.uint64(0x7FFFFF)) | np.uint64(0x3F800000))) - np.float32(1)


@kernel("random_skip", counter="u64*", groups="i64")
def random_skip(a, lo, hi, scratch):
    """Move the counter on, behind what a run has used."""
    low = a.counter[0] + np.uint64(a.groups)
    a.counter[1] += np.uint64(low < a.counter[0])
    a.counter[0] = low


@kernel("random_uniform", counter="u64*", key="i64", output="f32*", count="i64")
def random_uniform(a, lo, hi, scratch):
    """Floats from 0 up to but not 1; a unit is BLOCK groups. Scratch: a group."""
    tail_buffer = simd.pointer(scratch, np.float32)
    for group in range(lo * BLOCK, min(hi * BLOCK, (a.count + GROUP - 1) // GROUP)):
        w0, w1, w2, w3 = philox(a.key, a.counter, group)
        tail_buffer[0], tail_buffer[1], tail_buffer[2], tail_buffer[3] = to_unit(w0), to_unit(w1), to_unit(w2), to_unit(w3)
        for i in range(min(GROUP, a.count - group * GROUP)):
            a.output[group * GROUP + i] = tail_buffer[i]


@device
def sine_and_cosine(x):
    """Of a vector of floats from 0 to 2 pi, within 2 units of the last place: what is left of quarter turns by polynomials (Cephes)."""
    turns = simd.round_even(x * np.float32(0.6366197723675814))
    r = simd.fma(turns, splat(-1.5703125), x)
    r = simd.fma(turns, splat(-4.837512969970703e-4), r)
    r = simd.fma(turns, splat(-7.549789948768648e-8), r)
    z = r * r
    s = splat(-1.9515295891e-4)
    s = simd.fma(s, z, splat(8.3321608736e-3))
    s = simd.fma(s, z, splat(-1.6666654611e-1))
    s = simd.fma(s * z, r, r)
    c = splat(2.443315711809948e-5)
    c = simd.fma(c, z, splat(-1.388731625493765e-3))
    c = simd.fma(c, z, splat(4.166664568298827e-2))
    c = simd.fma(c * z, z, simd.fma(z, splat(-0.5), splat(1)))
    quarter = simd.to_i32(turns)
    odd = (quarter & 1) == np.int32(1)
    sine, cosine = simd.select(odd, c, s), simd.select(odd, s, c)
    sine = simd.select((quarter & 2) == np.int32(2), splat(0) - sine, sine)
    cosine = simd.select(((quarter + 1) & 2) == np.int32(2), splat(0) - cosine, cosine)
    return sine, cosine


@kernel("random_normal", counter="u64*", key="i64", output="f32*", count="i64")
def random_normal(a, lo, hi, scratch):
    """Normally distributed floats, in pairs by the method of Box and Muller; a unit is BLOCK groups. Scratch: two vectors."""
    first = simd.pointer(scratch, np.float32)
    second = first + LANES
    for start in range(lo * BLOCK, min(hi * BLOCK, (a.count + GROUP - 1) // GROUP), LANES // 2):
        for g in range(LANES // 2):
            w0, w1, w2, w3 = philox(a.key, a.counter, start + g)
            first[2 * g], second[2 * g], first[2 * g + 1], second[2 * g + 1] = to_unit(w0), to_unit(w1), to_unit(w2), to_unit(w3)
        size = simd.maximum(simd.load(first, LANES), np.float32(1e-7))
        size = simd.square_root(vlog(size) * np.float32(-2))
        sine, cosine = sine_and_cosine(simd.load(second, LANES) * np.float32(6.283185307179586))
        simd.store(first, sine * size)
        simd.store(second, cosine * size)
        for i in range(min(2 * LANES, a.count - start * GROUP)):
            a.output[start * GROUP + i] = first[i >> 1] if i & 1 == 0 else second[i >> 1]


@device
def exp_below_zero(x):
    """e^x in double for x <= 0: 2^-n times a Taylor series around 0."""
    if not (x > -745.0):
        return 0.0
    n = np.int64(0.5 - x * 1.4426950408889634)
    r = (x + n * 0.6931471803691238) + n * 1.9082149292705877e-10
    total = 1.0
    for k in range(14, 0, -1):
        total = 1.0 + total * r / k
    half = 0.5
    while n > 0:
        if n & 1:
            total *= half
        half *= half
        n >>= 1
    return total


@device
def is_finite(x):
    return (x - x) == np.float32(0)


@kernel(
    "random_choice", counter="u64*", key="i64", logits="f32*", output="i64*", output_32="i32*", wide="i64", classes="i64",
    samples="i64",
)  # fmt: skip
def random_choice(a, lo, hi, scratch):
    """Numbers of classes, as likely as e to the power of the logits; a unit is a row. Scratch: the classes' sums, in double."""
    sums = simd.pointer(scratch, np.float64)
    for row in range(lo, hi):
        logits = a.logits + row * a.classes
        largest = np.float32(-3.4028234663852886e38)
        for c in range(a.classes):
            if is_finite(logits[c]) & (logits[c] > largest):
                largest = logits[c]
        total = 0.0
        for c in range(a.classes):
            if is_finite(logits[c]):
                total += exp_below_zero(np.float64(logits[c]) - np.float64(largest))
            sums[c] = total
        for s in range(a.samples):
            sample = row * a.samples + s
            w0, w1, w2, w3 = philox(a.key, a.counter, sample >> 1)
            if sample & 1:
                w0, w1 = w2, w3
            # 52 random bits, 20 of them the high ones.
            wanted = np.float64(((w0 & np.uint64(0xFFFFF)) << _HALF) | w1) * 2.220446049250313e-16 * total
            # The first class whose sum is larger.
            below, above = 0, a.classes
            while below < above:
                middle = (below + above) >> 1
                if sums[middle] > wanted:
                    above = middle
                else:
                    below = middle + 1
            if a.wide != 0:
                a.output[sample] = below
            else:
                a.output_32[sample] = np.int32(below)
