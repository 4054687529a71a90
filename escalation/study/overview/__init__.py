"""The overview of a study: what is drawn, in which words, and the figure."""
