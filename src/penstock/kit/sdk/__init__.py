"""A look-alike of DeepStream's sample tree, made of the kit's open models and videos."""

from penstock.kit.sdk.building import Built, build_tree
from penstock.kit.sdk.linking import link
from penstock.kit.sdk.stand_in import StandIn
from penstock.kit.sdk.tree import TREE

__all__ = ["TREE", "Built", "StandIn", "build_tree", "link"]
