"""``python -m aind_lint``."""

from aind_lint.cli.main import run

if __name__ == "__main__":  # other processes of ours import it
    run()
