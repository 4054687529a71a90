"""Does the model keep its word? Simulations with known truth, real series hidden behind totals, and what is done today."""
