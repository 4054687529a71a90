"""Does the model keep its word? Simulation, real series hidden behind totals, and what is done today."""
