"""Each law of the pack, by itself and through the real engine."""
