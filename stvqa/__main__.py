"""`python -m stvqa` is the command `stvqa`."""

from stvqa.cli import main

if __name__ == "__main__":
    main()
