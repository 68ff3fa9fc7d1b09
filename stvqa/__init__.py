"""Scene graphs to spatial questions with proved answers; see `stvqa --help`."""

__all__ = ["__version__"]

__version__ = "0.1.0"
