"""Penalised composite link model: a smooth daily rate behind counts known only over intervals of days.

The model is that of Eilers (2007), *Statistical Modelling* 7:239-254, and Rizzi, Gampe and Eilers (2015),
*American Journal of Epidemiology* 182:138-147. It knows only arrays.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import BSpline
from scipy.linalg import cho_factor, cho_solve
from scipy.special import xlogy

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.intp]

SMOOTHING_GRID: tuple[float, ...] = tuple(10.0 ** (half / 2) for half in range(-2, 15))
"""Smoothing parameters among which AIC chooses: 0.1 to 10 million in half-decade steps."""

MAX_SEGMENTS = 120
"""The basis has one B-spline segment a day up to this many days; longer series get wider segments."""

RIDGE = 1e-4
"""Weight of the first-difference penalty. It only keeps a slope finite that the counts do not bound."""

_DEGREE = 3
_MAX_STEPS = 200
_TOLERANCE = 1e-9
_TIE = 1e-4


@dataclass(frozen=True, eq=False)
class PclmFit:
    """A fitted penalised composite link model.

    Attributes
    ----------
    daily : ndarray of float, shape (n,)
        Expected events per day. Their sum is the sum of the increments.
    increments : ndarray of float, shape (m,)
        Expected events per interval; near the given increments, not equal to them.
    smoothing : float
        The smoothing parameter used.
    effective_dimension, deviance, aic : float
        As defined in `fit_pclm`.
    """

    daily: Floats
    increments: Floats
    smoothing: float
    effective_dimension: float
    deviance: float
    aic: float


@dataclass(frozen=True, eq=False)
class _Problem:
    """Increments `y` (m,), first day of each interval `starts` (m,), basis (n, K), difference matrices."""

    y: Floats
    starts: Ints
    basis: Floats
    second: Floats
    first: Floats

    def penalty(self, smoothing: float) -> Floats:
        return smoothing * self.second.T @ self.second + RIDGE * self.first.T @ self.first

    def mean(self, coef: Floats) -> tuple[Floats, Floats]:
        gamma = np.exp(self.basis @ coef)
        return gamma, np.add.reduceat(gamma, self.starts)

    def objective(self, coef: Floats, smoothing: float) -> float:
        """Penalised negative log-likelihood, without the terms that depend on the increments alone."""
        _, mu = self.mean(coef)
        rough = smoothing * np.sum((self.second @ coef) ** 2) + RIDGE * np.sum((self.first @ coef) ** 2)
        return float(np.sum(mu - self.y * np.log(mu)) + rough / 2)


def fit_pclm(increments: ArrayLike, widths: ArrayLike, smoothing: float | None = None) -> PclmFit:
    """Fit a smooth daily rate to counts over consecutive intervals of days.

    The increment of an interval is Poisson with mean ``mu_i``, the sum over its days of the latent
    ``gamma_t = exp(eta_t)``, where ``eta`` is a cubic B-spline at the middle of each day. Its coefficients
    `b` maximise ``sum(y log mu - mu) - smoothing / 2 * sum((second differences of b) ** 2)``, less `RIDGE`
    times half the squared first differences, by iteratively reweighted least squares (Fisher scoring) with
    step halving.

    With ``Q = d mu / d b``, ``W = diag(1 / mu)`` and P the penalty matrix, the effective dimension is
    ``ED = trace((Q'WQ + P)^-1 Q'WQ)``, the deviance is ``2 sum(y log(y / mu) - (y - mu))`` and
    ``AIC = deviance + 2 ED``. Without a given `smoothing`, the one of `SMOOTHING_GRID` with the least AIC is
    taken, the larger one in a tie; the search ends early at a value where scoring does not converge. Counts
    more clumped than Poisson counts make AIC choose a rougher curve.

    Parameters
    ----------
    increments : array_like of float, shape (m,)
        Events in each interval, at least 0.
    widths : array_like of int, shape (m,)
        Days in each interval, at least 1; the first interval begins on day 0.
    smoothing : float, optional
        A fixed smoothing parameter, above 0, instead of the choice by AIC. Coefficients are one segment
        apart: a day, up to `MAX_SEGMENTS` days.

    Returns
    -------
    PclmFit
        With a single interval, or no event at all, the rate is constant: nothing tells its shape. Its
        effective dimension is then 1, or 0 without an event, and its smoothing infinite unless given.

    Raises
    ------
    ValueError
        If the arrays differ in shape or are empty, an increment is negative or not finite, a width is
        below 1, or `smoothing` is not a positive number.
    RuntimeError
        If scoring does not converge at the given `smoothing`.

    References
    ----------
    Eilers P.H.C. (2007). Ill-posed problems with counts, the composite link model and penalized likelihood.
    *Statistical Modelling* 7(3), 239-254.

    Rizzi S., Gampe J., Eilers P.H.C. (2015). Efficient estimation of smooth distributions from coarsely
    grouped data. *American Journal of Epidemiology* 182(2), 138-147.

    Examples
    --------
    >>> fit = fit_pclm([4, 9, 30, 12], [4, 3, 5, 4])
    >>> fit.daily.shape, round(float(fit.daily.sum()), 3)
    ((16,), 55.0)
    """
    y, days = _checked(increments, widths, smoothing)
    if y.size == 1 or y.sum() == 0:
        return _constant(y, days, smoothing)
    problem = _problem(y, days)
    coef = np.full(problem.basis.shape[1], np.log(y.sum() / days.sum()))
    best: PclmFit | None = None
    for value in _path(smoothing):
        try:
            coef = _score(problem, coef, value)
        except RuntimeError:
            if best is None or smoothing is not None:
                raise
            break
        fit = _fitted(problem, coef, value)
        if best is None or value == smoothing or fit.aic < best.aic - _TIE:
            best = fit
    assert best is not None  # noqa: S101  # the path is never empty
    return best


def _path(smoothing: float | None) -> list[float]:
    """Return the smoothing parameters to visit, from smooth to rough, each fit starting at the last.

    The likelihood of sums is not concave; this path leads to the optimum that continues the log-linear one.
    """
    descending = sorted(SMOOTHING_GRID, reverse=True)
    return descending if smoothing is None else [*(v for v in descending if v > smoothing), smoothing]


def _checked(increments: ArrayLike, widths: ArrayLike, smoothing: float | None) -> tuple[Floats, Ints]:
    y, days = np.asarray(increments, dtype=float), np.asarray(widths)
    if y.ndim != 1 or y.shape != days.shape or y.size == 0:
        raise ValueError(
            f"increments have shape {y.shape} and widths {days.shape}; two one-dimensional arrays of one "
            "length, at least 1, are needed: an increment and a number of days per interval"
        )
    if not (np.isfinite(y).all() and (y >= 0).all()):
        bad = int(np.flatnonzero(~(np.isfinite(y) & (y >= 0)))[0])
        raise ValueError(f"increment {bad} is {y[bad]}; increments must be finite and at least 0")
    if not (np.issubdtype(days.dtype, np.integer) and (days >= 1).all()):
        raise ValueError(f"widths are {days!r}; whole numbers of days, at least 1 each, are needed")
    if smoothing is not None and not (np.isfinite(smoothing) and smoothing > 0):
        raise ValueError(f"smoothing is {smoothing}; give a positive number, or None to choose it by AIC")
    return y, days.astype(np.intp)


def _problem(y: Floats, days: Ints) -> _Problem:
    n = int(days.sum())
    segments = min(n, MAX_SEGMENTS)
    knots = n / segments * np.arange(-_DEGREE, segments + _DEGREE + 1)
    basis = BSpline.design_matrix(np.arange(n) + 0.5, knots, _DEGREE).toarray()
    identity = np.eye(basis.shape[1])
    starts = np.concatenate(([0], np.cumsum(days)[:-1])).astype(np.intp)
    return _Problem(y, starts, basis, np.diff(identity, 2, axis=0), np.diff(identity, axis=0))


def _information(problem: _Problem, coef: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the expected increments, their derivative Q by the coefficients, and Q'WQ."""
    gamma, mu = problem.mean(coef)
    derivative = np.add.reduceat(gamma[:, None] * problem.basis, problem.starts, axis=0)
    return mu, derivative, derivative.T @ (derivative / mu[:, None])


def _score(problem: _Problem, coef: Floats, smoothing: float) -> Floats:
    """Fisher scoring from `coef` to the optimum for one smoothing parameter."""
    penalty = problem.penalty(smoothing)
    value = problem.objective(coef, smoothing)
    for _ in range(_MAX_STEPS):
        mu, derivative, information = _information(problem, coef)
        gradient = derivative.T @ (problem.y / mu - 1) - penalty @ coef
        step = cho_solve(cho_factor(information + penalty), gradient)
        # No day's rate moves by more than a factor e^2 in a step, lest exp overflow or vanish.
        step *= min(1.0, 2.0 / max(float(np.abs(problem.basis @ step).max()), 1e-300))
        expected = float(gradient @ step)
        for _ in range(40):
            candidate = problem.objective(coef + step, smoothing)
            if candidate <= value:
                break
            step /= 2
        else:
            return coef  # no descent left above rounding
        coef, value = coef + step, candidate
        if expected < _TOLERANCE:
            return coef
    raise RuntimeError(
        f"the penalised composite link model did not converge in {_MAX_STEPS} steps at smoothing "
        f'{smoothing:g}; give a larger smoothing, or use method="linear"'
    )


def _fitted(problem: _Problem, coef: Floats, smoothing: float) -> PclmFit:
    # At the optimum the expected total is the observed one, as no penalty weighs on the level; scoring stops near it.
    coef = coef + np.log(problem.y.sum() / problem.mean(coef)[1].sum())
    gamma, _ = problem.mean(coef)
    mu, _, information = _information(problem, coef)
    hat = cho_solve(cho_factor(information + problem.penalty(smoothing)), information)
    return _summarised(problem.y, gamma, mu, smoothing, float(np.trace(hat)))


def _constant(y: Floats, days: Ints, smoothing: float | None) -> PclmFit:
    rate = y.sum() / days.sum()
    dimension = float(rate > 0)
    return _summarised(y, np.full(int(days.sum()), rate), rate * days, smoothing or np.inf, dimension)


def _summarised(y: Floats, gamma: Floats, mu: Floats, smoothing: float, dimension: float) -> PclmFit:
    ratio = np.divide(y, mu, out=np.ones_like(mu), where=mu > 0)
    deviance = max(0.0, 2 * float(np.sum(xlogy(y, ratio) - (y - mu))))
    return PclmFit(gamma, mu, float(smoothing), dimension, deviance, deviance + 2 * dimension)
