"""Numbers of DeepStream's headers that applications refer to."""

from pyds.fields import ALL_ONES

__version__ = "1.2.0"
"""Version of the API, not of Penstock."""

MAX_USER_FIELDS = 4
MAX_RESERVED_FIELDS = 4
MAX_LABEL_SIZE = 128
MAX_ELEMENTS_IN_DISPLAY_META = 16
MAX_BORDER_WIDTH = 32
NVDSINFER_MAX_DIMS = 8
NVBUF_MAX_PLANES = 4
FILE_NAME_SIZE = 1024
STRUCTURE_PADDING = 4
UNTRACKED_OBJECT_ID = ALL_ONES
"""`object_id` of an object that no tracker has claimed."""
