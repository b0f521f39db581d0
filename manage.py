#!/usr/bin/env python3
"""Django's command line. Works with any Python: it goes on with the set-up's own, if it must."""

import os
import sys
from pathlib import Path

_SET_UP = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    """Run a management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        if not _SET_UP.exists() or Path(sys.prefix).resolve() == _SET_UP.parents[1].resolve():
            sys.exit("Django is not installed here. Run `make setup` first.")
        os.execv(_SET_UP, [str(_SET_UP), *sys.argv])
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
