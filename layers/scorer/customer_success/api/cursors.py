"""Cursors: where a reader goes on, signed so that they cannot be forged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from hmac import compare_digest
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from customer_success.api.problems import Problem, bad_request
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured

LONGEST = 2048
"""Characters of a cursor."""


@dataclass(frozen=True, slots=True)
class Cursors:
    """Signs cursors, and reads those that were signed for the same tenant and the same kind of question.

    `kind` is a word of ours. Raises `Misconfigured` for an empty secret: anybody could sign with it.
    """

    secret: str | bytes = field(repr=False)
    tenant_id: str

    def __post_init__(self) -> None:
        if not self.secret:
            raise Misconfigured("the secret that cursors are signed with is empty: give it a long random value")

    def sign(self, kind: str, payload: Mapping[str, Any]) -> str:
        """The cursor that carries `payload`, in characters that a URL takes as they are."""
        return str(self._serializer(kind).dumps(dict(payload)))

    def read(self, kind: str, token: str) -> dict[str, Any]:
        """What was signed. Raises a `Problem` of status 400 for a cursor that this one would not have given."""
        if len(token) > LONGEST or not token.isascii():
            raise _not_ours()
        serializer = self._serializer(kind)
        # A signature can be spelled in several ways that decode to the same; only ours counts.
        respelled = serializer.make_signer().sign(token.rpartition(".")[0])
        if not compare_digest(respelled, token.encode()):
            raise _not_ours()
        try:
            payload: dict[str, Any] = serializer.loads(token)
        except BadData as error:
            raise _not_ours() from error
        return payload

    def _serializer(self, kind: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self.secret,
            salt=f"{kind}:{self.tenant_id}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def _not_ours() -> Problem:
    return bad_request("cursor: it was not given by this question; take `next` of an answer as it is", "cursor")
