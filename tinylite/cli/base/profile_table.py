"""The table of the time of each op, which several commands show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .terminal import console, shown

if TYPE_CHECKING:
    from ...report.profile import Profile

__all__ = ["show_profile"]


def show_profile(found: Profile) -> None:
    """Print it."""
    from rich.table import Table

    total = sum(op.seconds for op in found.ops)
    title = f"time of each op, the median of {found.runs} runs"
    table = Table("op", "operator", "output", "kernels", "µs", "%", title=title, title_justify="left")
    for column in (4, 5):
        table.columns[column].justify = "right"
    for op in found.ops:
        shape = "x".join(map(str, op.shape))
        table.add_row(
            str(op.index), shown(op.name), shape, " ".join(op.kernels), f"{op.seconds * 1e6:.1f}", f"{100 * op.seconds / total:.1f}"
        )
    table.caption = f"ops {total * 1e6:.1f} µs one by one; the whole model {found.seconds * 1e6:.1f} µs in one call"
    table.caption_justify = "left"
    console().print(table)
