"""Configuration files, one frozen dataclass for each kind; every value knows file, key and line."""

from penstock.config.class_attributes import ClassAttributes
from penstock.config.dewarper import DewarperConfig, DewarperSurface
from penstock.config.infer import InferConfig
from penstock.config.keyfile import KeyFile
from penstock.config.labels import check_labels, read_classifier_labels, read_labels
from penstock.config.mux import MuxConfig, MuxSourceConfig
from penstock.config.textfile import read_text, unreadable
from penstock.config.value import Value

__all__ = [
    "ClassAttributes",
    "DewarperConfig",
    "DewarperSurface",
    "InferConfig",
    "KeyFile",
    "MuxConfig",
    "MuxSourceConfig",
    "Value",
    "check_labels",
    "read_classifier_labels",
    "read_labels",
    "read_text",
    "unreadable",
]
