"""What DeepStream's sample scripts import as `common.*`, for scripts that came without it."""
