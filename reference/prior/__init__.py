"""The nineteen prior operators that GD-Attention is placed among, each small and readable.

A module per family; NumPy and SciPy only. Nothing here is part of the standard.
"""
