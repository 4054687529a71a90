"""Is there any change at all? A likelihood-ratio scan with a bootstrap p-value."""
