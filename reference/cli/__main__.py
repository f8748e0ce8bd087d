"""``python -m gd_attention.cli``: the command without its script."""

from __future__ import annotations

from gd_attention.cli.app import main

main()
