"""The offers of each account. The handoff and Sales' answer lie in attributes of their own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, get_args

from customer_success.aws.dynamodb.items import Item, Key, Update, expiry, key_of, text
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.errors import Refused, Unreadable
from customer_success.expansion.offer import Handoff, Offer, SalesAnswer
from customer_success.schemas import ExpansionOpportunity, OpportunityType

STORED_DAYS = 800
BESIDE: dict[str, Any] = {"opportunity": {"made_at": True}}
"""What the version before this one refuses in a body."""
THERE = "attribute_exists(#pk)"

logger = logging.getLogger(__name__)


class DynamoOffers:
    """`Offers` in the table. They are stored for 800 days."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._offers = Stored(table, Offer, beside=BESIDE)
        self._handoffs = Stored(table, Handoff, attribute="handoff")
        self._answers = Stored(table, SalesAnswer, attribute="answer")
        self._clock = clock

    def of_account(self, account_id: str) -> list[Offer]:
        items = self._table.query(self._table.partition("OFFERS", account_id))
        return [offer for item in items if (offer := self._known(account_id, item))]

    def get(self, handoff_id: str) -> Offer | None:
        item = self._table.get(self._key(handoff_id))
        return None if item is None else self._offer(item)

    def put(self, offer: Offer) -> None:
        own = replace(offer, handoff=None, answer=None)
        made_at = offer.opportunity.made_at
        values: Item = {
            "body": self._offers.body(own),
            "expires_at": expiry(self._clock(), STORED_DAYS),
            **({"made_at": text(made_at.isoformat())} if made_at else {}),
        }
        self._table.update(Update(self._key(offer.handoff_id), values))

    def record_handoff(self, handoff_id: str, handoff: Handoff) -> None:
        self._record(handoff_id, {"handoff": self._handoffs.body(handoff)})

    def record_answer(self, handoff_id: str, answer: SalesAnswer) -> None:
        self._record(handoff_id, {"answer": self._answers.body(answer)})

    def _record(self, handoff_id: str, values: Item) -> None:
        try:
            self._table.update(Update(self._key(handoff_id), values, THERE))
        except ConditionNotMetError as error:
            raise Refused(f"offer {handoff_id!r} is not in the table, so it takes no {', '.join(values)}") from error

    def _key(self, handoff_id: str) -> Key:
        """A handoff's id ends with its type and quarter; the account before them may contain colons."""
        rest, _, quarter = handoff_id.rpartition(":")
        account_id, _, opportunity_type = rest.rpartition(":")
        return self._table.key("OFFERS", account_id, f"{opportunity_type}:{quarter}")

    def _known(self, account_id: str, item: Item) -> Offer | None:
        """The offer; of one that this version cannot read what its key says, None where that is no type of offer."""
        try:
            return self._offer(item)
        except Unreadable as error:
            logger.error("it stands in the way of another of its type, whatever became of it: %s", error)
        kind, _, quarter = key_of(item).sk.partition(":")
        if kind not in get_args(OpportunityType):
            return None
        known: dict[str, Any] = {"account_id": account_id, "opportunity_type": kind}
        opportunity = ExpansionOpportunity.model_construct(**known)
        return Offer(opportunity, quarter, date.min, "", "", None, None, unreadable=True)

    def _offer(self, item: Item) -> Offer:
        offer, made = self._offers.read(item), item.get("made_at")
        made_at = datetime.fromisoformat(made["S"]) if made else None
        return replace(
            offer,
            opportunity=offer.opportunity.model_copy(update={"made_at": made_at}),
            handoff=self._handoffs.read(item) if "handoff" in item else None,
            answer=self._answers.read(item) if "answer" in item else None,
        )
