"""The gRPC service that the engine talks to: requests in, the machinery's answers out."""

from collections.abc import Mapping
from threading import Event
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer
from typing_extensions import override

from local.aws import PLUGIN_VERSION, checks, differences, operations, schema, settings, wire
from local.aws.checks import Failure
from local.aws.cloud import Cloud, connect
from local.aws.errors import ConfigurationError
from local.aws.table import Resource
from local.aws.types import RESOURCES

_Kind = provider_pb2.PropertyDiff
_KINDS = {
    (differences.Change.ADD, False): _Kind.ADD,
    (differences.Change.ADD, True): _Kind.ADD_REPLACE,
    (differences.Change.DELETE, False): _Kind.DELETE,
    (differences.Change.DELETE, True): _Kind.DELETE_REPLACE,
    (differences.Change.UPDATE, False): _Kind.UPDATE,
    (differences.Change.UPDATE, True): _Kind.UPDATE_REPLACE,
}


class Provider(ResourceProviderServicer):
    """The provider `aws` of the local cloud."""

    def __init__(self) -> None:
        self.cancelled = Event()
        self._cloud: Cloud | None = None

    @override
    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Say what this provider understands; resources and outputs are sent as plain values."""
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, supports_autonaming_configuration=True
        )

    @override
    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Return the version of the plugin that this one stands in for."""
        return plugin_pb2.PluginInfo(version=PLUGIN_VERSION)

    @override
    def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: grpc.ServicerContext
    ) -> provider_pb2.GetSchemaResponse:
        """Return the tables as a schema."""
        return provider_pb2.GetSchemaResponse(schema=schema.render(RESOURCES.values()))

    @override
    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> Empty:
        """Take note of an engine; this provider never calls it."""
        return Empty()

    @override
    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Let what is under way finish and begin nothing more."""
        self.cancelled.set()
        return Empty()

    @override
    def CheckConfig(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Check the provider's own configuration."""
        news = wire.decode(request.news)
        failures = [Failure(*problem) for problem in settings.check(news.values)]
        return _check_response(news.values, news.secrets, failures)

    @override
    def DiffConfig(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Compare two configurations; none of the differences replaces the provider."""
        olds = wire.decode(request.old_inputs or request.olds).values
        news = wire.decode(request.news).values
        changed = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key))
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if changed else response.DIFF_NONE, diffs=changed
        )

    @override
    def Configure(
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Connect to the configured account, or refuse it, before anything is written."""
        values = wire.decode(request.args).values
        problems = settings.check(values)
        if problems:
            raise ConfigurationError("; ".join(f"{name}: {reason}" for name, reason in problems))
        self._cloud = connect(settings.parse(values))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, supports_autonaming_configuration=True
        )

    @override
    def Check(
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Check a resource's inputs and complete them."""
        news = wire.decode(request.news)
        inputs, failures = checks.check(
            _resource(request.urn), _naming(request), wire.decode(request.olds).values, news.values
        )
        return _check_response(inputs, news.secrets, failures)

    @override
    def Diff(
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Compare a resource's state with its new inputs."""
        resource = _resource(request.urn)
        state, news = wire.decode(request.olds).values, wire.decode(request.news).values
        ignored = tuple(request.ignoreChanges)
        found = differences.compare(resource, state, news, self._default_tags(), ignored)
        replaces = sorted({one.property for one in found if one.replaces})
        # The engine would show `tagsAll`, which is no input, as taken away.
        shown = [one for one in found if one.property != "tagsAll"] or found
        response = provider_pb2.DiffResponse
        return response(
            changes=response.DIFF_SOME if found else response.DIFF_NONE,
            diffs=sorted({one.property for one in found}),
            replaces=replaces,
            detailedDiff={
                one.path: provider_pb2.PropertyDiff(kind=_KINDS[one.change, one.replaces])
                for one in shown
            },
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces)
            and differences.deletes_before_replacing(resource, state, news),
        )

    @override
    def Create(
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Create a resource; in a preview, say what is known of it."""
        resource, inputs = _resource(request.urn), wire.decode(request.properties)
        if request.preview:
            outputs = operations.preview_create(resource, inputs.values, self._default_tags())
            return provider_pb2.CreateResponse(properties=wire.encode(outputs, inputs.secrets))
        found = operations.create(resource, self._account(), inputs.values)
        return provider_pb2.CreateResponse(
            id=found.id, properties=wire.encode(found.outputs, inputs.secrets)
        )

    @override
    def Read(
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """Read a resource for a refresh or an import; an empty id says that it is gone."""
        resource, state = _resource(request.urn), wire.decode(request.properties)
        old_inputs = wire.decode(request.inputs)
        found = operations.read(resource, self._account(), request.id, state.values)
        if found is None:
            return provider_pb2.ReadResponse()
        secrets = state.secrets | old_inputs.secrets
        inputs = operations.inputs_of(resource, found, old_inputs.values)
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=wire.encode(found.outputs, secrets),
            inputs=wire.encode(inputs, secrets),
        )

    @override
    def Update(
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Change a resource in place."""
        resource, inputs = _resource(request.urn), wire.decode(request.news)
        state = wire.decode(request.olds).values
        if request.preview:
            tags = self._default_tags()
            outputs = operations.preview_update(resource, state, inputs.values, tags)
        else:
            account = self._account()
            found = operations.update(resource, account, request.id, state, inputs.values)
            outputs = found.outputs
        return provider_pb2.UpdateResponse(properties=wire.encode(outputs, inputs.secrets))

    @override
    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> Empty:
        """Delete a resource."""
        state = wire.decode(request.properties).values
        operations.delete(_resource(request.urn), self._account(), request.id, state)
        return Empty()

    @override
    def Invoke(
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Call a function: `aws:index/getCallerIdentity:getCallerIdentity` is the only one."""
        if request.tok != "aws:index/getCallerIdentity:getCallerIdentity":
            raise ConfigurationError(settings.NOT_SERVED.format(request.tok))
        cloud = self._account()
        identity = {
            "accountId": cloud.account,
            "arn": cloud.arn,
            "id": cloud.account,
            "userId": cloud.user_id,
        }
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(wire.encode(identity))
        return response

    def _default_tags(self) -> Mapping[str, str]:
        return self._cloud.default_tags if self._cloud else {}

    def _account(self) -> Cloud:
        if self._cloud is None:
            raise ConfigurationError(
                "the provider is not configured yet; its configuration depends on something that "
                "has not been created"
            )
        return self._cloud


def _resource(urn: str) -> Resource:
    token = urn.split("::")[2].rsplit("$", 1)[-1]
    found = RESOURCES.get(token)
    if found is None:
        served = ", ".join(sorted(RESOURCES))
        raise ConfigurationError(f"{settings.NOT_SERVED.format(token)}; it serves {served}")
    return found


def _naming(request: provider_pb2.CheckRequest) -> checks.Naming:
    asked = request.autonaming if request.HasField("autonaming") else None
    modes = provider_pb2.CheckRequest.AutonamingOptions
    return checks.Naming(
        resource=request.urn.split("::", 3)[3],
        seed=request.randomSeed,
        proposed=asked.proposed_name if asked else None,
        disabled=asked is not None and asked.mode == modes.DISABLE,
    )


def _check_response(
    inputs: dict[str, Any], secrets: frozenset[str], failures: list[Failure]
) -> provider_pb2.CheckResponse:
    return provider_pb2.CheckResponse(
        inputs=wire.encode(inputs, secrets),
        failures=[
            provider_pb2.CheckFailure(property=one.property, reason=one.reason) for one in failures
        ],
    )
