"""Kernels of models of ratings: users packed by the items they rated, one after another."""
