"""What AWS says goes into an error as far as it helps: what it sends back of a request does not."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError, UnknownServiceError

from customer_success.aws.errors import fault, translated
from customer_success.errors import Misconfigured, Unavailable

NOTES = "the notes\nof the account " * 500


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ValidationException", "Message": NOTES}}, "PutItem"),
        ClientError({"Error": {"Code": NOTES, "Message": ""}}, "PutItem"),
        ReadTimeoutError(endpoint_url=NOTES),
        EndpointConnectionError(endpoint_url=NOTES),
        UnknownServiceError(service_name=NOTES, known_service_names=NOTES),
    ],
)
def test_an_error_of_aws_is_cut(error: Exception) -> None:
    with pytest.raises((Unavailable, Misconfigured)) as told, translated("table 't'"):
        raise error
    text = str(told.value)
    assert text.startswith("table 't': ")
    assert len(text) < 800
    assert "\n" not in text


def test_what_was_refused_is_told_with_its_call_however_much_was_said() -> None:
    error = ClientError({"Error": {"Code": "ValidationException", "Message": NOTES}}, "PutItem")
    said = r"ValidationException: the notes of .*… \(PutItem\); check that it exists"
    with pytest.raises(Misconfigured, match=said), translated("table 't'"):
        raise error


def test_a_part_of_a_batch_that_was_refused_is_cut_too() -> None:
    assert len(str(fault("queue 'q'", "InvalidMessageContents", NOTES))) < 600
