"""`pulumi-language-python`: serve the engine's language protocol until it says to stop."""

import argparse
import os
import signal
import sys
import time
from concurrent import futures
from pathlib import Path

import grpc

from local.host.protocol import add_LanguageRuntimeServicer_to_server
from local.host.runtime import PythonRuntime

_MAX_MESSAGE_BYTES = 400 * 1024 * 1024


_LOOK_SECONDS = 0.5


def main() -> None:
    """Print the port for the engine and serve; SIGINT, or the engine's end, ends it at once."""
    engine = os.getppid()
    parser = argparse.ArgumentParser(prog="pulumi-language-python")
    parser.add_argument("--exec", type=Path, required=True, help="the SDK's program launcher")
    parser.add_argument("engine", help="the engine's address")
    arguments, _ = parser.parse_known_args()
    runtime = PythonRuntime(arguments.engine, arguments.exec)

    def stop(*_: object) -> None:
        # The engine waits for our exit, ten seconds at most; Python's orderly end takes too long.
        runtime.terminate()
        os._exit(0)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    limits = [
        ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    ]
    # A plugin occupies a worker as long as it runs.
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), options=limits)
    add_LanguageRuntimeServicer_to_server(runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while os.getppid() == engine:
        time.sleep(_LOOK_SECONDS)
    stop()


main()
