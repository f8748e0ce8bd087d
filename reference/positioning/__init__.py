"""The two-axis map, measured: nineteen prior operators and GD-Attention on the same inputs.

A record says what an operator did with a set of scores, a family is a set of inputs, a measure is a
number taken from records. `survey` runs all of it; nothing here scores or ranks an operator.
"""
