"""`penstock sources`: the sources of a pipeline that takes orders by REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from penstock.errors import ConfigError

if TYPE_CHECKING:
    from penstock.rest import RestClient

app = typer.Typer(
    no_args_is_help=True, help="Add and remove sources of a pipeline that plays (--rest)."
)
Url = Annotated[
    str, typer.Argument(help="A URI, or a path on the machine where the pipeline runs.")
]
Id = Annotated[str | None, typer.Option("--id", help="What it is called; else as its URL.")]
Port = Annotated[str, typer.Option(metavar="PORT|HOST:PORT", help="Where the pipeline listens.")]
_PORT = "9000"


@app.command()
def add(
    url: Url,
    sensor_id: Id = None,
    name: Annotated[str, typer.Option(help="A name for people.")] = "",
    port: Port = _PORT,
) -> None:
    """Add a source; whether it can be read is said where the pipeline runs."""
    from penstock.meta import SensorInfo

    _client(port).add(SensorInfo(-1, sensor_id or _shown(url), name, url))


@app.command()
def remove(url: Url, sensor_id: Id = None, port: Port = _PORT) -> None:
    """Remove a source."""
    from penstock.meta import SensorInfo

    _client(port).remove(SensorInfo(-1, sensor_id or _shown(url), "", url))


@app.command("list")
def list_(port: Port = _PORT) -> None:
    """List the sources by number, id and name, newest first."""
    for sensor in _client(port).streams():
        print(f"{sensor.source_id}\t{sensor.sensor_id}\t{sensor.sensor_name}".rstrip())


def _client(port: str) -> RestClient:
    from penstock.rest import RestAddress, RestClient

    address = RestAddress.parse(port)
    if address is None:
        raise ConfigError("port 0: wanted the port that the pipeline listens at")
    return RestClient(address)


def _shown(url: str) -> str:
    from penstock.gst import Login

    return Login.of(url).url
