"""The regression of `regression.fit_glm` for all draws at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

__all__ = ["estimable_draws", "fit_draws"]

Floats = NDArray[np.float64]

#: Change of the deviance below which a draw is done, and the most steps: the rule of statsmodels.
TOLERANCE, STEPS = 1e-8, 100


def estimable_draws(counts: Floats, covariates: Floats) -> NDArray[np.bool_]:
    """Whether the increments with events determine every coefficient, for each row of `counts` (n, k); shape (n,).

    For two stretches this is exact: both need an event. For a slope it is sufficient.

    Examples
    --------
    >>> step = np.column_stack([np.ones(3), [0.0, 0.0, 1.0]])
    >>> estimable_draws(np.array([[1.0, 0.0, 2.0], [1.0, 4.0, 0.0]]), step).tolist()
    [True, False]
    """
    seen = covariates[None] * (counts > 0)[:, :, None]
    return np.asarray(np.linalg.matrix_rank(seen) == covariates.shape[1])


def fit_draws(counts: ArrayLike, days: ArrayLike, covariates: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Fit the Poisson regression of `regression.fit_glm` to the increments of every draw.

    Iteratively reweighted least squares with the start and the stopping rule of statsmodels, so that each draw stops at
    the same step; a draw that is done is not touched again.

    Parameters
    ----------
    counts
        Events in each increment, in order of time, shape (n, k); every row determines the coefficients.
    days
        Length of each increment in days, shape (k,).
    covariates
        Shape (k, p), the term asked about last; k > p.

    Returns
    -------
    estimates, variances : ndarray, shape (n,)
        Log ratio of the last term, and the larger of its HAC and quasi-Poisson variances.
    hac_larger : ndarray of bool, shape (n,)

    Notes
    -----
    McCullagh and Nelder (1989), Generalized Linear Models, section 2.5. Newey and West (1987), Econometrica 55:703–708.

    Examples
    --------
    >>> step = np.column_stack([np.ones(6), [0, 0, 0, 0, 1, 1]])
    >>> estimates, _, _ = fit_draws([[4, 6, 5, 3, 1, 2], [3, 3, 3, 3, 3, 3]], [2, 3, 2, 2, 3, 2], step)
    >>> np.exp(estimates).round(3).tolist()
    [0.3, 0.9]
    """
    y, X = np.asarray(counts, dtype=float), np.asarray(covariates, dtype=float)
    offset = np.log(np.asarray(days, dtype=float))
    mu = (y + y.mean(axis=1, keepdims=True)) / 2
    line, deviance = np.log(mu), _deviance(y, mu)
    beta, bread = np.empty((len(y), X.shape[1])), np.empty((len(y), X.shape[1], X.shape[1]))
    going = np.arange(len(y))
    for _ in range(STEPS):
        w, target = mu[going], line[going] + (y[going] - mu[going]) / mu[going] - offset
        bread[going] = _information(w, X)
        beta[going] = np.linalg.solve(bread[going], ((w * target) @ X)[:, :, None])[:, :, 0]
        line[going] = beta[going] @ X.T + offset
        mu[going] = np.exp(line[going])
        now = _deviance(y[going], mu[going])
        done = np.abs(now - deviance[going]) <= TOLERANCE
        deviance[going] = now
        going = going[~done]
        if not going.size:
            break
    dispersion = np.maximum(1.0, ((y - mu) ** 2 / mu).sum(axis=1) / (X.shape[0] - X.shape[1]))
    quasi = dispersion * np.linalg.inv(bread)[:, -1, -1]
    hac = _hac(y, mu, X)
    return beta[:, -1], np.maximum(hac, quasi), hac > quasi


def _deviance(y: Floats, mu: Floats) -> Floats:
    """Poisson deviance of each row."""
    return np.asarray(2.0 * (xlogy(y, y / mu) - (y - mu)).sum(axis=1))


def _information(mu: Floats, X: Floats) -> Floats:
    """Fisher information of each row, shape (n, p, p)."""
    return np.asarray(np.einsum("nk,kp,kq->npq", mu, X, X))


def _hac(y: Floats, mu: Floats, X: Floats) -> Floats:
    """Newey-West variance of the last coefficient: Bartlett kernel, factor k / (k - p); shape (n,)."""
    k, p = X.shape
    lags = int(4 * (k / 100) ** (2 / 9))
    score = (y - mu)[:, :, None] * X
    meat = np.einsum("nkp,nkq->npq", score, score)
    for lag in range(1, lags + 1):
        cross = np.einsum("nkp,nkq->npq", score[:, lag:], score[:, :-lag])
        meat += (1.0 - lag / (lags + 1.0)) * (cross + cross.transpose(0, 2, 1))
    bread = np.linalg.inv(_information(mu, X))
    return np.asarray((bread @ meat @ bread)[:, -1, -1] * k / (k - p))
