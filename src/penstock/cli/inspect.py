"""`penstock inspect`: the elements, their pads and properties."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.errors import UnknownNameError


def inspect(
    element: Annotated[str | None, typer.Argument(help="A factory name, such as nvinfer.")] = None,
) -> None:
    """List the elements, or the pads and properties of one."""
    import penstock
    from penstock.elements import TABLE, load
    from penstock.gst import Gst

    penstock.init()
    console = Console(highlight=False)
    if element is None:
        table = Table("element", "what it does")
        for name in TABLE:
            table.add_row(name, Text(_description(Gst.ElementFactory.find(name))))
        console.print(table)
        return
    if element not in TABLE:
        raise UnknownNameError(f"no element is called {element!r}. Known: {', '.join(TABLE)}")
    factory = Gst.ElementFactory.find(element)
    console.print(Text(f"{element}: {_description(factory)}"))
    console.print(_pads(factory))
    if load(element).PROPERTIES:  # type: ignore[attr-defined]
        console.print(_properties(load(element)))


def _description(factory: Any) -> str:
    return str(factory.get_metadata("description"))


def _pads(factory: Any) -> Table:
    table = Table("pad", "direction", "there", "caps")
    for pad in factory.get_static_pad_templates():
        table.add_row(
            pad.name_template,
            pad.direction.value_nick,
            pad.presence.value_nick,
            Text(str(pad.get_caps().to_string())),
        )
    return table


def _properties(element: Any) -> Table:
    table = Table("property", "type", "default", "what it does")
    for prop in element.PROPERTIES:
        kind, default = prop.kind, prop.default
        if not isinstance(kind, str):
            default = next(name for name, value in kind.values.items() if value == default)
            kind = " | ".join(kind.values)
        table.add_row(prop.name, Text(kind), Text(str(default)), Text(prop.blurb))
    return table
