"""What a preview found, for people and for programs."""
