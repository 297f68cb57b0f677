"""Slow twins of the kernels of models of ratings, in float64, from the formulas."""
