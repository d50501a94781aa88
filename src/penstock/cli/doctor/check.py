"""One line of the doctor's report, and the commands that mend a set of lines."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: What it is.
        ok: Whether it is as needed.
        found: What is there, for a reader.
        needed: What is wanted, for a reader.
        packages: Debian's names of the packages that would mend it.
        command: The shell command that mends it, after the packages if both are given; a comment
            (`# ...`) where no command does.
        required: Whether Penstock's main job fails without it.
    """

    name: str
    ok: bool
    found: str
    needed: str
    packages: tuple[str, ...] = ()
    command: str = ""
    required: bool = True

    @property
    def fix(self) -> str:
        """The commands that mend this alone, a line each; `""` when nothing has to be done."""
        return "\n".join(commands([self]))


def commands(checks: Iterable[Check]) -> list[str]:
    """What mends all of `checks`: one line for their packages, then each other command once."""
    broken = [check for check in checks if not check.ok]
    packages = dict.fromkeys(package for check in broken for package in check.packages)
    others = dict.fromkeys(check.command for check in broken if check.command)
    return [*([_install(*packages)] if packages else []), *others]


def as_root() -> str:
    """The prefix that lets this user run a command as root."""
    return "" if os.geteuid() == 0 else "sudo "


def _install(*packages: str) -> str:
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        return f"# install what Debian and Ubuntu call {names}"
    apt_get = f"{as_root()}apt-get"
    return f"{apt_get} update && {apt_get} install -y --no-install-recommends {names}"
