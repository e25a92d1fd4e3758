"""The docs: their Python runs, their links lead somewhere, their tables and trees are the code's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import tinylite
from tinylite import errors, ops
from tinylite.arithmetic import ARITHMETICS
from tinylite.cli import main
from tinylite.quantize import POLICIES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
DIGITS = ROOT / "tinylite" / "demo" / "digits_uint8.tflite"


@pytest.mark.parametrize("page", [page for page in PAGES if not page.name.startswith("guide-")], ids=lambda page: page.name)
def test_python_in_the_docs_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a page in order, in an empty folder; `path` is the model that ships with tinylite. Guides: test_guides.py."""
    monkeypatch.chdir(tmp_path)
    opened = re.findall(r"^ *```(.*)$", page.read_text(), re.MULTILINE)[::2]
    assert {*opened} <= {"python", "bash", "text"}, "blocks in python are run, and those in text are not"
    names: dict[str, object] = {"path": DIGITS}
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
        exec(compile(block, page.name, "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_files_in_the_docs_exist(page: Path) -> None:
    text = page.read_text()
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (page.parent / link).exists(), link
    named = re.findall(r"`((?:tests|tinylite|kernels|schema|docs|benchmarks)/[\w./]*)`", text)
    for block in re.findall(r"^```(?:bash|text)?\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        named += re.findall(r"^(?:\S+/)?python .*?((?:tests|tinylite|kernels|schema|docs|benchmarks)/[\w./]+)", block, re.MULTILINE)
    for name in named:
        assert (ROOT / name).exists(), name


def test_the_operator_table_is_in_step() -> None:
    subprocess.run([sys.executable, str(ROOT / "docs" / "make_operators.py"), "--check"], check=True)
    text = (ROOT / "docs" / "operators.md").read_text()
    assert all(f"| {name} |" in text for name in ops.names())


def test_every_public_name_is_in_the_api() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    drawn = {*re.findall(r"[├└]── (\w+)", text), *re.findall(r"`(\w+)[`(.]", text)}
    assert {*tinylite.__all__} - {"__version__", "compat"} <= drawn


def test_arithmetics_and_policies_are_where_they_are_explained_and_in_the_command_line() -> None:
    """A row of a table for each, by name; `--arithmetic` and `--quantizer_policy` take them all."""
    numerics, quantization = ((ROOT / "docs" / name).read_text() for name in ("numerics.md", "quantization.md"))
    assert [name for name in ARITHMETICS if f"\n| `{name}`" not in numerics] == []
    (row,) = re.findall(r"^\| `--arithmetic` .*", (ROOT / "docs" / "cli.md").read_text(), re.MULTILINE)
    assert [name for name in ARITHMETICS if f"`{name}`" not in row] == []
    assert [name for name in POLICIES if f"| `{name}`" not in quantization] == []
    choices = {option.name: option.type.choices for name in ("run", "convert") for option in main.commands[name].params
               if isinstance(option.type, click.Choice)}  # fmt: skip
    assert sorted(choices["arithmetic"]) == sorted(ARITHMETICS)
    assert sorted(choices["quantizer_policy"]) == sorted(POLICIES), "--quantizer_policy lists policies in tinylite/cli/convert.py"


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    """In the module and in docs/api.md, every error once, with its built-in base."""
    for text in (errors.__doc__ or "", (ROOT / "docs" / "api.md").read_text()):
        drawn = dict(re.findall(r"[├└]── (\w+)(?: \((\w+)\))?", text))
        assert sorted([*drawn, "TinyliteError"]) == errors.__all__
        for name, base in drawn.items():
            assert not base or base in [kind.__name__ for kind in getattr(errors, name).__mro__]


def test_example_of_the_guide_is_the_file_that_it_names() -> None:
    guide = (ROOT / "docs" / "adding-an-operator.md").read_text()
    assert (ROOT / "tinylite" / "ops" / "floor.py").read_text() in guide


def test_every_command_and_option_is_explained() -> None:
    """Each command in a section of its name, with its options."""
    page = (ROOT / "docs" / "cli.md").read_text()
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE))
    for name, command in main.commands.items():
        assert name in sections, f"docs/cli.md has no section '## {name}'"
        assert re.search(rf"^tinylite {name}\b.* {{2}}", page, re.MULTILINE), f"the list at the top of docs/cli.md lacks {name}"
        parts = command.commands.values() if isinstance(command, click.Group) else [command]
        for option in (option for part in parts for option in part.params):
            if isinstance(option, click.Option):
                assert any(f"`{opt}`" in sections[name] for opt in (*option.opts, *option.secondary_opts)), (name, option.opts)
