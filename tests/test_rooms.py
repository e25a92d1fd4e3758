"""Rooms and what they import, as docs/architecture.md says it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from .test_package import ROOT, modules

PAGE = ROOT / "docs" / "architecture.md"
# Of kernels, these rooms may only import what binds and runs them; operators choose them, and import them while they prepare.
DOORS = {
    "memory": {"executor"},
    "engine": {"cpu", "executor", "interrupt", "kernel", "probes", "store"},
    "interpreter": {"cpu"},
}
# Public names are loaded when they are first used; type checkers learn where they are.
FACES = {"tinylite", "tinylite.__main__"}


class Room(NamedTuple):
    """A row of the table: its place from above, the files or folders, and the packages from outside that they may import."""

    place: int
    name: str
    outside: set[str]


def _table() -> dict[str, Room]:
    """The rooms by the first part of the names of their modules: "schema", "errors", ..."""
    text = PAGE.read_text().split("\n## Rooms\n")[1].split("\n## ")[0]
    rows = [row.strip("|").split("|") for row in text.splitlines() if row.startswith("| `")]
    found = {}
    for place, (names, _, outside) in enumerate(rows):
        for name in re.findall(r"`([^`]+)`", names):
            found[name.strip("/").removesuffix(".py")] = Room(place, names.strip(), set(re.findall(r"\w+", outside)))
    return found


ROOMS = _table()
MODULES = set(modules())


def file_of(module: str) -> Path:
    parts = module.split(".")[1:]
    base = ROOT.joinpath(*parts) if parts[:1] in (["schema"], ["kernels"]) else ROOT.joinpath("tinylite", *parts)
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def imports(module: str) -> Iterator[tuple[str, int]]:
    """All that a module imports, by full names and with the line: in functions too, and what only type checkers see."""
    path = file_of(module)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield (f"{source}.{alias.name}" if f"{source}.{alias.name}" in MODULES else source), node.lineno


def room_of(module: str) -> Room:
    name = module.split(".")[1]
    assert name in ROOMS, f"{module} is in no room that docs/architecture.md lists"
    return ROOMS[name]


def test_the_table_is_read() -> None:
    assert len({room.place for room in ROOMS.values()}) > 15
    assert ROOMS["schema"].place == 0 and "tensorflow" in ROOMS["freezing"].outside and ROOMS["errors"] == ROOMS["limits"]


@pytest.mark.parametrize("room", sorted({room.name for room in ROOMS.values()}))
def test_a_room_imports_only_rooms_above_it(room: str) -> None:
    broken = []
    for module in MODULES - FACES:
        mine = room_of(module)
        if mine.name != room:
            continue
        for name, line in imports(module):
            top = name.split(".")[0]
            if top == "tinylite" and "." in name:
                other = room_of(name)
                if other.place > mine.place:
                    broken.append(f"{module}, line {line}: {mine.name} is above {other.name} and may not import {name}")
            elif top != "tinylite" and top not in sys.stdlib_module_names and top not in mine.outside:
                broken.append(f"{module}, line {line}: {mine.name} may not import the package {top}")
    assert not broken, "\n".join(broken)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {name for name, _ in imports(module) if name in MODULES and name != module} for module in MODULES - FACES}
    done: set[str] = set()
    for start in sorted(graph):
        way: list[str] = []
        waiting = [(start, iter(sorted(graph[start])))]
        while waiting:
            module, following = waiting[-1]
            if module not in way:
                way.append(module)
            for name in following:
                if name in way:
                    pytest.fail(f"these import each other in a circle: {' -> '.join([*way[way.index(name) :], name])}")
                if name not in done and name in graph:
                    waiting.append((name, iter(sorted(graph[name]))))
                    break
            else:
                done.add(module)
                way.remove(module)
                waiting.pop()


@pytest.mark.parametrize("room", DOORS)
def test_rooms_reach_kernels_by_their_doors(room: str) -> None:
    for module in MODULES:
        if module.split(".")[1:2] == [room]:
            for name, line in imports(module):
                if name.startswith("tinylite.kernels"):
                    assert name.split(".")[-1] in DOORS[room], f"{module}, line {line}: {room} may not import {name}"


def test_operators_reach_kernels_only_while_they_prepare() -> None:
    """So that a program that looks at operators loads no compiler."""
    for path in (ROOT / "tinylite" / "ops").rglob("*.py"):
        top = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
        assert not any("kernels" in (node.module or "") for node in top), path
