"""What a check has found: which tensors differ, and which op is to blame."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .compare import Difference
from .golden import Golden, Record
from .tolerance import Tolerance

__all__ = ["CaseDifference", "Findings", "Verdict"]


@dataclass(frozen=True)
class CaseDifference:
    """How a tensor differs in a case.

    case        which one, from 0
    key         the tensor's name; see Golden.keys
    record      what the golden holds
    difference  how it differs
    found       what was found: a copy of the values, which is kept for the first case that differs; None for others, and for hashes
    """

    case: int
    key: str
    record: Record = field(repr=False)
    difference: Difference
    found: np.ndarray | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Verdict:
    """Whether an op is to blame.

    op, operator  its number and name
    tensor        the output that differs
    output        its number among the op's
    kind          "guilty": fed the golden's inputs it still differs; "victim": fed them it agrees, so what differs came from before;
                  "unknown": it cannot be said
    reason        why, as a sentence
    ops           the numbers of all ops of which one is to blame, where no more can be said; this op's otherwise
    """

    op: int
    operator: str
    tensor: str
    kind: str
    reason: str
    output: int = 0
    ops: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.ops:
            object.__setattr__(self, "ops", (self.op,))


@dataclass(frozen=True)
class Findings:
    """What a check has found. `Report` is this with ways to show it.

    golden        what was checked against
    source        where the values come from that were compared
    now           the arithmetic that they were made with, if it is known: "litert-reference 1"
    model         the path of the model, if there is one
    compared      how many outputs and layers were compared, in all cases together
    differences   all tensors that differ, within the tolerances or not: case by case, in the order in which ops run
    first         of those beyond them, that of the op that runs first, in the first case in which it does
    verdict       whether that op is to blame
    guilty        with `each`: every op that is to blame, in their order
    hints         what has probably been changed
    notes         what a reader should know besides
    commands      command lines that show more
    reproduction  the folder of a model of that op alone, and a golden of it
    lacking       the golden's layers that the source does not have in some case, by their keys
    allowed       the tolerance of each of the golden's tensors, in their order
    """

    golden: Golden
    source: str
    now: str
    model: str | None
    compared: int = 0
    differences: tuple[CaseDifference, ...] = ()
    first: CaseDifference | None = None
    verdict: Verdict | None = None
    guilty: tuple[Verdict, ...] = ()
    hints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    reproduction: str | None = None
    lacking: tuple[str, ...] = ()
    allowed: tuple[Tolerance, ...] = field(default=(), repr=False)

    @property
    def passes(self) -> bool:
        """Whether all that differs is within the tolerances."""
        return self.first is None

    @property
    def cases(self) -> int:
        """How many cases the golden has."""
        return len(self.golden.cases)

    @property
    def failed(self) -> tuple[CaseDifference, ...]:
        """What differs beyond the tolerances."""
        return tuple(each for each in self.differences if not each.difference.passes)

    @property
    def then(self) -> str:
        """The golden's arithmetic with its version: "litert-reference 1"."""
        return f"{self.golden.arithmetic} {self.golden.arithmetic_version}"
