"""Mutants of the compiled package: one edit of its own source, judged by the oracle's order.

`edits` holds them, `trial` is the program that judges one copy of the package, `run` makes the
copies and starts it.
"""
