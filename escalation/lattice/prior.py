"""What is assumed before any report is read: rates, changes, clumping, drift.

The prior is one frozen object that is printed with every result and can be replaced. It does not look at the data.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ive, ndtr

Floats = NDArray[np.float64]
Family = Literal["constant", "drift", "jumps", "both"]

#: Centres of a regime's rate (incidents per day), half-decade steps.
CENTRES = tuple(float(x) for x in np.round(10.0 ** np.arange(-2.0, 2.01, 0.5), 6))
#: Prior weight of the four families: half on "nothing changed".
WEIGHTS: tuple[tuple[Family, float], ...] = (
    ("constant", 0.50), ("jumps", 0.30), ("drift", 0.10), ("both", 0.10),
)  # fmt: skip
#: Largest grid whose prior masses are kept for the next series.
KEPT_CELLS = 1024


@dataclass(frozen=True)
class Model:
    """One setting of everything that is averaged over.

    `centre` and `spread` are None where no regime can start later: the first rate is then drawn from the average
    over centres and spreads, which is the same model at a fraction of the cost.
    """

    family: Family
    hazard: float
    phi: float
    sigma: float
    centre: float | None
    spread: float | None
    weight: float


@dataclass(frozen=True)
class Prior:
    """Prior of the reconstruction.

    Parameters
    ----------
    centre
        Medians of the rate of a regime, incidents per day; averaged over.
    spread
        Standard deviations of the log rate of a regime; averaged over.
    hazard
        Probabilities per day that a new regime starts; averaged over.
    phi
        Overdispersion: a day's count has variance ``(1 + phi) * rate``; 0 is Poisson; averaged over.
    sigma
        Standard deviations per day of the drift of the log rate; positive ones only (no drift is its own family).
    grid
        Lowest rate, highest rate and the largest step in log rate.
    weights
        Prior weight of each family: constant, drift, jumps, both.
    clumping
        Overdispersion phi has a prior weight in proportion to ``(1 + phi) ** -clumping``. With 2, the ratio of mean to
        variance has an even density; with 0, all values of phi weigh the same.

    Raises
    ------
    ValueError
        If a value lies outside its range or the weights do not sum to one; all problems are listed.

    Examples
    --------
    >>> prior = Prior()
    >>> round(sum(m.weight for m in prior.models()), 12)
    1.0
    >>> len(prior.models("jumps")) < len(prior.models("full"))
    True
    """

    centre: tuple[float, ...] = CENTRES
    spread: tuple[float, ...] = (0.7, 1.3)
    hazard: tuple[float, ...] = (1 / 30, 1 / 60, 1 / 120)
    phi: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 3.0)
    sigma: tuple[float, ...] = (0.05, 0.1, 0.25)
    grid: tuple[float, float, float] = (0.005, 100.0, 0.05)
    weights: tuple[tuple[Family, float], ...] = field(default=WEIGHTS)
    clumping: float = 2.0

    def __post_init__(self) -> None:
        bad = []
        for name, low, high in (
            ("centre", 0.0, np.inf), ("spread", 0.0, np.inf), ("hazard", 0.0, 1.0), ("sigma", 0.0, np.inf),
        ):  # fmt: skip
            values = getattr(self, name)
            if not values or not all(low < v < high for v in values):
                bad.append(f"{name} needs one or more numbers between {low} and {high}, got {values!r}")
        if not self.phi or not all(0.0 <= v < np.inf for v in self.phi):
            bad.append(f"phi needs one or more numbers of at least 0, got {self.phi!r}")
        if not 0.0 <= self.clumping < np.inf:
            bad.append(f"clumping needs a number of at least 0, got {self.clumping!r}")
        lowest, highest, step = self.grid
        if not (0.0 < lowest < highest < np.inf and 0.0 < step <= 1.0):
            bad.append(f"grid needs 0 < lowest < highest and a step in (0, 1], got {self.grid!r}")
        names = [name for name, _ in self.weights]
        if sorted(names) != ["both", "constant", "drift", "jumps"]:
            bad.append(f"weights need each of constant, drift, jumps, both once, got {names!r}")
        total = sum(w for _, w in self.weights)
        if any(w < 0 for _, w in self.weights) or abs(total - 1.0) > 1e-9:
            bad.append(f"weights must be non-negative and sum to 1, got {self.weights!r}")
        if bad:
            raise ValueError("Prior: " + "; ".join(bad))

    def models(self, which: str = "full") -> tuple[Model, ...]:
        """List the models of the average with their prior weights, which sum to one.

        Parameters
        ----------
        which
            ``"full"``: all four families. ``"jumps"``: constant and jumps only, weights rescaled.

        Raises
        ------
        ValueError
            If `which` is neither.
        """
        if which not in ("full", "jumps"):
            raise ValueError(f"models must be 'full' or 'jumps' here, got {which!r}")
        families = [(n, w) for n, w in self.weights if w > 0 and (which == "full" or n in ("constant", "jumps"))]
        total = sum(w for _, w in families)
        if not families:
            raise ValueError("models='jumps' needs prior weight on constant or jumps")
        return tuple(model for name, weight in families for model in self._family(name, weight / total))

    def _family(self, name: Family, weight: float) -> tuple[Model, ...]:
        """Models of one family, which share its weight."""
        jumps, drifts = name in ("jumps", "both"), name in ("drift", "both")
        return _share(
            name, weight, tuple(self.hazard) if jumps else (0.0,), tuple(self.phi),
            tuple(self.sigma) if drifts else (0.0,), tuple(self.centre) if jumps else (None,),
            tuple(self.spread) if jumps else (None,), self.clumping,
        )  # fmt: skip

    def rates(self, step: float | None = None) -> Floats:
        """Grid of rates, incidents per day, evenly spaced in the log; shape (K,)."""
        lowest, highest, widest = self.grid
        n = int(np.ceil(np.log(highest / lowest) / (step or widest))) + 1
        return np.asarray(np.geomspace(lowest, highest, n), dtype=np.float64)

    def adapted_rates(self, days: int, events: float, share: float = 0.5) -> Floats:
        """Grid of rates whose steps are at most `share` of the posterior sd of a rate that lasts all days; shape (K,).

        A rate r sees at most ``min(r * days, events)`` incidents, so its log has an sd of at least one over the root
        of that. Low rates are badly determined and need few cells. Steps never exceed four times the grid's step.
        """
        widest = self.grid[2]
        fine = np.log(self.rates(0.01))
        seen = np.clip(np.exp(fine) * days, 1.0, max(events, 1.0))
        pace = 1.0 / np.minimum(4 * widest, share / np.sqrt(seen))
        pace = np.maximum(pace, np.where(seen >= 100.0, 0.5 / share / widest, 0.0))
        run = np.concatenate([[0.0], np.cumsum((pace[1:] + pace[:-1]) / 2 * np.diff(fine))])
        n = int(np.ceil(run[-1])) + 1
        return np.asarray(np.exp(np.interp(np.linspace(0.0, run[-1], n), run, fine)))

    def mass(self, rates: Floats, centre: float | None, spread: float | None) -> Floats:
        """Prior mass of each cell of the grid for a new regime; the end cells take the tails; shape (K,)."""
        if centre is None or spread is None:
            cells = [self.mass(rates, c, s) for c in self.centre for s in self.spread]
            return np.asarray(np.mean(cells, axis=0))
        if rates.size > KEPT_CELLS:
            return _log_normal(rates, centre, spread)
        return _cell_mass(np.asarray(rates, dtype=np.float64).tobytes(), centre, spread)


@lru_cache(maxsize=64)
def _share(
    name: Family, weight: float, hazard: tuple[float, ...], phi: tuple[float, ...], sigma: tuple[float, ...],
    centre: tuple[float | None, ...], spread: tuple[float | None, ...], clumping: float,
) -> tuple[Model, ...]:  # fmt: skip
    """List the models of one family; kept, since thousands of series have the same."""
    settings = list(itertools.product(hazard, phi, sigma, centre, spread))
    shares = np.array([(1.0 + setting[1]) ** -clumping for setting in settings])
    shares *= weight / shares.sum()
    return tuple(Model(name, *setting, float(share)) for setting, share in zip(settings, shares, strict=True))


@lru_cache(maxsize=1024)
def _cell_mass(rates: bytes, centre: float, spread: float) -> Floats:
    """Lognormal mass of each cell, shape (K,); kept, since many series are worked out on the same cells."""
    return _log_normal(np.frombuffer(rates), centre, spread)


def _log_normal(rates: Floats, centre: float, spread: float) -> Floats:
    edges = (np.log(rates[1:]) + np.log(rates[:-1])) / 2
    below = ndtr((edges - np.log(centre)) / spread)
    return np.diff(np.concatenate([[0.0], below, [1.0]]))


def increments(rates: Floats, phi: float, most: int) -> Floats:
    """P(j incidents in a day | rate), j = 0..most; shape (most + 1, K).

    Poisson for ``phi == 0``, else NB1: size ``rate / phi``, variance ``(1 + phi) * rate`` (Cameron & Trivedi 1986).
    Mass beyond `most` is left out, not piled on the last value.
    """
    j = np.arange(most + 1)[:, None]
    if phi == 0.0:
        return np.asarray(np.exp(j * np.log(rates) - rates - gammaln(j + 1)))
    size = rates / phi
    log_p = gammaln(j + size) - gammaln(size) - gammaln(j + 1)
    return np.asarray(np.exp(log_p - size * np.log1p(phi) + j * np.log(phi / (1 + phi))))


def drift_step(sigma: float, finest: float) -> float:
    """Step in log rate that a drift needs: a rate that drifts by sigma a day is known to about the root of sigma."""
    return max(finest, 0.3 * float(np.sqrt(sigma)))


def drift_matrix(K: int, sigma: float, step: float) -> Floats:
    """Diffusion of the log rate in one day on a grid of K rates; ``out[d, k] = P(k -> k + d - m)``.

    The lattice heat kernel, ``exp(-s) I_d(s)`` with ``s = (sigma / step)**2``, has exactly that variance for any
    step (a sampled Gaussian does not). Mass that would leave the grid stays in the end cell's place.
    """
    if sigma == 0.0:
        return np.ones((1, K))
    s = (sigma / step) ** 2
    m = int(np.ceil(4.0 * np.sqrt(s))) + 2
    kernel = np.asarray(ive(np.abs(np.arange(-m, m + 1)), s))
    kernel /= kernel.sum()
    out = np.repeat(kernel[:, None], K, axis=1)
    k, d = np.arange(K)[None, :], np.arange(-m, m + 1)[:, None]
    leaves = (k + d < 0) | (k + d >= K)
    out[m] += (out * leaves).sum(axis=0)
    out[leaves] = 0.0
    return np.ascontiguousarray(out, dtype=np.float64)
