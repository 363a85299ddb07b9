"""Credentials at run time: the stored key, read when it is needed, becomes one role's session."""
