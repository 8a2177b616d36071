"""Numbers in metadata that must be finite and above 0: rates, scales, sizes."""

from __future__ import annotations

import math


def positive_number(value: object) -> float | None:
    """A finite number above 0; None for anything else, and for an integer that is too large for a float."""
    if type(value) is not float and (isinstance(value, bool) or not isinstance(value, (int, float))):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if 0 < number < math.inf else None
