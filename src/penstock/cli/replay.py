"""`penstock replay`: look at what nvdsanalytics counted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

OUTPUT = Path("penstock-replay.mp4")
_errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def replay(
    proof: Annotated[Path, typer.Argument(help="What nvdsanalytics' proof-file recorded.")],
    video: Annotated[str, typer.Option(help="The video that was analysed: a file or a URI.")],
    output: Annotated[
        Path, typer.Option(help="An MP4, or a folder for one picture of each frame with an event.")
    ] = OUTPUT,
    source: Annotated[
        int | None, typer.Option(min=0, help="Whose events, where the proof is about several.")
    ] = None,
) -> None:
    """Draw every crossing, visit, crowd and stay of a proof on its video again."""
    from penstock.pipeline.replay import replay as draw

    done = draw(
        proof,
        video=video,
        output=output,
        source=source,
        on_warning=lambda text: _errors.print(f"penstock: warning: {text}"),
    )
    drawn = f"{len(done.pictures)} pictures" if done.pictures else f"{done.frames} frames"
    Console(highlight=False).print(f"{done.events} events, {drawn} in {output}")
    if done.beyond:
        _errors.print(
            f"penstock: {done.beyond} events lie behind the last of {done.frames} frames: this is "
            "not the video that was analysed"
        )
        raise typer.Exit(1)
