"""A signature is worth something only for what was signed, by whom, and lately."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.signature import SignedRequest, is_genuine, read


def signed(
    at: datetime,
    key: tuple[str, str] = ("AKIA", "secret"),
    token: str | None = None,
    changed: Mapping[str, str] | None = None,
) -> SignedRequest:
    """Return a request as botocore signs it, then with some headers changed."""
    stamp = f"{at:%Y%m%dT%H%M%SZ}"
    request = AWSRequest("POST", "http://127.0.0.1:1/", {"X-Amz-Date": stamp}, b"Action=X")
    if token is not None:
        request.headers["X-Amz-Security-Token"] = token
    request.context["timestamp"] = stamp
    signer = SigV4Auth(Credentials(*key), "sts", "eu-west-1")
    names = signer.signed_headers(signer.headers_to_sign(request))
    text = signer.string_to_sign(request, signer.canonical_request(request))
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers["host"] = "127.0.0.1:1"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={key[0]}/{at:%Y%m%d}/eu-west-1/sts/aws4_request, "
        f"SignedHeaders={names}, Signature={signer.signature(text, request)}"
    )
    found = read("POST", "http://127.0.0.1:1/", headers | dict(changed or {}), b"Action=X")
    assert found is not None
    return found


class TestSignature:
    """What else makes a signature worthless."""

    _AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def test_it_is_genuine_as_it_was_sent(self) -> None:
        assert is_genuine(signed(self._AT), "secret", None, self._AT)
        assert is_genuine(signed(self._AT, token="t"), "secret", "t", self._AT)

    @pytest.mark.parametrize("late", [timedelta(minutes=16), timedelta(minutes=-16)])
    def test_it_is_not_genuine_a_quarter_of_an_hour_away(self, late: timedelta) -> None:
        assert not is_genuine(signed(self._AT), "secret", None, self._AT + late)

    def test_a_token_that_is_not_signed_is_no_token(self) -> None:
        request = signed(self._AT, changed={"x-amz-security-token": "t"})
        assert not is_genuine(request, "secret", "t", self._AT)
        assert not is_genuine(request, "secret", None, self._AT)

    def test_another_session_s_token_is_none(self) -> None:
        assert not is_genuine(signed(self._AT, token="t"), "secret", "u", self._AT)

    def test_a_digest_that_is_not_the_body_s_is_no_digest(self) -> None:
        request = signed(self._AT, changed={"x-amz-content-sha256": "0" * 64})
        assert not is_genuine(request, "secret", None, self._AT)

    @pytest.mark.parametrize("changed", [{"body": b"Action=Y"}, {"method": "GET"}])
    def test_what_was_changed_on_the_way_is_not_genuine(self, changed: dict[str, Any]) -> None:
        assert not is_genuine(replace(signed(self._AT), **changed), "secret", None, self._AT)

    def test_a_date_or_host_that_is_not_signed_is_worth_nothing(self) -> None:
        for left_out in ("host", "x-amz-date"):
            request = signed(self._AT)
            fewer = tuple(name for name in request.signed if name != left_out)
            again = replace(request, signed=fewer)
            headers = {name: value for name, value in request.headers.items() if name in fewer}
            signer = SigV4Auth(Credentials("AKIA", "secret"), "sts", "eu-west-1")
            less = AWSRequest("POST", request.url, headers, request.body)
            less.context["timestamp"] = request.headers["x-amz-date"]
            text = signer.string_to_sign(less, signer.canonical_request(less))
            forged = replace(again, signature=signer.signature(text, less))
            assert not is_genuine(forged, "secret", None, self._AT)
