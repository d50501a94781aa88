"""Every exception Penstock raises on purpose.

PenstockError
├── ConfigError        (also ValueError)       a setting is missing, unknown or out of range
├── UnknownNameError   (also LookupError)      no backend, parser, tracker, model … has that name
├── MissingExtraError  (also ImportError)      it exists, but an optional dependency does not
├── ModelError         (also RuntimeError)     a network cannot be read or does not fit its settings
├── BrokerError        (also ConnectionError)  a message broker refused or went away
└── StreamError        (also RuntimeError)     a pipeline stopped; names the element and the source
"""

__all__ = [
    "BrokerError",
    "ConfigError",
    "MissingExtraError",
    "ModelError",
    "PenstockError",
    "StreamError",
    "UnknownNameError",
]


class PenstockError(Exception):
    """Base class: `except PenstockError` catches everything raised here on purpose."""


class ConfigError(PenstockError, ValueError):
    """A setting is missing, unknown or out of range; names file, key and line when it has them."""


class UnknownNameError(PenstockError, LookupError):
    """Nothing is registered under the requested name; the message lists what is."""


class MissingExtraError(PenstockError, ImportError):
    """An implementation needs an optional dependency; the message says how to install it."""


class ModelError(PenstockError, RuntimeError):
    """A network cannot be read, run, or does not fit the settings around it."""


class BrokerError(PenstockError, ConnectionError):
    """A message broker refused the connection or went away."""


class StreamError(PenstockError, RuntimeError):
    """A running pipeline stopped."""
