"""Cases of LOCAL_RESPONSE_NORMALIZATION."""

from __future__ import annotations

from ..cases import Case, T

PARAMETERS = [(5, 1.0, 1.0, 0.5), (2, 2.0, 1e-4, 0.75), (1, 1.5, 0.3, 1.0), (0, 1.0, 0.1, 0.6), (90, 1.0, 0.01, 0.75)]

# The reference kernel leaves out a channel, see test_conformance.py.
CASES = [
    Case(
        "LOCAL_RESPONSE_NORMALIZATION", [T(shape)], [T(shape)], dict(radius=radius, bias=bias, alpha=alpha, beta=beta),
        reference="BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    )
    for shape in [(1, 3, 3, 7), (2, 2, 5, 64), (1, 1, 1, 1), (1, 2, 2, 33)]
    for radius, bias, alpha, beta in PARAMETERS
]  # fmt: skip
