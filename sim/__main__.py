"""`python -m sim`, and `python -m driftline`: the command without its script."""

from sim.cli.main import main

if __name__ == "__main__":
    main()
