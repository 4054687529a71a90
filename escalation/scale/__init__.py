"""The ordinal escalation scale: an order of weapons, never a distance between them."""

from escalation.scale.level import Level
from escalation.scale.levels import COARSE_SCALE, DEFAULT_SCALE, EscalationScale

__all__ = ["COARSE_SCALE", "DEFAULT_SCALE", "EscalationScale", "Level"]
