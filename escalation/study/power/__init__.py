"""What change so many reports could show."""
