"""The orders of weapons that a case declares."""

from __future__ import annotations

from escalation.records import Case
from escalation.scale.levels import COARSE_SCALE, DEFAULT_SCALE, EscalationScale

__all__ = ["scales_of"]


def scales_of(case: Case) -> tuple[EscalationScale, ...]:
    """Return the scales of a case: the order that it declares and, where it has ties, the coarser one.

    Parameters
    ----------
    case
        A case that declares none has the default scale and the coarser one.

    Examples
    --------
    >>> from escalation.records import load_case
    >>> [scale.codes for scale in scales_of(load_case("five-documents"))]
    [('drone', 'rocket', 'ballistic_missile'), ('drone|rocket', 'ballistic_missile')]
    """
    declared = case.meta["escalation"].get("scale")
    if declared is None:
        return DEFAULT_SCALE, COARSE_SCALE
    fine = EscalationScale(declared["levels"], basis=declared["basis"])
    ties = declared.get("ties", [])
    return (fine, fine.tied(*ties, basis=declared["basis"])) if ties else (fine,)
