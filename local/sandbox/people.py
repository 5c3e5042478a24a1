"""Who works at the team whose services the sandbox stands in for."""

from __future__ import annotations

from local.sandbox.store import Store


class People:
    """E-mail addresses that have an account with Google and Slack.

    By default everyone has whose address does not begin with "nobody".
    """

    def __init__(self, store: Store) -> None:
        self._settings = store.table("people")

    def set_known(self, addresses: list[str] | None) -> None:
        """Only these have an account from now on; None goes back to the default."""
        self._settings.put("known", {"addresses": addresses})

    def know(self, address: str) -> bool:
        """True if there is an account with this address."""
        known = (self._settings.get("known") or {}).get("addresses")
        if known is None:
            return "@" in address and not address.startswith("nobody")
        return address in known
