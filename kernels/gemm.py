"""Matrix products of image patches and weights: what a variant is, and the walk over blocks and panels that all share.

    out[m][n] = finish(bias[n] + sum over k of rows[m][k] * weights[n][k])

The weights are packed into panels of `nr` columns, the last one with the least width that has room. A panel of w columns is
[header_words * w words][w words for each group of kr values of k]. Work is counted in blocks of rows times chunks of panels, batch after
batch: a batch has its rows at its own place in the input, and a matrix of its own or one that it shares with others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .cpu import Target
from .dots import Dot
from .kernel import Device, Kernel, device, kernel
from .lazy import simd
from .patches import PATCH_FIELDS

__all__ = ["GEMM_FIELDS", "Variant", "make_gemm"]

GEMM_FIELDS = {
    **PATCH_FIELDS,
    "weights": "u8*", "output": "u8*", "rows": "i64", "depth": "i64", "columns": "i64", "groups": "i64",
    "direct": "i64", "row_bytes": "i64", "block_rows": "i64", "chunks": "i64", "chunk_panels": "i64",
    "panel_bytes": "i64", "group_weights": "i64", "row_columns": "i64",
    # Of each batch: where its rows start, in bytes, and which matrix it is multiplied by.
    "batch_blocks": "i64", "input_offsets": "i64*", "matrices": "i64*",
}  # fmt: skip


def _any_shape(m: int, n: int, k: int) -> bool:
    return True


@dataclass(eq=False)
class Variant:
    """One way to multiply matrices, in tiles of mr x nr sums and kr values of k a step. Several live in one process (gemm_variants.py).

    type          of the rows: "f32", or "q8" for INT8 and UINT8
    lanes         numbers of a vector
    tile_rows     rows of the tiles of each width, at most four widths: `step`, 2 `step`, ... vectors; as many as the registers hold
                  sums of, beside a row of weights
    header_words  words for each column of a panel before its groups
    dot           how products are summed, for q8
    step          vectors by which widths differ
    suits         (m, n, k) -> whether it is good for so many rows, columns and values of k
    kernels       by method: "fused" and "separate" for f32 (see f32_gemm.py); for q8 those of epilogues.py, and "hybrid"
    pack          the kernel that packs weights which a run computes
    """

    type: str
    lanes: int
    tile_rows: tuple[int, ...]
    header_words: int
    dot: Dot | None = None
    step: int = 1
    suits: Callable[[int, int, int], bool] = _any_shape
    kernels: dict[str, Kernel] = field(default_factory=dict)
    pack: Kernel | None = None

    @property
    def name(self) -> str:
        shape = f"{self.mr}x{self.nr}"
        return shape if self.dot is None else f"{shape}x{self.kr}_{self.dot.name}"

    @property
    def vectors(self) -> int:
        return len(self.tile_rows) * self.step

    @property
    def mr(self) -> int:
        return self.tile_rows[-1]

    @property
    def nr(self) -> int:
        return self.vectors * self.lanes

    @property
    def kr(self) -> int:
        return self.dot.group if self.dot is not None else 1

    @property
    def max_rows(self) -> int:
        """The rows of the highest tile."""
        return max(self.tile_rows)

    def supports(self, cpu: Target) -> bool:
        """Whether a CPU can run it."""
        return self.lanes <= cpu.lanes and (self.dot is None or self.dot.supports(cpu))

    # ---- packing

    def panels(self, columns: int) -> list[tuple[slice, int]]:
        """The columns of each panel of a matrix, and its width; the last has the least that has room."""
        unit = self.lanes * self.step
        chosen = [slice(start, min(start + self.nr, columns)) for start in range(0, columns, self.nr)]
        return [(part, -(-(part.stop - part.start) // unit) * unit) for part in chosen]

    def panel_bytes(self, groups: int) -> int:
        """Bytes from one panel of a matrix to the next."""
        return self.nr * (self.header_words + groups) * 4

    def matrix_bytes(self, columns: int, groups: int) -> int:
        """Bytes of all panels of a matrix."""
        return sum(width for _, width in self.panels(columns)) * (self.header_words + groups) * 4

    def fill(self, memory: np.ndarray, words: np.ndarray, header: Callable[[slice, int], np.ndarray]) -> None:
        """Write a matrix, int32 words [columns, groups], as panels into int32 memory [matrix_bytes / 4].

        `header(columns, width)` returns the header_words * width words before a panel.
        """
        columns, groups = words.shape
        for part, width in self.panels(columns):
            start = part.start * (self.header_words + groups)
            panel = memory[start : start + width * (self.header_words + groups)]
            panel[: self.header_words * width] = header(part, width).view(np.int32)
            body = panel[self.header_words * width :].reshape(groups, width)
            body[:, : part.stop - part.start] = words[part].T


@device
def locate(a, unit):
    """The batch of a unit, its first row there, how many rows, and its chunk of panels."""
    block = unit // a.chunks
    batch = block // a.batch_blocks
    first = (block - batch * a.batch_blocks) * a.block_rows
    return batch, first, min(a.block_rows, a.rows - first), unit - block * a.chunks


def _make_panel(high: int, high_tile: Device, flat_tile: Device) -> Device:
    @device
    def panel(a, block, rows, row, weights, to, columns, scratch):
        """A block of rows, the first of which is `row` of all, times one panel; only `columns` of its columns exist."""
        if rows >= high:
            for first in range(0, rows, high):
                # The last tile overlaps the one before: what it computes twice comes out the same.
                r = min(first, rows - high)
                high_tile(a, block, r, row, weights, to, columns, scratch)
        else:
            for r in range(rows):
                flat_tile(a, block, r, row, weights, to, columns, scratch)

    return panel


def make_gemm(
    name: str, module: str, variant: Variant, block_rows: Device, make_tile: Callable[[int, int], Device], output: type,
    fields: dict[str, str],
) -> Kernel:  # fmt: skip
    """The kernel of a variant and a method.

    module      the one whose import makes the kernel
    block_rows  (a, input, first, rows, scratch) -> where a block's rows lie, `row_bytes` apart, in the input or gathered in scratch
    make_tile   (vectors, rows) -> a device (a, block, r, row, panel, to, columns, scratch), which multiplies `rows` rows of a block, from
                its row `r` on, by a panel, and writes them to `to`, where the block's first row goes (row `row` of the whole output)
    output      the numpy type of what it writes
    """
    step, nr = variant.lanes * variant.step, variant.nr

    def make_panel(width: int) -> Device:
        width = min(width, len(variant.tile_rows))
        rows, vectors = variant.tile_rows[width - 1], width * variant.step
        return _make_panel(rows, make_tile(vectors, rows), make_tile(vectors, 1))

    panel_1, panel_2, panel_3, panel_4 = map(make_panel, (1, 2, 3, 4))

    def gemm(a, lo, hi, scratch):
        for unit in range(lo, hi):
            batch, first, rows, chunk = locate(a, unit)
            matrix = a.matrices[batch] * a.groups
            row = batch * a.rows + first
            for group in range(a.groups):
                block = block_rows(a, a.input + a.input_offsets[batch] + group * a.group_bytes, first, rows, scratch)
                for p in range(chunk * a.chunk_panels, min((chunk + 1) * a.chunk_panels, (a.columns + nr - 1) // nr)):
                    weights = a.weights + (matrix + group) * a.group_weights + p * a.panel_bytes
                    to = simd.cast(a.output, output) + row * a.row_columns + group * a.columns + p * nr
                    columns = min(a.columns - p * nr, nr)
                    width = (columns + step - 1) // step
                    if width == 1:
                        panel_1(a, block, rows, row, weights, to, columns, scratch)
                    elif width == 2:
                        panel_2(a, block, rows, row, weights, to, columns, scratch)
                    elif width == 3:
                        panel_3(a, block, rows, row, weights, to, columns, scratch)
                    else:
                        panel_4(a, block, rows, row, weights, to, columns, scratch)

    gemm.__module__ = module
    return kernel(name, **GEMM_FIELDS, **fields)(gemm)
