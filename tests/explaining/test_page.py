"""docs/explain.md: what it shows is what the command prints, and its table is what there is."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from click.testing import CliRunner

import tinylite
from tinylite.cli import main
from tinylite.explaining.site import explained

PAGE = Path(__file__).parent.parent.parent / "docs" / "explain.md"
DEMO = Path(tinylite.__file__).parent / "demo"


def printed() -> list[str]:
    """What the commands of the page print, as wide as the page, with no spaces at the ends of lines; of the second the last two tables."""
    found = []
    for command in re.findall(r"^```bash\ntinylite (explain .*?)\n```", PAGE.read_text(), re.DOTALL | re.MULTILINE):
        arguments = [str(DEMO / word) if (DEMO / word).is_file() else word for word in command.replace("\\\n", " ").split()]
        result = CliRunner().invoke(main, arguments, env={"COLUMNS": "100"})
        assert result.exit_code == 0, result.stderr
        found.append("\n".join(line.rstrip() for line in result.stdout.splitlines()))
    return [found[0], found[1][found[1].index("side by side") :]]


def table() -> str:
    """Operators by the types that can be explained."""
    types = defaultdict(list)
    for code, type in sorted(explained()):
        types[code].append(type)
    rows = defaultdict(list)
    for code, found in types.items():
        rows[", ".join(sorted(found))].append(code)
    return "\n".join(f"| {', '.join(codes)} | {names} |" for names, codes in sorted(rows.items(), key=lambda row: -len(row[1])))


def test_the_examples_are_what_is_printed() -> None:
    assert printed() == re.findall(r"^```text\n(.*?)\n```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def test_the_table_of_operators_is_complete() -> None:
    assert f"| operators | types |\n| --- | --- |\n{table()}\n" in PAGE.read_text()


if __name__ == "__main__":  # python -m tests.explaining.test_page writes both into the page
    text = PAGE.read_text()
    blocks = iter(printed())
    text = re.sub(r"(?<=^```text\n)(.*?)(?=\n```)", lambda _: next(blocks), text, flags=re.DOTALL | re.MULTILINE)
    head = "| operators | types |\n| --- | --- |\n"
    start = text.index(head) + len(head)
    PAGE.write_text(text[:start] + table() + text[text.index("\n\n", start) :])
