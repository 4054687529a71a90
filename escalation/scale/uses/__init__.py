"""Uses of a level: the dated record, and recurrence in place of first uses."""
