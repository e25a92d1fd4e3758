"""What is timed: tinylite, and what it may be timed beside, by the names that --against takes."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import MissingPackageError, SettingError, nearest, quoted
from ..files.io import current_directory
from ..kernels.cpu import available

__all__ = ["ABOUT", "Timed", "baselines", "check_cpu", "tinylite_itself"]

# What --help says of each. A name with a colon takes what follows it.
ABOUT = {
    "xnnpack": "LiteRT as it is by default, with XNNPACK",
    "litert-builtin": "LiteRT's optimized kernels, without XNNPACK",
    "reference": "LiteRT's reference kernels",
    "tflm": "TensorFlow Lite Micro",
    "cpu:NAME": "tinylite on another kind of vector unit, such as cpu:avx2",
    "python:PATH": "what another Python has installed: tinylite, LiteRT or TensorFlow",
    "FILE.tflite": "another model, run by tinylite",
}
_MODULES = {"xnnpack": "ai_edge_litert", "litert-builtin": "ai_edge_litert", "reference": "ai_edge_litert", "tflm": "tflite_micro"}
_PACKAGES = {"ai_edge_litert": "ai-edge-litert", "tflite_micro": "tflite-micro"}


@dataclass(frozen=True)
class Timed:
    """Something that runs a model: its name in tables, the runtime, and where it is not the same: the Python, CPU target or model."""

    name: str
    runtime: str
    python: str | None = None
    cpu: str = ""
    arithmetic: str = ""
    model: str | None = None

    @property
    def process(self) -> tuple[str | None, str, bool]:
        """Those that have this in common run in one process, in turn. TensorFlow Lite Micro ends its process for what it refuses."""
        return self.python, self.cpu, self.runtime == "tflm"


def tinylite_itself(arithmetic: str = "", cpu: str = "") -> Timed:
    """The first of each row."""
    return Timed("tinylite", "tinylite", cpu=check_cpu(cpu), arithmetic=arithmetic)


def baselines(against: Iterable[str], arithmetic: str = "", cpu: str = "") -> list[Timed]:
    """What names mean, in their order. Raises SettingError for names that mean nothing, and MissingPackageError."""
    found: list[Timed] = []
    for name in against:
        if not isinstance(name, str):
            raise SettingError(f"against has {quoted(name)}", f"Give {_choices()}")
        found.append(_baseline(name.strip(), arithmetic, cpu))
    names = ["tinylite", *(each.name for each in found)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingError(f"{twice!r} is to be timed twice", "Give each baseline once; python:PATH times tinylite beside itself")
    return found


def _baseline(name: str, arithmetic: str, cpu: str) -> Timed:
    kind, colon, rest = name.partition(":")
    if kind == "python" and colon:
        path = shutil.which(os.path.expanduser(rest))
        if path is None:
            raise SettingError(f"{name}: there is no program {quoted(rest)}", "Give the path of a Python, such as python:.venv/bin/python")
        return Timed(name, "any", python=os.path.abspath(path), cpu=cpu, arithmetic=arithmetic)
    if kind == "cpu" and rest:
        return Timed(name, "tinylite", cpu=check_cpu(rest), arithmetic=arithmetic)
    if name in _MODULES:
        module = _MODULES[name]
        if importlib.util.find_spec(module) is None:
            package = _PACKAGES[module]
            raise MissingPackageError(f"{name} needs the package {package}, which is not installed", f"Install it: pip install {package}")
        return Timed(name, name, cpu=cpu)
    if os.path.splitext(name)[1].lower() in (".tflite", ".lite"):
        if not os.path.isfile(name):
            raise SettingError(f"{name}: there is no such file to time beside", current_directory())
        return Timed(name, "tinylite", cpu=cpu, arithmetic=arithmetic, model=name)
    if name in ("litert", "tflite"):
        raise SettingError(f"{name!r} may be three things", "Say xnnpack, which is LiteRT's default, litert-builtin or reference")
    remedy = nearest(name, [*_MODULES, "cpu:avx2", "python:"])
    raise SettingError(f"{quoted(name)} is no baseline", f"{f'{remedy}. ' if remedy else ''}Give {_choices()}")


def _choices() -> str:
    return ", ".join(ABOUT)


def check_cpu(name: str) -> str:
    """A target of kernels that this CPU runs, or "" for the best. Raises SettingError for another."""
    names: Sequence[str] = [target.name for target in available()]
    if name and name not in names:
        raise SettingError(f"{quoted(name)} is none of the targets that this CPU runs", f"They are {', '.join(names)}")
    return name
