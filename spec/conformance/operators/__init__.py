"""Oracles for operators other than GD-Attention, where an exact answer exists."""
