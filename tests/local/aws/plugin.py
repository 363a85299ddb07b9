"""The stand-in as an engine sees it: over gRPC, with plain Python values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from local.aws.server import create_server
from local.aws.wire import UNKNOWN, decode, encode

__all__ = ["UNKNOWN", "Diff", "Live", "Plugin", "Values", "plain", "reason", "struct", "urn"]

Values = dict[str, Any]


@dataclass(frozen=True)
class Diff:
    """What the plugin says would change."""

    changes: bool
    properties: list[str]
    replaces: list[str]
    delete_first: bool
    detail: dict[str, str]


@dataclass
class Live:
    """A resource that a test has created."""

    type: str
    id: str
    inputs: Values
    outputs: Values = field(default_factory=dict[str, Any])


class Plugin:
    """A running stand-in; the methods are the engine's calls."""

    def __init__(self) -> None:
        self.server, port = create_server()
        self.server.start()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = ResourceProviderStub(self.channel)

    def close(self) -> None:
        self.channel.close()
        self.server.stop(None).wait()

    def check_config(self, news: Values) -> dict[str, str]:
        """Return {property: reason} of what is refused."""
        request = provider_pb2.CheckRequest(urn=urn("pulumi:providers:aws"), news=struct(news))
        return {one.property: one.reason for one in self.stub.CheckConfig(request).failures}

    def configure(self, args: Values) -> provider_pb2.ConfigureResponse:
        return self.stub.Configure(provider_pb2.ConfigureRequest(args=struct(args)))

    def check(
        self, type_: str, news: Values, olds: Mapping[str, Any] | None = None, seed: bytes = b"seed"
    ) -> tuple[Values, dict[str, str]]:
        """Return the completed inputs and {property: reason} of what is refused."""
        response = self.stub.Check(
            provider_pb2.CheckRequest(
                urn=urn(type_), olds=struct(olds or {}), news=struct(news), randomSeed=seed
            )
        )
        reasons = {one.property: one.reason for one in response.failures}
        return plain(response.inputs), reasons

    def diff(self, live: Live, news: Values, ignore: tuple[str, ...] = ()) -> Diff:
        request = provider_pb2.DiffRequest(
            id=live.id,
            urn=urn(live.type),
            olds=struct(live.outputs),
            old_inputs=struct(live.inputs),
            news=struct(self.checked(live.type, news, live.inputs)),
            ignoreChanges=ignore,
        )
        found = self.stub.Diff(request)
        kinds = provider_pb2.PropertyDiff.Kind
        return Diff(
            changes=found.changes == provider_pb2.DiffResponse.DIFF_SOME,
            properties=list(found.diffs),
            replaces=list(found.replaces),
            delete_first=found.deleteBeforeReplace,
            detail={path: kinds.Name(one.kind) for path, one in found.detailedDiff.items()},
        )

    def checked(self, type_: str, news: Values, olds: Mapping[str, Any] | None = None) -> Values:
        inputs, reasons = self.check(type_, news, olds)
        assert reasons == {}
        return inputs

    def create(self, type_: str, news: Values) -> Live:
        inputs = self.checked(type_, news)
        request = provider_pb2.CreateRequest(urn=urn(type_), properties=struct(inputs))
        response = self.stub.Create(request)
        return Live(type_, response.id, inputs, plain(response.properties))

    def preview_create(self, type_: str, news: Values) -> Values:
        inputs = struct(self.checked(type_, news))
        request = provider_pb2.CreateRequest(urn=urn(type_), properties=inputs, preview=True)
        return plain(self.stub.Create(request).properties)

    def update(self, live: Live, news: Values) -> Live:
        inputs = self.checked(live.type, news, live.inputs)
        request = provider_pb2.UpdateRequest(
            id=live.id, urn=urn(live.type), olds=struct(live.outputs), news=struct(inputs)
        )
        outputs = plain(self.stub.Update(request).properties)
        return Live(live.type, live.id, inputs, outputs)

    def preview_update(self, live: Live, news: Values) -> Values:
        inputs = struct(self.checked(live.type, news, live.inputs))
        request = provider_pb2.UpdateRequest(
            id=live.id, urn=urn(live.type), olds=struct(live.outputs), news=inputs, preview=True
        )
        return plain(self.stub.Update(request).properties)

    def read(self, live: Live) -> Live | None:
        """Refresh a resource; None when it is gone."""
        request = provider_pb2.ReadRequest(
            id=live.id,
            urn=urn(live.type),
            properties=struct(live.outputs),
            inputs=struct(live.inputs),
        )
        return self._found(live.type, request)

    def import_(self, type_: str, identifier: str) -> Live | None:
        return self._found(type_, provider_pb2.ReadRequest(id=identifier, urn=urn(type_)))

    def delete(self, live: Live) -> None:
        request = provider_pb2.DeleteRequest(
            id=live.id, urn=urn(live.type), properties=struct(live.outputs)
        )
        self.stub.Delete(request)

    def invoke(self, token: str) -> Values:
        response = self.stub.Invoke(provider_pb2.InvokeRequest(tok=token))
        return plain(getattr(response, "return"))

    def cancel(self) -> None:
        self.stub.Cancel(Empty())

    def _found(self, type_: str, request: provider_pb2.ReadRequest) -> Live | None:
        found = self.stub.Read(request)
        if not found.id:
            return None
        return Live(type_, found.id, plain(found.inputs), plain(found.properties))


def urn(type_: str, name: str = "thing") -> str:
    return f"urn:pulumi:dev::project::{type_}::{name}"


def struct(values: Mapping[str, Any]) -> Struct:
    return encode(values)


def plain(message: Struct) -> Values:
    return decode(message).values


def reason(error: grpc.RpcError) -> str:
    """Return the message of a refused call."""
    assert isinstance(error, grpc.Call)
    return error.details() or ""
