"""`penstock inspect`: the elements and their properties."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from penstock.errors import UnknownNameError


def inspect(
    element: Annotated[str | None, typer.Argument(help="A factory name, such as nvinfer.")] = None,
) -> None:
    """List the elements, or the properties of one."""
    from penstock.elements import TABLE, load

    if element is None:
        table = Table("element", "what it does")
        for factory in TABLE:
            table.add_row(factory, load(factory).__gstmetadata__[2])
        Console().print(table)
        return
    if element not in TABLE:
        raise UnknownNameError(f"no element is called {element!r}. Known: {', '.join(TABLE)}")
    table = Table("property", "type", "default", "what it does")
    for prop in load(element).PROPERTIES:
        kind = prop.kind if isinstance(prop.kind, str) else " | ".join(prop.kind.values)
        table.add_row(prop.name, kind, str(prop.default), prop.blurb)
    Console().print(table)
