"""Cases of Mfcc."""

from __future__ import annotations

from flatbuffers import flexbuffers

from ..cases import Case, T


def coefficients(shape: tuple[int, int, int], rate: int, low: float, high: float, bands: int, count: int) -> Case:
    options = {
        "lower_frequency_limit": low, "upper_frequency_limit": high, "filterbank_channel_count": bands, "dct_coefficient_count": count
    }  # fmt: skip
    given = {"custom_code": "Mfcc", "custom_options": bytes(flexbuffers.Dumps(options))}
    name = f"Mfcc-{list(shape)}-{rate}-{low}-{high}-{bands}-{count}".replace(" ", "")
    return Case("CUSTOM", [T(shape, low=0, high=100), T((1,), "INT32", data=[rate])], [T(())], given, name=name)


CASES = [
    coefficients((1, 5, 257), 16000, 20.0, 4000.0, 40, 13),
    coefficients((2, 3, 129), 8000, 0, 3999, 20, 20),
    coefficients((1, 2, 33), 16000, 125.5, 7500, 12, 5),
    # More bands than bins, and bins that end before the bands do.
    coefficients((1, 2, 9), 16000, 20, 4000, 40, 10),
    coefficients((1, 2, 33), 4000, 20, 4000, 10, 10),
]
