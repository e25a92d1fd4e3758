"""Folders of `tinylite vectors` as dumps: every format is read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinylite
from tinylite import golden
from tinylite.errors import FileError
from tinylite.test_vectors import formats

from ..small_models import DEMO
from .test_runtimes import two_layers

DIGITS = DEMO / "digits_uint8.tflite"
OF_OPS = ["cmsis"]  # formats that hold no whole models


@pytest.mark.parametrize("format", formats.names())
@pytest.mark.parametrize("cases", [1, 2])
def test_every_format_agrees_with_a_golden(format: str, cases: int, tmp_path: Path) -> None:
    model = two_layers()
    kept = golden.record(model, cases=cases, seed=3, layers=True)
    if format not in OF_OPS:
        tinylite.vectors(model, tmp_path / "whole", format=format, cases=cases, seed=3)
        report = golden.check(kept, model, using=str(tmp_path / "whole"))
        assert report.passes and report.compared == cases, report.text()
    tinylite.vectors(model, tmp_path / "ops", format=format, each=True, cases=cases, seed=3)
    report = golden.check(kept, model, using=str(tmp_path / "ops"))
    assert report.passes and report.compared == 3 * cases, report.text()  # what an op that is left out writes, another reads


@pytest.mark.parametrize("format", ["bin", "csv", "memh", "npy", "npz"])
def test_a_device_may_write_files_of_the_same_names(format: str, tmp_path: Path) -> None:
    """Without the manifest, which says what tinylite has written; inputs of ops are not the model's."""
    kept = golden.record(DIGITS, cases=2, layers=True)
    for name, each, compared in (("whole", False, 2), ("ops", True, 10)):
        tinylite.vectors(DIGITS, tmp_path / name, format=format, each=each, cases=2)
        (tmp_path / name / "manifest.json").unlink()
        report = golden.check(kept, DIGITS, using=str(tmp_path / name))
        assert report.passes and report.compared == compared, report.text()


def test_words_of_a_bus_beside_the_layout(tmp_path: Path) -> None:
    kept = golden.record(DIGITS, cases=1)
    tinylite.vectors(DIGITS, tmp_path / "bus", format="memh", bus=128, lanes="msb-first")
    (tmp_path / "bus" / "output.memh").rename(tmp_path / "bus" / "dut_7.memh")
    report = golden.check(kept, DIGITS, using=str(tmp_path / "bus" / "dut_7.memh"))
    assert report.passes and report.compared == 1


def test_folders_that_were_changed_or_are_of_other_runs(tmp_path: Path) -> None:
    kept = golden.record(DIGITS, cases=2)
    folder = tmp_path / "vectors"
    tinylite.vectors(DIGITS, folder, format="npy", cases=2, seed=100)
    with pytest.raises(FileError, match="run on other inputs than the golden's: of input 'picture' in case 0"):
        golden.check(kept, DIGITS, using=str(folder))
    np.save(folder / "output_case0.npy", np.zeros((1, 10), np.uint8))
    with pytest.raises(FileError, match=r"vectors.*output_case0\.npy: its SHA-256 is not the one in the manifest"):
        golden.check(kept, DIGITS, using=str(folder))
    (folder / "manifest.json").write_text('{"format": "tinylite test vectors"')
    with pytest.raises(FileError, match=r"manifest\.json: it is not JSON"):
        golden.check(kept, DIGITS, using=str(folder))
    (folder / "manifest.json").write_text("[]")  # of somebody else
    with pytest.raises(FileError, match="run on other inputs"):
        golden.check(kept, DIGITS, using=str(folder))
