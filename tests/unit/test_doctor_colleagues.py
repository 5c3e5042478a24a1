"""What `make doctor` says of the people whose accounts they may be."""

from __future__ import annotations

import boto3
import pytest

from local.doctor.check_result import CheckResult
from local.doctor.checks import CHECK_GROUPS
from local.doctor.colleagues import check_colleagues
from tests.builders.doctor_targets import target, texts


def results(**parameters: str) -> list[CheckResult]:
    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    return list(check_colleagues(target(session, **parameters)))


def test_without_domains_there_is_nothing_to_say() -> None:
    assert results() == []
    assert results(OwnerDomains="", SalesOwner="") == []


def test_people_within_the_domains_are_fine() -> None:
    found = results(OwnerDomains="Example.com,example.org", SalesOwner="nora@example.org")
    assert "belong to people of example.com, example.org alone" in texts(found, "ok")
    assert len(found) == 1


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"OwnerDomains": "acme.example"}, "FallbackOwner: lead@example.com is outside OwnerDomains (acme.example)"),
        ({"OwnerDomains": "example.com", "SalesOwner": "eve@evil.example"}, "SalesOwner: eve@evil.example is outside"),
        ({"FallbackOwner": "lead@b..example"}, "FallbackOwner: lead@b..example is not an e-mail address"),
        ({"OwnerDomains": "@example.com"}, "OwnerDomains: '@example.com' is not a domain"),
    ],
)
def test_a_stranger_among_them_is_named_with_what_to_do(parameters: dict[str, str], expected: str) -> None:
    found = results(**parameters)
    assert expected in texts(found, "bad")
    assert "deploy again" in texts(found, "bad")
    assert texts(found, "ok") == ""


def test_it_is_among_the_checks() -> None:
    assert any(check_colleagues in group.checks for group in CHECK_GROUPS)
