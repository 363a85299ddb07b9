"""The files of `profiles/` as they are written: read, shaped, and each value traced to its line."""
