"""Which run of a model something in a log is of, where the log does not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ...golden import Golden

__all__ = ["in_runs"]


def in_runs(names: Iterable[str], golden: Golden) -> list[tuple[str, int]]:
    """Each name with the number of its run: one ends where what it has logged is logged again.

    "input" and "output" are those of the next position, as many as the golden has: "output_0", "output_1", ... An input after an
    output begins a run.
    """
    roles = Counter(tensor.role for tensor in golden.tensors)
    found: list[tuple[str, int]] = []
    run, before = 0, ""
    seen: Counter[str] = Counter()
    for name in names:
        again = seen[name] >= (roles[name] if name in ("input", "output") else 1)
        if again or (name == "input" and before == "output"):
            run, seen = run + 1, Counter()
        found.append((f"{name}_{seen[name]}" if name in ("input", "output") else name, run))
        seen[name] += 1
        before = name
    return found
