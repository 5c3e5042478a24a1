"""What AWS's errors mean for us: codes that pass, codes for a person, and answers that are not AWS's."""

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from customer_success.aws.errors import PASSING_CODES, fault, translated
from customer_success.errors import Misconfigured, Unavailable, Unclear


@pytest.mark.parametrize("code", sorted(PASSING_CODES))
def test_a_passing_code_passes_at_any_status(code: str) -> None:
    assert type(fault("table", code, "said", status=400)) is Unavailable


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationException", "UnrecognizedClientException", "NeverHeardOf"])
def test_any_other_code_is_for_a_person(code: str) -> None:
    assert type(fault("table", code, "said", status=400)) is Misconfigured


@pytest.mark.parametrize("code", ["403", "400", "404", "302", "Unknown", "", "a sentence."])
def test_an_answer_without_a_code_of_awss_passes(code: str) -> None:
    # GIVEN a proxy's page, of which the SDK gives the status alone  WHEN it is read  THEN the outcome is unknown
    error = ClientError({"Error": {"Code": code, "Message": "<html>" * 1000}}, "PutItem")
    with pytest.raises(Unclear, match="no answer of AWS's") as raised, translated("table"):
        raise error
    assert len(str(raised.value)) < 400


def test_an_answer_that_the_sdk_cannot_read_passes() -> None:
    with pytest.raises(Unclear, match="no answer of AWS's"), translated("topic"):
        raise ResponseParserError("Unable to parse response (syntax error), invalid XML received: <html>")
