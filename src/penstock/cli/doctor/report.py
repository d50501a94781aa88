"""The doctor's report on a terminal."""

from collections.abc import Sequence

from penstock.cli.doctor.check import Check, commands


def render(checks: Sequence[Check]) -> int:
    """Print the report; return the exit code: 1 when something required is missing."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    table = Table("", "", "found", "needed", box=None, header_style="dim")
    for check in checks:
        mark, style = _mark(check)
        table.add_row(Text(mark, style), check.name, check.found, Text(check.needed, "dim"))
    console.print(table)
    missing = [check for check in checks if check.required and not check.ok]
    notes = [check for check in checks if not check.required]
    for title, lines in (("To mend it:", commands(missing)), ("Optional:", commands(notes))):
        if lines:
            console.print(f"\n{title}", style="bold")
        for line in lines:
            console.print(f"  {line}", soft_wrap=True)
    verdict = f"Missing: {', '.join(c.name for c in missing)}" if missing else "Nothing is missing."
    console.print(f"\n{verdict}", style="bold", soft_wrap=True)
    return 1 if missing else 0


def _mark(check: Check) -> tuple[str, str]:
    if check.ok:
        return "ok", "green"
    return ("missing", "bold red") if check.required else ("note", "yellow")
