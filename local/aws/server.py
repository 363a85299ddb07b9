"""The gRPC server around the provider: where refusals become statuses, never tracebacks."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server
from pulumi.runtime.proto.status_pb2 import Status
from typing_extensions import override

from local.aws import wire
from local.aws.errors import StandInError
from local.aws.operations import PartialError
from local.aws.service import Provider

_MESSAGE_BYTES = 1 << 30
_THREADS = 32

if TYPE_CHECKING:  # the stubs are generic, the classes are not
    _Handler = grpc.RpcMethodHandler[Any, Any]
    _Interceptor = grpc.ServerInterceptor[Any, Any]
else:
    _Interceptor = grpc.ServerInterceptor

_Behaviour = Callable[[Any, grpc.ServicerContext], Any]


def create_server() -> tuple[grpc.Server, int]:
    """Return a server of a new provider, not yet started, and its port on this machine."""
    provider = Provider()
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS),
        interceptors=[_Statuses(provider)],
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
        ],
    )
    add_ResourceProviderServicer_to_server(provider, server)
    return server, server.add_insecure_port("127.0.0.1:0")


@dataclass(frozen=True)
class _Status(grpc.Status):
    """A status with details, as gRPC sends it."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: Any


class _Statuses(_Interceptor):
    """Turns what a method raises into a status of gRPC."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    @override
    def intercept_service(
        self,
        continuation: "Callable[[grpc.HandlerCallDetails], _Handler | None]",
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "_Handler | None":
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        method = handler_call_details.method.rsplit("/", 1)[-1]
        return cast(
            "_Handler",
            grpc.unary_unary_rpc_method_handler(
                self._answering(method, handler.unary_unary),
                handler.request_deserializer,
                handler.response_serializer,
            ),
        )

    def _answering(self, method: str, behaviour: _Behaviour) -> _Behaviour:
        def answer(request: Any, context: grpc.ServicerContext) -> Any:  # noqa: ANN401 - any message
            if self._provider.cancelled.is_set() and method != "Cancel":
                context.abort(grpc.StatusCode.CANCELLED, "the operation was cancelled")
            try:
                return behaviour(request, context)
            except PartialError as error:
                context.abort_with_status(_partial(error))
            except StandInError as error:
                context.abort(grpc.StatusCode.UNKNOWN, str(error))
            except Exception as error:  # noqa: BLE001 - the engine gets a status, whatever happens
                what = f"{type(error).__name__}: {error}"
                sys.stderr.write(f"the stand-in for the AWS plugin failed in {method}: {what}\n")
                context.abort(
                    grpc.StatusCode.INTERNAL,
                    f"the stand-in for the AWS plugin failed in {method}: {what}; this is a "
                    "defect of it, please report it",
                )

        return answer


def _partial(error: PartialError) -> _Status:
    """Return the status that has the engine keep a resource whose creation failed half-way."""
    detail = AnyMessage()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.identifier,
            properties=wire.encode(error.outputs),
            inputs=wire.encode(error.inputs),
            reasons=[str(error)],
        )
    )
    code = grpc.StatusCode.UNKNOWN
    status = Status(code=code.value[0], message=str(error), details=[detail])
    trailer = ("grpc-status-details-bin", status.SerializeToString())
    return _Status(code, str(error), (trailer,))
