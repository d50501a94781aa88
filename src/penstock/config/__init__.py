"""Configuration files, one frozen dataclass for each kind; every value knows file, key and line."""

from penstock.config.analytics import AnalyticsConfig, Grammar, RuleGroup
from penstock.config.analytics_shapes import (
    CrossingLine,
    ShapeKeys,
    crossing_line,
    direction,
    ground_pairs,
    polygon,
)
from penstock.config.app import AppConfig
from penstock.config.app_parts import (
    AppGroup,
    ApplicationGroup,
    ConsumerGroup,
    DewarperGroup,
    GieGroup,
    ImagesGroup,
    OsdGroup,
    SinkGroup,
    SourceGroup,
)
from penstock.config.broker import BrokerConfig
from penstock.config.class_attributes import ClassAttributes
from penstock.config.dewarper import DewarperConfig, DewarperSurface
from penstock.config.infer import InferConfig
from penstock.config.inferserver import InferServerConfig, TensorTold
from penstock.config.keyfile import KeyFile
from penstock.config.keys import Key
from penstock.config.labels import check_labels, read_classifier_labels, read_labels
from penstock.config.messages import AnalyticsModule, MessagesConfig, Place, Sensor
from penstock.config.metamux import MetaMuxConfig
from penstock.config.mux import MuxConfig, MuxSourceConfig
from penstock.config.preprocess import PreprocessConfig, PreprocessGroup
from penstock.config.textfile import read_text, unreadable
from penstock.config.tracker import TrackerConfig
from penstock.config.triton_model import TritonModelConfig, TritonTensor
from penstock.config.value import Value

__all__ = [
    "AnalyticsConfig",
    "AnalyticsModule",
    "AppConfig",
    "AppGroup",
    "ApplicationGroup",
    "BrokerConfig",
    "ClassAttributes",
    "ConsumerGroup",
    "CrossingLine",
    "DewarperConfig",
    "DewarperGroup",
    "DewarperSurface",
    "GieGroup",
    "Grammar",
    "ImagesGroup",
    "InferConfig",
    "InferServerConfig",
    "Key",
    "KeyFile",
    "MessagesConfig",
    "MetaMuxConfig",
    "MuxConfig",
    "MuxSourceConfig",
    "OsdGroup",
    "Place",
    "PreprocessConfig",
    "PreprocessGroup",
    "RuleGroup",
    "Sensor",
    "ShapeKeys",
    "SinkGroup",
    "SourceGroup",
    "TensorTold",
    "TrackerConfig",
    "TritonModelConfig",
    "TritonTensor",
    "Value",
    "check_labels",
    "crossing_line",
    "direction",
    "ground_pairs",
    "polygon",
    "read_classifier_labels",
    "read_labels",
    "read_text",
    "unreadable",
]
