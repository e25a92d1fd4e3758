"""The options that unknown nodes keep as custom operators."""

from __future__ import annotations

import numpy as np
import pytest
from flatbuffers import flexbuffers

from tinylite.converter.custom import custom_options


@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ({"n": 3, "f": 0.5, "yes": True, "s": b"caf\xc3\xa9"}, {"n": 3, "f": 0.5, "yes": True, "s": "café"}),
        ({"sizes": [1, 2], "names": ["a", "b"], "pair": (1.5, 2.5)}, {"sizes": [1, 2], "names": ["a", "b"], "pair": [1.5, 2.5]}),
        ({"_class": "left out", "w": np.zeros(3), "nothing": None, "shapes": [(1, 2)], "n": 1}, {"n": 1}),
        ({}, {}),
    ],
)
def test_numbers_texts_and_vectors_of_them_are_kept(attributes: dict[str, object], wanted: dict[str, object]) -> None:
    assert flexbuffers.Loads(custom_options(attributes)) == wanted
