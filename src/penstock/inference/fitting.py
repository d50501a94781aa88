"""Which parser reads a network, and how many classes there are."""

from __future__ import annotations

from difflib import get_close_matches

from penstock.config import InferConfig
from penstock.errors import ConfigError, ModelError
from penstock.inference.darknet_config import read_yolo_layers
from penstock.inference.network import Network
from penstock.parsers import (
    ALIASES,
    PARSERS,
    Head,
    Parser,
    PythonFileParser,
    choose_parser,
    first_that_fits,
    stand_ins,
)

INSTANCES = 3
_BOXES, _MASKS = "parse-bbox-func-name", "parse-bbox-instance-mask-func-name"


def open_parser(config: InferConfig, network: Network) -> tuple[str, Parser, tuple[str, ...]]:
    """The parser for a network: the one the configuration names, or one that knows the layers.

    A function of a C library is no parser here: a well-known one is replaced by the parser that
    reads the same layers, any other by one that suits the layers.

    Returns:
        Its name, the parser, and warnings.

    Raises:
        ConfigError: The configuration names a parser that does not exist.
        ModelError: No parser reads these layers, or several could.
    """
    masks = config.network_type == INSTANCES and config.mask_parser is not None
    asked, key = (config.mask_parser, _MASKS) if masks else (config.parser, _BOXES)
    library = config.custom_lib
    if library is not None and library.suffix == ".py":
        where = (config.where("custom-lib-path"), config.where(key))
        return f"{asked} of {library.name}", PythonFileParser(library, asked, where=where), ()
    head = Head(
        network.layers,
        network.size,
        num_classes=config.num_classes,
        metadata=network.metadata,
        yolo_layers=read_yolo_layers(config),
    )
    try:
        name, warnings = _parser_name(config, head, asked, config.where(key))
        return name, PARSERS.load(name)(head), warnings
    except ModelError as error:
        named = f" ({config.where(key)}={asked})" if asked else ""
        raise ModelError(f"{network.model}: {error}{named}") from error


def _parser_name(
    config: InferConfig, head: Head, asked: str | None, where: str
) -> tuple[str, tuple[str, ...]]:
    if not asked:
        return choose_parser(head), ()
    if asked in PARSERS:
        return asked, ()
    readers = stand_ins(asked)
    if not readers and config.custom_lib is None:
        raise ConfigError(
            f"{where}: no parser is called {asked!r}{_like(asked)}. Known: {', '.join(PARSERS)}"
        )
    fitting = first_that_fits(readers, head)
    if fitting is not None:
        return fitting, ()
    name = readers[0] if len(readers) == 1 else choose_parser(head)
    library = f" of {config.custom_lib}" if config.custom_lib else ""
    return name, (
        f"{where}: {asked!r}{library} cannot be loaded here; "
        f"the outputs are read by the parser {name!r}",
    )


def _like(name: str) -> str:
    close = get_close_matches(name, [*PARSERS, *ALIASES], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def count_classes(config: InferConfig, parser: Parser) -> tuple[int, tuple[str, ...]]:
    """How many classes count, and warnings.

    Raises:
        ConfigError: The configuration wants more than the network has, or nobody says.
    """
    told_apart, asked = parser.num_classes, config.num_classes
    count = asked or told_apart
    key = config.where("num-detected-classes")
    if not count:
        raise ConfigError(f"{key}: missing, and the network does not say how many there are")
    if told_apart is not None and count > told_apart:
        raise ConfigError(f"{key}: {count} classes, but the network tells {told_apart} apart")
    if told_apart is not None and count < told_apart:
        return count, (f"{key}: {count} of the network's {told_apart} classes are used",)
    return count, ()
