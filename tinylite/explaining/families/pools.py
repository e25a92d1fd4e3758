"""Pools and means: what a window, or reduced dimensions, hold."""

from __future__ import annotations

import itertools

import numpy as np

from ...ops.common.quantization_params import activation_range
from ...ops.common.reducing import reduced_axes
from ..explanation import Derivation, Stage, Taps
from ..integers import divide_towards_zero, signed
from ..requantizing import by_multiplier
from ..site import Index, Place, Site, explains, window_places
from ..stages import in_32_bits, to_output

__all__: list[str] = []


@explains("AVERAGE_POOL_2D", "MAX_POOL_2D", types="INT8 UINT8")
def pools(site: Site) -> Place:
    """Stored values as they are: LiteRT does not rescale."""
    site.check_reference()
    node, x, mean = site.node, site.array(0), site.node.op.code == "AVERAGE_POOL_2D"
    height, width = site.operator.windows(node)  # type: ignore[attr-defined]
    low, high = activation_range(node, node.options.fused_activation_function, site.result)

    def place(at: Index) -> Derivation:
        n, y, x_at, channel = at
        ys, xs = window_places(height, y)[1], window_places(width, x_at)[1]
        rows, total = [], 0 if mean else int(np.iinfo(x.dtype).min)
        for iy, ix in itertools.product(ys, xs):
            value = int(x[n, iy, ix, channel])
            total = total + value if mean else max(total, value)
            rows.append(((n, iy, ix, channel), value, total))
        left_out = height.filter * width.filter - len(rows)
        note = f"{left_out} of the window's places lie outside of the input and do not count" if left_out else ""
        if mean:
            half = len(rows) // 2
            rounded = divide_towards_zero(total + half if total > 0 else total - half, len(rows))
            stages = [
                Stage("sum", total, f"the sum of {len(rows)} stored values"),
                Stage("mean", rounded, f"{total} / {len(rows)}, rounded, halves away from zero"),
            ]
        else:
            stages = [Stage("largest", total, f"of {len(rows)} stored values")]
        stages.append(Stage("out", min(max(int(stages[-1].value), low), high), f"kept within {low}..{high}"))
        return Derivation(stages, stages[-1].value, Taps(("input", "x", "sum" if mean else "largest"), rows, note))

    return place


@explains("MEAN", "SUM", types="INT8 UINT8")
def sums(site: Site) -> Place:
    site.check_reference()
    node, x = site.node, site.array(0)
    axes = reduced_axes(node, x.ndim)
    count = x.size // site.result.size
    fields = site.operator.rescaling(node, count, mean=node.op.code == "MEAN")  # type: ignore[attr-defined]
    zero, out_zero = fields["in_zero"], fields["out_zero"]
    (in_scale, _), (out_scale, _) = site.scale_and_zero(node.input(0)), site.scale_and_zero(site.result)
    by = f" / {count}, folded into the multiplier" if node.op.code == "MEAN" else ""
    how = f"{np.float32(in_scale)!s} / {np.float32(out_scale)!s}{by}: input over output scale in double"
    low, high = np.iinfo(x.dtype).min, np.iinfo(x.dtype).max
    kept = bool(node.options.keep_dims)
    requantize = by_multiplier(fields["multiplier"], fields["shift"], how)

    def place(at: Index) -> Derivation:
        rest = iter(at)
        fixed = [None if axis in axes else next(rest) for axis in range(x.ndim)] if not kept else list(at)
        ranges = [range(x.shape[axis]) if axis in axes else (fixed[axis],) for axis in range(x.ndim)]
        values = x[tuple(slice(None) if axis in axes else fixed[axis] for axis in range(x.ndim))].reshape(-1).tolist()
        rows, total = [], 0
        for source, value in zip(itertools.product(*ranges), values, strict=True):
            total += value
            rows.append((source, value, total))
        stages = [
            Stage("acc", total, f"the sum of {count} stored values"),
            in_32_bits("centered", total - zero * count, f"{total} {signed(zero * count)}, {count} times the input's zero point"),
        ]
        stages += requantize(int(stages[-1].value))
        stages += to_output(int(stages[-1].value), out_zero, int(low), int(high))
        return Derivation(stages, stages[-1].value, Taps(("input", "x", "sum"), rows))

    return place
