"""The CrossGuard pack: one rule per file."""
