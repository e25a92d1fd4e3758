"""How two runtimes' outputs compare: no speed is worth anything without this."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

__all__ = ["agreement"]


def agreement(found: Sequence[np.ndarray], wanted: Sequence[np.ndarray], near: float = math.inf) -> str:
    """A few words: "same bits", "within 3e-07" (floats, of the largest number of an output), or "differs: " and what.

    Floats that are further apart than `near` differ. Outputs of other types are "not compared".
    """
    if len(found) != len(wanted):
        return f"differs: {len(found)} outputs and {len(wanted)}"
    furthest, same = 0.0, "same bits"
    for place, (mine, theirs) in enumerate(zip(found, wanted, strict=True)):
        where = f" of output {place}" if len(found) > 1 else ""
        if mine.dtype != theirs.dtype:
            return f"not compared: {mine.dtype} and {theirs.dtype}{where}"
        if mine.shape != theirs.shape:
            return f"differs: {list(mine.shape)} and {list(theirs.shape)}{where}"
        if np.ascontiguousarray(mine).tobytes() == np.ascontiguousarray(theirs).tobytes():
            continue
        other = mine != theirs
        same = "same values" if other.any() else "same bits but for the signs of zeros"  # NaN is unlike itself
        if mine.dtype.kind not in "fc":
            most = int(np.abs(mine.astype(object) - theirs.astype(object)).max()) if mine.dtype.kind in "iu" else 1
            return f"differs: {int(other.sum())} of {mine.size}{where}, by at most {most}"
        lost = (np.isnan(mine) != np.isnan(theirs)) | ((np.isinf(mine) | np.isinf(theirs)) & other & ~np.isnan(mine))
        if lost.any():
            return f"differs: {int(lost.sum())} of {mine.size}{where} are NaN or infinite in one and not the other"
        finite = np.isfinite(mine)
        wide = np.complex128 if mine.dtype.kind == "c" else np.float64
        apart = np.abs(mine.astype(wide) - theirs.astype(wide))[finite].max(initial=0.0)
        largest = np.abs(theirs.astype(wide))[finite].max(initial=0.0)
        furthest = max(furthest, float(apart / largest) if largest else float(apart > 0))
    if furthest == 0.0:
        return same
    return f"within {furthest:.0e}" if furthest <= near else f"differs: by up to {furthest:.1g} of the largest output"
