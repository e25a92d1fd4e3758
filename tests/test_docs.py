"""The docs: their Python runs, their links lead somewhere, their tables and trees are the code's."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tinylite import errors, ops

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DIGITS = ROOT / "tinylite" / "demo" / "digits_uint8.tflite"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_in_the_docs_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a page in order, in an empty folder; `path` is the model that ships with tinylite."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"path": DIGITS}
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
        exec(compile(block, page.name, "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_files_in_the_docs_exist(page: Path) -> None:
    text = page.read_text()
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (page.parent / link).exists(), link
    for name in re.findall(r"`((?:tests|tinylite|kernels|schema|docs|benchmarks)/[\w./]*)`", text):
        assert (ROOT / name).exists(), name


def test_the_operator_table_is_in_step() -> None:
    subprocess.run([sys.executable, str(ROOT / "docs" / "make_operators.py"), "--check"], check=True)
    text = (ROOT / "docs" / "operators.md").read_text()
    assert all(f"| {name} |" in text for name in ops.names())


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


def test_every_option_is_explained() -> None:
    import click

    from tinylite.cli import main

    page = (ROOT / "docs" / "cli.md").read_text()
    for command in main.commands.values():
        for option in command.params:
            if isinstance(option, click.Option):
                assert any(f"`{name}`" in page for name in (*option.opts, *option.secondary_opts)), option.opts
