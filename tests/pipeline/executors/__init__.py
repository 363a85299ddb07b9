"""Tests of where stack operations are carried out."""
