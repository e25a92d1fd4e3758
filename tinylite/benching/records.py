"""What a benchmark stores: rows of measurements, the machine and the settings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..report.memory import MemoryUse
from ..report.profile import Profile
from .estimates import Estimate
from .machine import Machine

__all__ = ["BenchRow", "Figures", "Measurement", "Settings"]

_QUANTIZATION = re.compile(r"@[^ ]+|~[^ ]+| ->.*")  # in the line of an op


@dataclass
class Measurement:
    """What one runtime took for a row's model.

    name       as `against` names it: "tinylite", "xnnpack", "reference", "python:/path", a file's name
    version    of the package that ran, and where it is not this environment's, where from
    seconds    of one run
    ratio      the seconds of the row's first measurement divided by these, of rounds that ran in turn; None for the first
    agreement  how the first measurement's outputs compare with these: "same bits", "within 3e-07", "differs: ..."; "" for the first
    refused    why nothing was measured; "" where it was
    launches   seconds of one run in each round, by launch: a launch is a fresh interpreter, or a fresh process
    memory     bytes by what they are for, such as "peak", "arena", "weights", "packed"; only if asked for
    """

    name: str
    version: str = ""
    seconds: Estimate | None = None
    ratio: Estimate | None = None
    agreement: str = ""
    refused: str = ""
    launches: list[list[float]] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)


@dataclass
class BenchRow:
    """One model or op, timed in one way. The first of `measurements` is tinylite's, the others are baselines.

    kind        "model", "op", "start" (a process, from its start to the first output) or "first run" (a start with no kernels stored)
    digest      SHA-256 of the model's bytes, in hexadecimal
    count       how often a model has an op like this
    shapes      of the inputs by their names
    operations  additions and multiplications of a run: "float", "8-bit", ...
    peak_share  of what the machine attains in arithmetic, from 0 to 1; None where it was not asked for or there are no operations
    noise       why the figures should be doubted: a sentence for each reason
    profile     tinylite's time op by op, and `plan` its memory, if they were asked for
    part_of     the model that an op was cut out of; "" for others
    verified    of an op, how its outputs compare with LiteRT's reference kernels'; "" where that was not asked
    """

    name: str
    kind: str
    digest: str
    measurements: list[Measurement]
    threads: int = 1
    batch: int | None = None
    count: int = 1
    shapes: dict[str, list[int]] = field(default_factory=dict)
    operations: dict[str, int] = field(default_factory=dict)
    peak_share: float | None = None
    noise: list[str] = field(default_factory=list)
    profile: Profile | None = None
    plan: MemoryUse | None = None
    part_of: str = ""
    verified: str = ""

    @property
    def title(self) -> str:
        """The name as tables show it: of an op without scales and zero points, which its line has to say."""
        return _QUANTIZATION.sub("", self.name) if self.kind == "op" else self.name

    @property
    def label(self) -> str:
        """The title and the number of threads, for sentences about the row."""
        return f"{self.title}, {self.threads} {'thread' if self.threads == 1 else 'threads'}"

    @property
    def kernel(self) -> str:
        """Of an op, what its last step runs: those before bring its inputs into order."""
        kernels = self.profile.ops[-1].kernels if self.kind == "op" and self.profile is not None and self.profile.ops else ()
        return kernels[-1] if kernels else ""

    @property
    def bound(self) -> str:
        """Of an op, what it is limited by: see OpTime; "" if by nothing that is known."""
        found = self.profile.ops[-1].bound if self.kind == "op" and self.profile is not None and self.profile.ops else None
        return "" if found in (None, "none") else str(found)

    @property
    def ours(self) -> Measurement:
        """tinylite's measurement."""
        return self.measurements[0]

    @property
    def baselines(self) -> list[Measurement]:
        """What it was timed beside."""
        return self.measurements[1:]


@dataclass
class Settings:
    """How it was measured. `arithmetic` and `cpu` are tinylite's, and "" where nothing was chosen."""

    seconds: float
    precision: float
    arithmetic: str = ""
    cpu: str = ""
    pinned: bool = False
    seed: int = 0
    inputs: list[str] = field(default_factory=list)


@dataclass
class Figures:
    """All rows of a benchmark, the machine they were measured on, and when (ISO 8601, UTC).

    `complete` is False where it was interrupted: the rows are those that were finished.
    """

    machine: Machine
    settings: Settings
    rows: list[BenchRow]
    measured: str
    complete: bool = True
