"""pyds."""
