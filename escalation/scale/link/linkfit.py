"""Maximum likelihood of the cumulative-link model on aggregated incidents, with profiles of its slope."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtri

__all__ = ["Fit"]

_Floats = NDArray[np.float64]
_Rungs = NDArray[np.int64]


class Fit:
    """The fit on days centred and scaled, equal (day, level) pairs taken together."""

    def __init__(self, day: _Floats, rung: _Rungs, K: int, prob: float) -> None:
        days, at = np.unique(day, return_inverse=True)
        pair, weight = np.unique(at * K + rung, return_counts=True)
        self._w, self._y, when = weight.astype(np.float64), pair % K, days[pair // K]
        centre = float(np.average(when, weights=weight))
        self._scale = float(np.sqrt(np.average((when - centre) ** 2, weights=weight)))
        self._x = (when - centre) / self._scale
        self._d_upper, self._d_lower = (_design(self._x, self._y + shift, K) for shift in (0, 1))
        self._drop = float(chdtri(1, 1 - prob)) / 2
        used = np.bincount(self._y, weights=self._w)
        self.constant = float((used * np.log(used / used.sum())).sum())
        below = np.cumsum(used)[:-1] / used.sum()
        # Exactly the maximum without a slope.
        self._top, self.best = self._climb(np.concatenate([[0.0], np.log(below / (1 - below))]), free_slope=True)
        self.slope, self.thresholds = float(self._top[0] / self._scale), self._top[1:]

    def interval(self) -> tuple[float, float]:
        """Return both ends of the profile-likelihood interval of the slope, per day."""
        return self._end(-1.0) / self._scale, self._end(1.0) / self._scale

    def _end(self, side: float) -> float:
        """Return where the profile has fallen by half the chi-square quantile: concave, it falls without bound."""
        known = {float(self._top[0]): self._top[1:]}
        limit = float(np.sqrt(self._drop))

        def above(slope: float) -> float:
            near = sorted(known)
            start = [np.interp(slope, near, column) for column in np.array([known[at] for at in near]).T]
            best, height = self._climb(np.array([slope, *start]), free_slope=False)
            known[slope] = best[1:]
            # The root of the fall is nearly a straight line in the slope, so few steps find the end.
            return limit - float(np.sqrt(max(0.0, self.best - height)))

        _, _, curvature = self._slopes(self._top)
        top, step = float(self._top[0]), side * float(np.sqrt(2 * self._drop * np.linalg.inv(-curvature)[0, 0]))
        while above(top + step) > 0:
            step *= 1.5
        return float(brentq(above, top, top + step, xtol=1e-9, rtol=1e-9))

    def _climb(self, at: _Floats, *, free_slope: bool) -> tuple[_Floats, float]:
        """Return the maximum by Newton's steps, halved where they overshoot."""
        free = slice(0 if free_slope else 1, None)
        # Far from the maximum the likelihood bends too little for the machine; this much makes the step finite.
        ridge = 1e-12 * self._w.sum() * np.eye(at[free].size)
        height, gradient, curvature = self._slopes(at)
        for _ in range(200):
            step = np.zeros_like(at)
            step[free] = np.linalg.solve(ridge - curvature[free, free], gradient[free])
            gain = float(gradient @ step)
            if gain < 1e-12:
                return at, height
            while (trial := self._slopes(at + step))[0] < height + 1e-4 * gain - 1e-13 * abs(height):
                step, gain = step / 2, gain / 2
            at, (height, gradient, curvature) = at + step, trial
        raise ArithmeticError("the cumulative-link fit did not settle in 200 steps.")

    def _slopes(self, at: _Floats) -> tuple[float, _Floats, _Floats]:
        """Return log likelihood, gradient and Hessian in (slope, thresholds).

        P(level) = F(a) - F(c) with a = slope x - threshold_y, c = slope x - threshold_(y + 1). Written as
        log F(a) + log(1 - F(c)) + log(1 - exp(c - a)) it loses no digits in the tails, and each term is concave.
        """
        ends = np.concatenate([[-np.inf], at[1:], [np.inf]])
        gap = np.diff(ends)
        if (gap <= 0).any():
            return -np.inf, np.zeros_like(at), np.zeros((at.size, at.size))
        between = np.exp(-gap) / -np.expm1(-gap)
        squeeze, between = (between * (1 + between))[self._y], between[self._y]
        log_a, up, bend_a = _logistic(at[0] * self._x - ends[self._y])
        log_c, low, bend_c = _logistic(ends[self._y + 1] - at[0] * self._x)
        da, dc, w = self._d_upper, self._d_lower, self._w
        height = float(w @ (log_a + log_c + np.log(-np.expm1(-gap))[self._y]))
        gradient = (w * (up + between)) @ da - (w * (low + between)) @ dc
        parts = ((da, bend_a), (dc, bend_c), (da - dc, squeeze))
        return height, gradient, -sum(((d.T * (w * bend)) @ d for d, bend in parts), np.zeros((at.size, at.size)))


def _logistic(z: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    """Return log F(z), 1 - F(z) and F(z)(1 - F(z)) of the logistic F from one exponential, exact in both tails."""
    small = np.exp(-np.abs(z))
    return np.minimum(z, 0) - np.log1p(small), np.where(z > 0, small, 1) / (1 + small), small / (1 + small) ** 2


def _design(x: _Floats, cut: _Rungs, K: int) -> _Floats:
    """Return the derivatives of slope x - threshold_cut by (slope, thresholds); cuts 0 and K have no threshold."""
    rows = np.zeros((x.size, K + 1))
    rows[np.arange(x.size), cut] = -1.0
    rows[:, 0] = x
    return rows[:, :K]
