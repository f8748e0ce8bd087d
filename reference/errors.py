"""Named errors of the reference."""

from __future__ import annotations

__all__ = ["PrecisionCapError"]


class PrecisionCapError(ArithmeticError):
    """A comparison of alignment energies is still open at the precision cap.

    The exact equalities of the theory are decided before any precision is raised, so no input is
    known that leads here. The error exists because a wrong order would be silent.

    Clause: GDA-thm-decidability.
    """
