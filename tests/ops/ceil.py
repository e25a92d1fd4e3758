"""Cases of CEIL."""

from __future__ import annotations

from ..families import elementwise

# LiteRT registers no reference kernel of it.
CASES = elementwise("CEIL", reference="BUILTIN_WITHOUT_DEFAULT_DELEGATES")
