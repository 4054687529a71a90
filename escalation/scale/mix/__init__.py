"""The distribution over levels: shares with intervals, two periods compared, changes in time."""
