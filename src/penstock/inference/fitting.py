"""Which parser reads a network, and how many classes there are."""

from __future__ import annotations

from penstock.config import InferConfig
from penstock.errors import ConfigError, ModelError
from penstock.inference.network import Network
from penstock.parsers import ALIASES, PARSERS, Parser, choose_parser


def open_parser(config: InferConfig, network: Network) -> tuple[str, Parser, tuple[str, ...]]:
    """The parser for a network: the one the configuration names, or one that knows the layers.

    A function of the SDK's C libraries is no parser here; where the layers are known all the
    same, their parser is taken.

    Returns:
        Its name, the parser, and warnings.

    Raises:
        ConfigError: The configuration names a parser that does not exist.
        ModelError: No parser reads these layers.
    """
    name, warnings = _parser_name(config, network)
    try:
        parser = PARSERS.load(name)(network.layers, metadata=network.metadata)
    except ModelError as error:
        raise ModelError(f"{network.model}: {error}") from error
    return name, parser, warnings


def _parser_name(config: InferConfig, network: Network) -> tuple[str, tuple[str, ...]]:
    asked = ALIASES.get(config.parser or "", config.parser)
    if asked in PARSERS:
        return str(asked), ()
    key = config.where("parse-bbox-func-name")
    if asked and config.custom_lib is None:
        known = ", ".join(PARSERS)
        raise ConfigError(f"{key}: no parser is called {asked!r}. Known: {known}")
    try:
        name = choose_parser(network.layers)
    except ModelError as error:
        unknown = f"; {key}: {asked!r} of {config.custom_lib} cannot be loaded" if asked else ""
        raise ModelError(f"{network.model}: {error}{unknown}") from error
    if not asked:
        return name, ()
    return name, (
        f"{key}: {asked!r} of {config.custom_lib} cannot be loaded here; "
        f"the outputs are read by the parser {name!r}",
    )


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
