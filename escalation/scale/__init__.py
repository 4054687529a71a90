"""The ordinal escalation scale: an order of weapons, never a distance between them."""

from escalation.scale.levels import DEFAULT_SCALE, EscalationScale, Level

__all__ = ["DEFAULT_SCALE", "EscalationScale", "Level"]
