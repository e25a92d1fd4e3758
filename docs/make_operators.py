"""Write docs/operators.md: what tinylite runs, from the operators' own files and the cases that test them.

Usage: python docs/make_operators.py [--check]
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.cases import Case  # noqa: E402
from tinylite import ops  # noqa: E402

TARGET = ROOT / "docs" / "operators.md"
HEAD = """# Operators

The builtin operators that tinylite runs, by docs/make_operators.py from their files in `tinylite/ops/` and their tests. A
type stands here if a test compares it with LiteRT's reference kernels; `A x B` is an input of type A with weights of type B,
and an INT8 or UINT8 of data that is moved but not computed with needs no scale. Every other operator is refused with its
name, version, types, graph and tensor; `tinylite inspect` shows such models all the same.

| operator | types | versions | |
| --- | --- | --- | --- |
"""


def types(cases: list[Case]) -> str:
    """The types that the cases give their data inputs."""
    found = set()
    for case in cases:
        given = [t for t in case.inputs if t is not None]
        data = next((t for t in given if t.data is None), given[0])
        weights = [t.type for t in given if t.data is not None and t.type in ("INT8", "UINT8")]
        found.add(f"{data.type} x {weights[0]}" if weights and data.type == "FLOAT32" else data.type)
    return ", ".join(sorted(found))


def table() -> str:
    lines = []
    for name in ops.names():
        operator = ops.find(name)
        module = importlib.import_module(f"tinylite.ops.{name.lower()}")
        cases: list[Case] = importlib.import_module(f"tests.ops.{name.lower()}").CASES
        what = (module.__doc__ or "").split("\n\n")[0].partition(": ")[2].rstrip(".").replace("\n", " ").replace("|", "\\|")
        lines.append(f"| {name} | {types(cases)} | 1 to {operator.max_version} | {what} |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    content = table()
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text() != content:
            sys.exit("docs/operators.md is out of date: run python docs/make_operators.py")
    else:
        TARGET.write_text(content)


if __name__ == "__main__":
    main()
