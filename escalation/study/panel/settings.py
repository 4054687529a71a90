"""What every series of a panel is worked out with, and the streams of random numbers that follow from one seed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

__all__ = ["Settings", "as_seed", "child"]

#: Seed where none is given, so that a panel does not change between two runs.
SEED = 20231017


@dataclass(frozen=True)
class Settings:
    """The settings that decide every number of a series.

    Parameters
    ----------
    kind
        What was given: ``"reports"`` or ``"counts"`` (a long frame), ``"objects"`` (named objects).
    models, prob, draws
        As `reconstruct` and `find_changes` take them.
    seed
        What the streams of random numbers come from: entropy, spawn key, first child and pool size.
    version
        Of this package.

    Examples
    --------
    >>> a = Settings.of("counts", "fast", 0.9, 400, as_seed(None))
    >>> Settings.from_json(a.to_json()) == a, a.differences(Settings.of("counts", "full", 0.9, 400, as_seed(None)))
    (True, ["models was 'fast', now it is 'full'"])
    """

    kind: str
    models: str
    prob: float
    draws: int
    seed: tuple[tuple[int, ...], tuple[int, ...], int, int]
    version: str

    @classmethod
    def of(cls, kind: str, models: str, prob: float, draws: int, seed: np.random.SeedSequence) -> Settings:
        """Collect the settings of a run."""
        entropy: Any = seed.entropy
        words = tuple(map(int, np.atleast_1d(np.asarray(entropy, dtype=object)).ravel()))
        stream = (words, tuple(map(int, seed.spawn_key)), int(seed.n_children_spawned), int(seed.pool_size))
        return cls(kind, models, float(prob), int(draws), stream, version("escalation"))

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that every series is worked out with."""
        return {"models": self.models, "prob": self.prob, "draws": self.draws}

    def to_json(self) -> str:
        """Write the settings as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Read settings back.

        Raises
        ------
        ValueError
            If the text is not that of settings.
        """
        try:
            found = json.loads(text)
            entropy, key, first, pool = found.pop("seed")
            return cls(seed=(tuple(entropy), tuple(key), first, pool), **found)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise ValueError(f"these are not the settings of a panel: {error}") from None

    def differences(self, now: Settings) -> list[str]:
        """Name the settings in which another run differs from this one."""
        names = ("kind", "models", "prob", "draws", "seed", "version")
        return [
            f"{name} was {_said(getattr(self, name))}, now it is {_said(getattr(now, name))}"
            for name in names
            if getattr(self, name) != getattr(now, name)
        ]


def _said(value: Any) -> str:
    """Write a setting as the user gave it where that is possible: a seed of one word is a number."""
    if isinstance(value, tuple) and len(value[0]) == 1 and not value[1] and not value[2]:
        return repr(value[0][0])
    return repr(value)


def as_seed(rng: Any) -> np.random.SeedSequence:
    """Take the seed of a panel: a whole number, a `SeedSequence`, or a generator, which gives one number.

    Raises
    ------
    ValueError
        If it is none of these.

    Examples
    --------
    >>> as_seed(None).entropy, as_seed(7).entropy
    (20231017, 7)
    """
    if rng is None:
        return np.random.SeedSequence(SEED)
    if isinstance(rng, np.random.SeedSequence):
        return rng
    if isinstance(rng, np.random.Generator):
        return np.random.SeedSequence(int(rng.integers(2**63)))
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, (bool, np.bool_)) and rng >= 0:
        return np.random.SeedSequence(int(rng))
    raise ValueError(f"rng must be a whole number of at least 0, a SeedSequence, a Generator or None, got {rng!r}")


def child(seed: np.random.SeedSequence, number: int) -> np.random.SeedSequence:
    """Return the child that ``seed.spawn(number + 1)[number]`` would be, without making the others or moving the seed.

    Examples
    --------
    >>> child(as_seed(1), 5).generate_state(1) == as_seed(1).spawn(6)[5].generate_state(1)
    array([ True])
    """
    key = (*seed.spawn_key, seed.n_children_spawned + number)
    return np.random.SeedSequence(seed.entropy, spawn_key=key, pool_size=seed.pool_size)
