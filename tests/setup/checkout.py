"""A checkout that sets itself up offline, and programs that stand before the system's on PATH."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What another Python of the kind that pyenv or conda puts first on PATH looks like: no gi.
PYTHON_WITHOUT_GI = 'exec /usr/bin/python3 -S "$@"'
# Set-up's own call of pip, with a build backend that needs no download.
PYPROJECT = """
[build-system]
requires = []
build-backend = "offline"
backend-path = ["."]
"""
BACKEND = f"""
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
PATHS = f"{{HERE / 'src'}}\\n" + {sysconfig.get_paths()["purelib"]!r}
INFO = "penstock-0.dist-info"
FILES = {{
    "penstock.pth": PATHS,
    f"{{INFO}}/METADATA": "Metadata-Version: 2.1\\nName: penstock\\nVersion: 0\\n"
    "Provides-Extra: dev\\n",
    f"{{INFO}}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    f"{{INFO}}/entry_points.txt": "[console_scripts]\\npenstock = penstock.cli:main\\n",
}}


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    with (HERE / "builds.log").open("a") as log:
        log.write("built\\n")
    name = "penstock-0-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory, name), "w") as wheel:
        for path, text in FILES.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{{INFO}}/RECORD", "".join(f"{{path}},,\\n" for path in FILES))
    return name
"""


class Machine:
    """Runs commands with programs of our own before, or instead of, those on PATH."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.log = folder / "calls.log"
        self.log.touch()
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MAKE", "MFLAGS", "PENSTOCK_", "PYTHON", "VIRTUAL_ENV", "GST_"))
        }
        self.environment["PIP_NO_INDEX"] = "1"
        self.environment["PATH"] = f"{folder}:{self.environment['PATH']}"

    def has(self, name, script="exit 0"):
        """Put a program on PATH that notes how it was called and then does `script`."""
        program = self.folder / name
        program.write_text(f'#!/bin/bash\necho "{name} $*" >>"{self.log}"\n{script}\n')
        program.chmod(0o755)
        return program

    def has_only(self, *names):
        """Leave nothing on PATH but these programs of the system and our own."""
        for name in names:
            (self.folder / name).symlink_to(shutil.which(name))
        self.environment["PATH"] = str(self.folder)

    def calls(self):
        return self.log.read_text().splitlines()

    def run(self, *command, **settings):
        settings = {"env": self.environment, **settings}
        return subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            **settings,
        )


def make_checkout(folder):
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/setup.sh", folder / "scripts")
    (folder / "src").symlink_to(ROOT / "src")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    (folder / "offline.py").write_text(BACKEND)
    return folder
