"""Serves the stand-in: prints its port for the engine and ends quietly with it."""

import os
import signal
import sys
import time

from local.aws.server import create_server

_GRACE_SECONDS = 30.0


def main() -> None:
    """Serve until the engine ends us or is gone; what is under way is finished first."""
    engine = os.getppid()
    server, port = create_server()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        while os.getppid() == engine:
            time.sleep(1.0)
    except KeyboardInterrupt:
        pass
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    server.stop(_GRACE_SECONDS).wait()


if __name__ == "__main__":
    main()
