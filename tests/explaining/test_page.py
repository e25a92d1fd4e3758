"""docs/explain.md: what it shows is what the command prints, and its table is what there is."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest
from click.testing import CliRunner

import tinylite
from tinylite.cli import main
from tinylite.explaining.site import explained

PAGE = Path(__file__).parent.parent.parent / "docs" / "explain.md"
DEMO = Path(tinylite.__file__).parent / "demo"


def printed() -> str:
    """What the command of the page prints, as wide as the page, with no spaces at the ends of lines."""
    arguments = ["explain", str(DEMO / "digits_uint8.tflite"), str(DEMO / "digit_3.png"), "--op", "3", "--at", "0,3"]
    result = CliRunner().invoke(main, arguments, env={"COLUMNS": "100"})
    assert result.exit_code == 0, result.stderr
    return "\n".join(line.rstrip() for line in result.stdout.splitlines())


def table() -> str:
    """Operators by the types that can be explained."""
    types = defaultdict(list)
    for code, type in sorted(explained()):
        types[code].append(type)
    rows = defaultdict(list)
    for code, found in types.items():
        rows[", ".join(sorted(found))].append(code)
    return "\n".join(f"| {', '.join(codes)} | {names} |" for names, codes in sorted(rows.items(), key=lambda row: -len(row[1])))


def test_the_example_is_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"^```text\n(.*?)\n```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert printed() == block


def test_the_table_of_operators_is_complete() -> None:
    assert f"| operators | types |\n| --- | --- |\n{table()}\n" in PAGE.read_text()


if __name__ == "__main__":  # python -m tests.explaining.test_page writes both into the page
    text = PAGE.read_text()
    text = re.sub(r"(?<=^```text\n)(.*?)(?=\n```)", lambda _: printed(), text, count=1, flags=re.DOTALL | re.MULTILINE)
    head = "| operators | types |\n| --- | --- |\n"
    start = text.index(head) + len(head)
    PAGE.write_text(text[:start] + table() + text[text.index("\n\n", start) :])
