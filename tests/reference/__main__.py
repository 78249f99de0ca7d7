from __future__ import annotations

import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()

    from tests.reference.pages import FOLDER, written

    FOLDER.mkdir(exist_ok=True)
    for name, text in written():
        (FOLDER / name).write_text(text)
        print(f"docs/reference/{name}")
