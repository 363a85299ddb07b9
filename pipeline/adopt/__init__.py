"""What exists already, brought under management without replacing it: proposals and imports."""
