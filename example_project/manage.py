#!/usr/bin/env python
from __future__ import annotations

import os
import sys


def main() -> None:
    # The demonstration remakes its database each time, so it has settings that know of no other.
    settings = "config.demo_settings" if sys.argv[1:2] == ["demo"] else "config.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
