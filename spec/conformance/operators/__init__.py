"""The oracle for prior operators: exact answers, and what rounding may make of them.

Written from the definitions, with exact rationals and ball arithmetic; it imports nothing of the
reference. `verify_operator` judges a function, `OPERATORS` lists what can be judged.
"""

from __future__ import annotations

from gd_attention.conformance.operators.catalogue import OPERATORS, operator_named
from gd_attention.conformance.operators.verify import verify_operator

__all__ = ["OPERATORS", "operator_named", "verify_operator"]
