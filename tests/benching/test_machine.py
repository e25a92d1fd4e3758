"""What a machine says of itself, and whether figures of two can be compared."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tinylite.benching.machine import Machine
from tinylite.benching.result import Bench, Settings

from .made import MACHINE


def _system(root: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


def test_here(tmp_path: Path) -> None:
    here = Machine.here()
    assert here.cpu and here.cores >= here.usable_cores >= 1 and here.versions["numpy"]
    assert here.target in str(here) and here.cpu in str(here) and here.versions["tinylite"] in str(here)
    assert here.differences(here) == here.conditions(here) == []
    bench = Bench(here, Settings(1.0, 0.01), [], "2026-01-01T00:00:00+00:00")
    bench.save(tmp_path / "bench.json")
    assert Bench.load(tmp_path / "bench.json").machine == here


@pytest.mark.parametrize(("listed", "threads"), [("0", 1), ("0,4", 2), ("0-1", 2), ("0-1,8-9", 4), ("", None), ("none", None)])
def test_threads_of_a_core(tmp_path: Path, listed: str, threads: int | None) -> None:
    root = _system(tmp_path, {"sys/devices/system/cpu/cpu0/topology/thread_siblings_list": listed + "\n"})
    assert Machine.here(root).threads_per_core == threads


@pytest.mark.parametrize(
    ("name", "text", "turbo"),
    [
        ("sys/devices/system/cpu/cpufreq/boost", "1", True), ("sys/devices/system/cpu/cpufreq/boost", "0", False),
        ("sys/devices/system/cpu/intel_pstate/no_turbo", "1", False), ("sys/devices/system/cpu/intel_pstate/no_turbo", "0", True),
        ("elsewhere", "1", None),
    ],
)  # fmt: skip
def test_turbo(tmp_path: Path, name: str, text: str, turbo: bool | None) -> None:
    assert Machine.here(_system(tmp_path, {name: text})).turbo is turbo


def test_governor_and_virtual(tmp_path: Path) -> None:
    nothing = Machine.here(str(tmp_path))
    assert (nothing.governor, nothing.virtual, nothing.turbo, nothing.threads_per_core) == ("", None, None, None)
    root = _system(
        tmp_path,
        {
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
            "proc/cpuinfo": "processor : 0\nflags : fpu hypervisor\n",
        },
    )
    assert Machine.here(root).governor == "performance" and Machine.here(root).virtual is True
    assert Machine.here(_system(tmp_path, {"proc/cpuinfo": "processor : 0\nflags : fpu\n"})).virtual is False


def test_headline() -> None:
    assert str(MACHINE) == (
        "x86_64 Some CPU (family 6, model 1), 4 of 8 threads, 2 a core, avx2, virtual machine, governor powersave, turbo on; "
        "tinylite 1.0, numpy 2.4, Python 3.12.1"
    )
    assert "4 of 8 cores, avx2;" in str(dataclasses.replace(MACHINE, threads_per_core=1, virtual=None, governor="", turbo=None))


def test_differences() -> None:
    other = dataclasses.replace(
        MACHINE, cpu="x86_64 Other", target="avx512", turbo=False, usable_cores=2, versions={"tinylite": "1.1", "numpy": "2.5"}
    )
    assert MACHINE.differences(other) == [
        "the CPU was x86_64 Some CPU (family 6, model 1) and is x86_64 Other",
        "the target was avx2 and is avx512",
    ]
    assert MACHINE.conditions(other) == [
        "number of usable cores was 4 and is 2", "turbo was True and is False", "numpy was 2.4 and is 2.5"
    ]  # fmt: skip
