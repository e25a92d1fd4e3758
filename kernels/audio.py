"""Features of sound: spectrograms, and from them mel-frequency cepstral coefficients. Computed in double."""

from __future__ import annotations

import numpy as np

from .fft import rfft
from .kernel import device, kernel
from .lazy import simd


@kernel(
    "spectrogram", input="f32*", output="f32*", window="f64*", table="f64*", length="i64", size="i64", stride="i64", frames="i64",
    channels="i64", squared="i64",
)  # fmt: skip
def spectrogram(a, lo, hi, scratch):
    """Magnitudes, or their squares, of the windows of sound [samples, channels]; a unit is a frame of a channel.

    Windows of `length` samples, filled up with zeros to `size`. Scratch: size + 2 numbers.
    """
    x = simd.pointer(scratch, np.float64)
    for unit in range(lo, hi):
        channel = unit // a.frames
        source = a.input + (unit - channel * a.frames) * a.stride * a.channels + channel
        for i in range(a.length):
            x[i] = np.float64(source[i * a.channels]) * a.window[i]
        for i in range(a.length, a.size):
            x[i] = 0.0
        rfft(x, a.size, a.table, a.size)
        to = a.output + unit * (a.size // 2 + 1)
        for i in range(a.size // 2 + 1):
            power = np.float32(x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1])
            to[i] = power if a.squared != 0 else np.float32(np.sqrt(power))


@device
def logarithm(x, tail_buffer):
    """The natural logarithm of a normal number > 0, in double: of its exponent, and of the rest a series in (m - 1) / (m + 1)."""
    tail_buffer[0] = x
    bits = simd.cast(tail_buffer, np.int64)
    exponent = (bits[0] >> 52) - 1023
    bits[0] = (bits[0] & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000
    m = tail_buffer[0]
    if m > 1.4142135623730951:
        m *= 0.5
        exponent += 1
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    total = 0.0
    for k in range(21, 0, -2):
        total = total * square + 1.0 / k
    return exponent * 0.6931471805599453 + 2.0 * s * total


@kernel(
    "mfcc", input="f32*", output="f32*", bins="i64", start="i64", end="i64", bands="i64*", weights="f64*", channels="i64",
    cosines="f64*", coefficients="i64",
)  # fmt: skip
def mfcc(a, lo, hi, scratch):
    """Of spectra of `bins` powers, a row each: magnitudes summed in bands, their logarithms' cosine transform.

    Bins from `start` up to `end` share their magnitude among band `bands[bin]`, which gets `weights[bin]` of it, and the next;
    bands before the first and behind the last count for nothing. Scratch: channels + 1 numbers.
    """
    sums = simd.pointer(scratch, np.float64)
    for row in range(lo, hi):
        spectrum = a.input + row * a.bins
        for c in range(a.channels):
            sums[c] = 0.0
        for i in range(a.start, a.end):
            magnitude = np.sqrt(np.float64(spectrum[i]))
            part = magnitude * a.weights[i]
            band = a.bands[i]
            if band >= 0:
                sums[band] += part
            if band + 1 < a.channels:
                sums[band + 1] += magnitude - part
        for c in range(a.channels):
            # What is no number stays none, as does infinity.
            value = sums[c]
            value = max(value, 1e-12)
            sums[c] = logarithm(value, sums + a.channels) if value - value == 0.0 else value
        for k in range(a.coefficients):
            total = 0.0
            for c in range(a.channels):
                total += a.cosines[k * a.channels + c] * sums[c]
            a.output[row * a.coefficients + k] = np.float32(total)
