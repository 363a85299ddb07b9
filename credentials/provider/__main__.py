"""Start the provider `iamprofiles`; the engine runs this."""

import sys
from pathlib import Path

from credentials.provider.serve import serve

if __name__ == "__main__":
    # The language host gives this plugin's folder first, then the engine's address.
    if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir():
        del sys.argv[1]
    serve()
