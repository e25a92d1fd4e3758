"""Write docs/operators.md and tinylite/ops/operators.json, which `tinylite ops` shows: what tinylite runs, from the operators'
own files and the cases that test them.

Usage: python docs/make_operators.py [--check]
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.cases import Case  # noqa: E402
from tinylite import ops  # noqa: E402
from tinylite.ops import custom_ops  # noqa: E402

PAGE = ROOT / "docs" / "operators.md"
DATA = ROOT / "tinylite" / "ops" / "operators.json"
HEAD = """# Operators

The builtin operators that tinylite runs, by docs/make_operators.py from their files in `tinylite/ops/` and their tests. A
type is listed here if a test compares it with LiteRT's reference kernels; `A x B` is an input of type A with weights of type B,
and an INT8 or UINT8 of data that is moved but not computed with needs no scale. Every other operator is refused with its
name, version, types, graph and tensor; `tinylite inspect` shows such models all the same.

| operator | types | versions | |
| --- | --- | --- | --- |
"""


def types(cases: list[Case]) -> list[str]:
    """The types that the cases give their data inputs."""
    found = set()
    for case in cases:
        given = [t for t in case.inputs if t is not None]
        data = next((t for t in given if t.data is None), given[0])
        weights = [t.type for t in given if t.data is not None and t.type in ("INT8", "UINT8")]
        found.add(f"{data.type} x {weights[0]}" if weights and data.type == "FLOAT32" else data.type)
    return sorted(found)


def rows() -> list[dict[str, Any]]:
    """Name, types, highest version and meaning of every operator, builtin ones first."""
    found = []
    for package, folder in ((ops, "ops"), (custom_ops, "custom_ops")):
        for name in package.names():
            module = importlib.import_module(f"{package.__name__}.{name.lower()}")
            title, _, what = (module.__doc__ or "").split("\n\n")[0].partition(": ")
            if title.lower() != name.lower():
                sys.exit(f"{module.__file__}: its docstring must begin with the operator's name and a colon, as in 'FLOOR: ...'")
            operator = package.find(title)
            if operator is None:
                sys.exit(f"{module.__file__} must define the custom operator {title}, marked with @register")
            file = f"tests/{folder}/{name.lower()}.py"
            if not (ROOT / file).exists():
                sys.exit(f"{file} is missing: it must have CASES of {title}")
            cases: list[Case] = importlib.import_module(f"tests.{folder}.{name.lower()}").CASES
            found.append({
                "name": title, "custom": package is custom_ops, "types": types(cases), "versions": operator.max_version,
                "what": what.rstrip(".").replace("\n", " "),
            })  # fmt: skip
    return found


def page(found: list[dict[str, Any]]) -> str:
    lines = []
    for row in found:
        if not row["custom"]:
            what = row["what"].replace("|", "\\|")
            lines.append(f"| {row['name']} | {', '.join(row['types'])} | 1 to {row['versions']} | {what} |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    found = rows()
    contents = {PAGE: page(found), DATA: "[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n"}
    for target, content in contents.items():
        if sys.argv[1:] != ["--check"]:
            target.write_text(content)
        elif target.read_text() != content:
            sys.exit(f"{target.relative_to(ROOT)} is out of date: run python docs/make_operators.py")


if __name__ == "__main__":
    main()
