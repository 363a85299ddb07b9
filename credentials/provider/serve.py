"""Serve the provider to the engine: errors as one sentence, interrupts that lose nothing."""

import asyncio
import contextlib
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import grpc
import grpc.aio
from google.protobuf.message import Message
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2_grpc

from credentials.errors import CredentialsError
from credentials.provider.stored_access_key import StoredAccessKeyProvider

_VERSION = "0.1.0"
_WATCH_SECONDS = 2.0
_LAST_ANSWERS_SECONDS = 2.0

Context = grpc.aio.ServicerContext[Message, Message]
Handler = Callable[[Message, Context], Awaitable[Message]]


def _spoken(handler: Handler) -> Handler:
    """The handler, whose errors reach the user as their own text and nothing more.

    Without this, an error becomes `Unexpected <class …>`, and its traceback the plugin's output.
    """

    async def handle(request: Message, context: Context) -> Message:
        try:
            return await handler(request, context)
        except CredentialsError as error:
            found = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, only kind and place are safe to show
            place = traceback.extract_tb(error.__traceback__)[-1]
            found = (
                f"the provider failed with `{type(error).__name__}` at"
                f" `{Path(place.filename).name}:{place.lineno}`; report this, and run it again"
            )
        return await context.abort(grpc.StatusCode.FAILED_PRECONDITION, found)

    return handle


class Servicer(ProviderServicer):
    """The SDK's servicer with errors for people."""

    def __init__(self, provider: StoredAccessKeyProvider, engine: str) -> None:
        super().__init__([], _VERSION, provider, engine)
        for operation in ("Check", "Diff", "Create", "Read", "Update", "Delete"):
            setattr(self, operation, _spoken(cast("Handler", getattr(self, operation))))


async def _until_over(provider: StoredAccessKeyProvider, engine: str) -> None:
    """Wait until this process is told to end, or nobody is left to tell it; then until it is idle.

    What is under way is never cut off: a key may have been minted that is not in the store yet. An
    engine that was killed cannot stop its plugins, so they watch whether it still listens.
    """
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    while not told.is_set() and await _listens(engine):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), _WATCH_SECONDS)
    if told.is_set():
        await provider.cancel()
    await provider.idle()


async def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


async def _serve(engine: str) -> None:
    provider = StoredAccessKeyProvider()
    server = grpc.aio.server()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider, engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await _until_over(provider, engine)
    await server.stop(_LAST_ANSWERS_SECONDS)


def serve() -> None:
    """Print the port and serve the engine whose address is the first argument."""
    # Ctrl-C goes to the whole process group. The engine hears it too, and lets what is under way
    # end before it ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if not arguments:
        sys.exit("this is started by the Pulumi engine, not by hand; run `pulumi up`")
    asyncio.run(_serve(arguments[0]))
