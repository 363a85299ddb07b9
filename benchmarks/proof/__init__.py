"""How long a proof takes over generated organisations, and what the peers take over the same."""
