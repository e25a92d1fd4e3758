"""Write the broken files of this folder, and the error that each leads to: `python -m tests.broken.make`, then read the diff.

Each function marked `broken` in the modules here is one file: its name is the file's, its docstring says how that is broken.
expected.json has the errors.
"""

from __future__ import annotations

import json
from pathlib import Path

from . import files, graphs, ops, references, tensors  # noqa: F401, they fill MAKERS
from .sound import MAKERS

FOLDER = Path(__file__).parent


def main() -> None:
    from ..test_broken import failure

    for old in FOLDER.glob("*.tflite"):
        old.unlink()
    expected = {}
    for name, make in MAKERS.items():
        path = FOLDER / f"{name}.tflite"
        path.write_bytes(make())
        error = failure(path)
        expected[path.name] = {"error": type(error).__name__, "message": str(error).replace(str(path), "FILE")}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
