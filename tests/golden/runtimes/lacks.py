"""Is installed, and needs what is not."""

from __future__ import annotations

from typing import Any

from tinylite.golden.runtimes.base.runtime import Runtime


def _run(content: bytes, inputs: list[Any], wanted: list[int], say: Any) -> Any:
    import nowhere  # type: ignore[import-not-found]  # noqa: F401

    return [], {}


RUNTIME = Runtime("lacks", "numpy", "numpy", _run)
