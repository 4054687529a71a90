"""A Bayes factor in words and in figures."""

from __future__ import annotations


def in_words(bayes_factor: float, what: str = "rate", witness: str = "reports") -> str:
    """Say what a Bayes factor for a change amounts to.

    Parameters
    ----------
    bayes_factor
        Of "it changed" against "it is constant".
    what, witness
        What may have changed, and what the answer rests on (plural).

    Examples
    --------
    >>> in_words(0.8)
    'the reports cannot tell'
    """
    if bayes_factor != bayes_factor:
        return "the prior leaves no question open"
    if bayes_factor > 10:
        return "evidence of change"
    if bayes_factor > 3:
        return "weak evidence of change"
    if bayes_factor >= 1 / 3:
        return f"the {witness} cannot tell"
    return f"evidence of a constant {what}"


def factor(value: float) -> str:
    """Write a Bayes factor; one that no number holds is written as what it exceeds."""
    return "above 1e+300" if value > 1e300 else f"{value:.2g}"
