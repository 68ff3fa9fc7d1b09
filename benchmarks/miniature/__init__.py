"""Does the dense reward beat the sparse one? The paper's claims on plain scenes, with a tiny model and error bars.

    make miniature                                          # all of it; goes on where it was stopped
    python benchmarks/miniature --minutes 60 --workers 2    # an hour of it
    make miniature-small                                    # two minutes, of no worth

`settings.yaml` says all that the figures depend on, `results/` holds them (one file for each arm and seed),
and `docs/miniature.md` is written from these files alone.
"""
