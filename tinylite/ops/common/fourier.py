"""What Fourier transforms need."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["twiddles"]


def twiddles(size: int) -> np.ndarray[Any, Any]:
    """e^(-2 pi i k / size) for k < size / 2 (and k = 0), float64 [k, 2]: the table of kernels/fft.py."""
    angles = -2 * np.pi * np.arange(max(size // 2, 1)) / size
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)
