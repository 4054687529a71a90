"""Random numbers of their own for each analysis, so that one answer does not depend on which others were asked for."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

__all__ = ["SEED", "Streams"]

#: Seed used where none is given: two runs of the same call agree in every digit.
SEED = 20231017


class Streams:
    """Generators by name, all from one seed.

    Parameters
    ----------
    rng
        Seed or generator, as `numpy.random.default_rng` takes it; None uses a fixed seed.

    Examples
    --------
    >>> one, other = Streams(7), Streams(7)
    >>> _ = other("first").random(5)
    >>> bool(one("second", "2024-01").random() == other("second", "2024-01").random())
    True
    """

    def __init__(self, rng: Any = None) -> None:
        self._entropy = int(np.random.default_rng(SEED if rng is None else rng).integers(2**62))

    def __call__(self, *names: str) -> np.random.Generator:
        """Return the generator of these names; the same names give the same numbers each time."""
        return np.random.default_rng([self._entropy, *(zlib.crc32(name.encode()) for name in names)])
