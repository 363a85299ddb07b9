"""The engine against the independent evaluator, on generated worlds and on the steps of paths."""
