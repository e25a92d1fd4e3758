"""Cases of ROUND."""

from __future__ import annotations

from ..families import elementwise

# LiteRT registers no reference kernel of it.
CASES = elementwise("ROUND", reference="BUILTIN_WITHOUT_DEFAULT_DELEGATES")
