"""Looks at what would be uploaded: `python tests/dist.py FOLDER`, after `python -m build --outdir FOLDER`."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path


def main(folder: Path) -> None:
    files = sorted([*folder.glob("*.whl"), *folder.glob("*.tar.gz")])
    if len(files) != 2:
        sys.exit(f"{folder} should hold one wheel and one sdist, and has {[file.name for file in files]}")
    run("twine", "check", "--strict", *map(str, files))
    run("check_wheel_contents", *(str(file) for file in files if file.suffix == ".whl"))
    for file in files:
        print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB{_inside(file)}")


def run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


def _inside(file: Path) -> str:
    if file.suffix != ".whl":
        return ""
    with zipfile.ZipFile(file) as archive:
        sizes = [info.file_size for info in archive.infolist()]
    return f", {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB unpacked"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
