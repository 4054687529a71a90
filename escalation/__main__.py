"""``python -m escalation``: the command line."""

import sys

from escalation.cli import main

if __name__ == "__main__":
    sys.exit(main())
