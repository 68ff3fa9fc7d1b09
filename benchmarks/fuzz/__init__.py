"""Fuzz targets: what stvqa reads from others, made hostile, and what has to hold whatever it reads.

    python benchmarks/fuzz sources --minutes 10 --seed 3     # or replies, rows, recipes, run-folders, all
    python benchmarks/fuzz memory                            # hostile inputs of up to 100 MB

One target a kind of input. A target draws cases (`fuzz.mutation`, `fuzz.trees`), which begin as something valid, and
runs each in a sandbox (`fuzz.sandbox`): the outcome is success or one message of the `StvqaError` family, in bounded
time and memory, and nothing beside the sandbox is written, read or told. `tests/fuzz` runs a few cases of each.
"""
