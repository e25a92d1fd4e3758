"""Cases of ELU, of which LiteRT registers no reference kernel."""

from __future__ import annotations

from ..families import elementwise, tabulated

REFERENCE = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
CASES = elementwise("ELU", reference=REFERENCE) + tabulated("ELU", ["INT8"], version=1, reference=REFERENCE)
