"""Service users' keys: stores, and the one function that mints, stores and adopts them."""
