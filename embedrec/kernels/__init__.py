"""Compiled loops: arrays in, arrays out; no strings, no files, no Python objects."""
