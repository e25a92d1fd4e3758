"""Commands of the command line are found by their files, and imported when they are asked for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tinylite import cli
from tinylite.cli import main
from tinylite.cli.base.group import CommandFolder

ROOT = Path(__file__).parent.parent
NEW = '''"""`tinylite count-ops`: how many ops a file has."""

import click


@click.command()
@click.argument("model")
def count_ops(model: str) -> None:
    """Count the ops of MODEL."""
    from ..model import Model

    click.echo(sum(len(graph.ops) for graph in Model.load(model).graphs))
'''
DIGITS = ROOT / "tinylite" / "demo" / "digits_uint8.tflite"


def test_a_command_is_a_file() -> None:
    files = {path.stem for path in (ROOT / "tinylite" / "cli").glob("*.py")} - {"__init__"}
    assert set(main.commands) == {file.replace("_", "-") for file in files}
    assert list(main.commands) == sorted(main.commands)
    for name, command in main.commands.items():
        assert command.name == name
        assert command.get_short_help_str(200).endswith(".")


def test_a_file_dropped_into_the_folder_is_a_command(tmp_path: Path) -> None:
    """In a copy of the package, which another process runs."""
    for name in ("tinylite", "schema", "kernels"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tinylite" / "cli" / "count_ops.py").write_text(NEW)

    def output(*arguments: str) -> str:
        command = [sys.executable, "-m", "tinylite", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert re.search(r"\n  count-ops +Count the ops of MODEL\.\n", output("--help"))
    assert int(output("count-ops", str(DIGITS))) > 3


def test_a_file_that_defines_no_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "idle_file.py").write_text("")
    monkeypatch.setattr(cli, "__path__", [*cli.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "tinylite.cli.idle_file", raising=False)
    with pytest.raises(NameError, match=r"idle_file.py must define the click command idle_file"):
        CommandFolder("tinylite.cli")["idle-file"]


def test_commands_can_be_added_and_removed() -> None:
    folder = CommandFolder("tinylite.cli")
    folder["extra"] = click.Command("extra")
    assert "extra" in folder and len(folder) == len(main.commands) + 1
    del folder["extra"]
    assert "extra" not in folder


def loaded(*arguments: str) -> set[str]:
    """The modules that a command line loads."""
    code = "import sys, atexit\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\nfrom tinylite.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("name", main.commands)
def test_help_of_a_command_imports_that_command_and_no_other(name: str) -> None:
    modules = loaded(name, "--help")
    file = name.replace("-", "_")
    assert {module for module in modules if module.startswith("tinylite.cli.")} - {f"tinylite.cli.{file}"} <= {
        "tinylite.cli.base", *(module for module in modules if module.startswith("tinylite.cli.base."))
    }  # fmt: skip
    assert not {"numpy", "rich", "tinylite.model", "tinylite.converter"} & modules


def test_help_imports_no_part_of_the_library() -> None:
    modules = {module for module in loaded("--help") if module.startswith("tinylite.") and not module.startswith("tinylite.cli")}
    modules = {module for module in modules if not module.startswith("tinylite.arithmetic.")}
    assert modules <= {"tinylite.arithmetic", "tinylite.errors", "tinylite.text"}  # of the ground, which imports nothing else


@pytest.mark.skipif(not hasattr(click, "NoSuchCommand"), reason="this click suggests no commands")
def test_near_names_of_an_unknown_command_are_suggested() -> None:
    done = CliRunner().invoke(main, ["inspct"])
    assert done.exit_code == 2
    assert "Did you mean 'inspect'?" in done.stderr
