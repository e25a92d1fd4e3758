"""Other runtimes of .tflite files, to compare with: one file a runtime, named after it.

`tinylite/golden/runtimes/litert_builtin.py` defines the runtime "litert-builtin" as `RUNTIME`; what several share is in
`tinylite/golden/runtimes/base/`. Nothing lists them: each is found by its file. Their packages are optional, and only imported in the
process that a runtime runs in.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base.runtime import Runtime

__all__ = ["load", "names"]


def names() -> list[str]:
    """The names of all runtimes, whether their packages are installed or not."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__) if not module.ispkg)


def load(name: str) -> Runtime:
    """The runtime of a name. Raises NameError for a file that does not define it."""
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    runtime: Runtime | None = getattr(module, "RUNTIME", None)
    if runtime is None:
        raise NameError(f"{module.__file__} must define RUNTIME")
    return runtime
