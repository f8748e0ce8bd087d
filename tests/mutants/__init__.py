"""Wrong implementations, by hand: what the judge must see, and the proof that it does.

`base` is a correct implementation in plain float64. Each mutant is a patch over it that someone
could write, in a module by theme, with the clauses that it breaks and why it would be written.
`registry` collects them, `kill` judges them, `equivalents` holds the patches that change nothing,
each with its proof.
"""
