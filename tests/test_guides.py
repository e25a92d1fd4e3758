"""The guides, from the first line to the last: their commands run, and print what the guide says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .test_package import ROOT

GUIDES = sorted((ROOT / "docs").glob("guide-*.md"))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)


def matches(printed: str, wanted: str) -> bool:
    """Whether lines are those of the guide, where a line of three dots stands for any number of them."""
    parts = [part.strip("\n") for part in re.split(r"^\.\.\.$", wanted, flags=re.MULTILINE)]
    pattern = ".*?".join(re.escape("\n".join(line.rstrip() for line in part.splitlines())) for part in parts)
    return re.fullmatch(rf"\n*{pattern}\n*", "\n".join(line.rstrip() for line in printed.splitlines()), re.DOTALL) is not None


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_does_what_it_says(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "TINYLITE_QUIET": "1"}
    environment.pop("CI", None)
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "tinylite").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tinylite "$@"\n')
    (bin / "tinylite").chmod(0o755)
    environment["PATH"] = f"{bin}{os.pathsep}{path}"
    for kind, content, wanted in BLOCK.findall(page.read_text()):
        if kind == "text":
            continue
        if "iverilog" in content and shutil.which("iverilog") is None:
            pytest.skip("iverilog is not installed, and the rest of the guide goes on with what it computes")
        if "ai_edge_litert" in content or "--with tflm" in content:
            pytest.importorskip("tflite_micro" if "tflm" in content else "ai_edge_litert")
        command = [sys.executable, "-c", content] if kind == "python" else ["bash", "-c", content]
        done = subprocess.run(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if wanted:
            assert matches(done.stdout, wanted), f"{content}\nprinted\n{done.stdout}\nand the guide says\n{wanted}"
        else:
            assert done.returncode == 0, f"{content}\n{done.stdout}"
