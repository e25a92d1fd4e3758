"""How two runtimes' outputs compare: no speed is worth anything without this."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["agreement"]


def agreement(found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> str:
    """A few words: "same bits", "within 3e-07" (floats, of the largest number), or what differs most."""
    if len(found) != len(wanted):
        return f"{len(found)} outputs and {len(wanted)}"
    within, worst = 0.0, (0.0, "")
    for mine, other in zip(found, wanted, strict=True):
        if mine.dtype != other.dtype:
            return f"not compared: {mine.dtype} and {other.dtype}"
        if mine.shape != other.shape:
            return f"differs: {list(mine.shape)} and {list(other.shape)}"
        if mine.tobytes() == other.tobytes():
            continue
        if mine.dtype.kind not in "fc":
            off = np.abs(mine.astype(np.float64) - other.astype(np.float64)) if mine.dtype.kind in "iub" else mine != other
            count = np.count_nonzero(off)
            worst = max(worst, (count / off.size, f"differs: {count} of {off.size}, by up to {off.max():.0f}"))
        elif not np.array_equal(np.isnan(mine), np.isnan(other)):
            return "differs: NaN in other places"
        else:
            with np.errstate(invalid="ignore"):  # infinity less infinity
                off = np.abs(mine.astype(np.complex128) - other.astype(np.complex128))
            largest = np.nanmax(np.abs(other), initial=0)
            within = max(within, float(np.nanmax(off, initial=0) / max(largest, np.finfo(np.float32).tiny)))
    return worst[1] or (f"within {within:.0e}" if within else "same bits")
