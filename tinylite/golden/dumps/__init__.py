"""What devices, simulators and other tools have written, to compare with a golden: one file a format.

`tinylite/golden/dumps/npz.py` defines the format of .npz files as `FORMAT`; what several share is in `tinylite/golden/dumps/base/`.
Nothing lists them: each is found by its file. Files of the extensions that a format names are its own; of others the formats are asked
whether they look so, in the order of their names.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from typing import TYPE_CHECKING

from ...errors import FileError
from ...files.io import ends_of

if TYPE_CHECKING:
    from .base.entry import Format

__all__ = ["format_of", "formats"]

_HEAD = 1 << 16  # bytes that a format is recognized by


def formats() -> dict[str, Format]:
    """All formats by name. Raises NameError for a file that does not define its format."""
    found: dict[str, Format] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg):
        module = importlib.import_module(f"{__name__}.{name}")
        if not hasattr(module, "FORMAT"):
            raise NameError(f"{module.__file__} must define FORMAT")
        found[name] = module.FORMAT
    return found


def format_of(path: str) -> Format:
    """The format of a file or folder. Raises FileError, without the path, for what is not there and for what is of none."""
    folder = os.path.isdir(path)
    known = [each for each in formats().values() if each.folder == folder]
    head, extension = b"", os.path.splitext(path)[1].lower()
    if not folder:
        head, _ = ends_of(path, _HEAD, 0)
        for each in known:
            if extension in each.extensions:
                return each
    for each in known:
        if each.holds(path, head):
            return each
    listed = ", ".join(sorted({extension for each in known for extension in each.extensions}))
    raise FileError("it is not a dump of a format that is known", f"Name files by their format: {listed}")
