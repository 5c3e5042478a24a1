"""Whose accounts they may be: with a wrong setting here no function starts, and no pattern of the template sees it."""

from __future__ import annotations

from collections.abc import Iterator

from customer_success.addresses import OwnerDomains, is_address
from local.doctor.check_result import CheckResult, bad, ok
from local.doctor.target import Target


def check_colleagues(target: Target) -> Iterator[CheckResult]:
    """Whether the fallback owners have an address, and one within OwnerDomains."""
    given = target.deployed.parameters
    try:
        domains = OwnerDomains.of(filter(None, given.get("OwnerDomains", "").split(",")))
    except ValueError as error:
        yield bad(f"OwnerDomains: {error}", "name domains with a comma between, and deploy again")
        return
    named = {parameter: given.get(parameter) for parameter in ("FallbackOwner", "SalesOwner")}
    wrong = False
    for parameter, address in named.items():
        if address and not is_address(address):
            wrong = True
            yield bad(f"{parameter}: {address} is not an e-mail address", "name one, and deploy again")
        elif address and address not in domains:
            wrong = True
            what = f"{parameter}: {address} is outside OwnerDomains ({domains}), so no function starts that needs it"
            yield bad(what, "add its domain there, or name a colleague, and deploy again")
    if domains.domains and not wrong:
        yield ok(f"OwnerDomains: accounts belong to people of {domains} alone")
