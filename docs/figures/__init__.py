"""The figures of the text: one module each, drawn from the reference alone.

A module has `data`, which computes what is shown from `gd_attention` and rounds it, and `draw`,
which puts it on a matplotlib figure. `figures.toml` names the clauses and holds alternative text
and captions. `tools/make_figures.py` writes the files.
"""
