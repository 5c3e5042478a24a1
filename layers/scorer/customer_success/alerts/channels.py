"""Brings an alert to its channels: the health record, the bus, the draft, the chat. Each is a job of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from customer_success.accounts.outward import draft_held_because
from customer_success.addresses import ANYBODY, OwnerDomains
from customer_success.alerts import text
from customer_success.alerts.digest_messages import digest_messages
from customer_success.alerts.entry import Channel, Outcome
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable, words_of
from customer_success.messages import HEALTH_DETAIL_TYPE, ChurnAlert, DigestReady, HealthEvent

if TYPE_CHECKING:
    from customer_success.accounts.ports import AccountRows
    from customer_success.alerts.ports import AlertLog, Digests
    from customer_success.alerts.records import OnceRecords
    from customer_success.documents import ChatMessage
    from customer_success.drafts.drafts import OnceDrafts
    from customer_success.once import OnceBus, OnceChat

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertChannel:
    """One channel: brings an alert there and writes to the alert what became of it."""

    name: Channel
    log: AlertLog
    bring: Callable[[ChurnAlert], Outcome]

    def __call__(self, alert: ChurnAlert, *, last_try: bool) -> Outcome:
        """Bring the alert. A failure is written down once no further try follows, and raised in any case."""
        try:
            outcome = self.bring(alert)
        except NotEverywhere as partly:
            self._failed(alert, partly.fault, partly.posted, last_try=last_try)
            raise partly.fault from None
        except Exception as error:
            self._failed(alert, error, (), last_try=last_try)
            raise
        self.log.record(alert.alert_id, self.name, outcome)
        return outcome

    def _failed(self, alert: ChurnAlert, error: Exception, posted: Sequence[str], *, last_try: bool) -> None:
        if not last_try and not isinstance(error, Refused):
            return
        outcome = Outcome("failed", ", ".join(posted) or None, words_of(error))
        try:
            self.log.record(alert.alert_id, self.name, outcome)
        except Exception:
            # The raised error decides whether the message stays queued: raise the failure, not its failed record.
            logger.exception("it is not written down that %s failed for alert %s", self.name, alert.alert_id)


class NotEverywhere(Exception):
    """Not every chat has the message.

    `posted` names those that have, `fault` is the one that says best when to try again: one that passes before one
    that a person mends, before what no try can change.
    """

    def __init__(self, posted: Sequence[str], faults: Sequence[Exception]) -> None:
        self.posted = posted
        self.fault = min(faults, key=_rank)
        super().__init__(str(self.fault))


def _rank(fault: Exception) -> int:
    if isinstance(fault, Unavailable):
        return 0
    if isinstance(fault, NotTaken):
        return 2
    return 3 if isinstance(fault, Refused) else 1


@dataclass(frozen=True, slots=True)
class OwnerOf:
    """Finds the recipient: the account's current owner, else the last known one, else the fallback.

    An address outside `domains` never gets a message.
    """

    rows: AccountRows
    fallback_owner: str | None
    domains: OwnerDomains = ANYBODY

    def __call__(self, alert: ChurnAlert) -> str | None:
        row = self.rows.get(alert.account_id)
        return self.within(row.account.owner_email if row else alert.owner_email)

    def within(self, address: str | None) -> str | None:
        """The address if it is a colleague's, else the fallback."""
        return self.domains.inside(address) or self.fallback_owner


@dataclass(frozen=True, slots=True)
class RecordAlert:
    """A health record page beside the account."""

    records: OnceRecords

    def __call__(self, alert: ChurnAlert) -> Outcome:
        return Outcome("delivered", self.records.create(text.health_record(alert)))


@dataclass(frozen=True, slots=True)
class PutOnBus:
    """An event for the company's other systems. They recognise a repeat by its `alert_id`."""

    bus: OnceBus

    def __call__(self, alert: ChurnAlert) -> Outcome:
        event = HealthEvent(
            alert_id=alert.alert_id,
            tenant_id=alert.tenant_id,
            account_id=alert.account_id,
            run_date=alert.run_date,
            score=round(alert.score, 1),
            rag=alert.rag,
            churn_risk=alert.churn_risk,
            churn_trigger=alert.churn_trigger,
            owner_email=alert.owner_email,
            arr=alert.arr,
            contract_end=alert.contract_end,
            reason=alert.reason,
        )
        return Outcome("delivered", self.bus.put(alert.alert_id, HEALTH_DETAIL_TYPE, event))


@dataclass(frozen=True, slots=True)
class DraftMail:
    """A mail draft in the owner's mailbox; `drafts` is None where no mail is configured. None is made for an account of
    which something is unknown that has to be known before the customer is written to.
    """

    drafts: OnceDrafts | None
    owner_of: OwnerOf

    def __call__(self, alert: ChurnAlert) -> Outcome:
        mailbox = self.owner_of(alert)
        if self.drafts is None:
            return Outcome("skipped", reason="Gmail is not configured")
        if mailbox is None:
            return Outcome("skipped", reason="the account has no owner, and no fallback owner is set")
        row = self.owner_of.rows.get(alert.account_id)
        if row and (why := draft_held_because(row.account)):
            return Outcome("skipped", reason=f"no mail to the customer is drafted: {why}")
        return Outcome("delivered", self.drafts.create(text.mail_draft(alert, mailbox)))


@dataclass(frozen=True, slots=True)
class PostToChat:
    """A message in every chat that is configured. A chat that fails for any reason does not stop the others."""

    chats: Sequence[OnceChat]
    owner_of: OwnerOf
    digests: Digests

    def alert(self, alert: ChurnAlert) -> Outcome:
        """Post an alert for its owner."""
        if not self.chats:
            return Outcome("skipped", reason="no chat is configured")
        posted, faults = self._post([text.chat_message(alert, self.owner_of(alert))])
        if faults:
            raise NotEverywhere(posted, faults)
        return Outcome("delivered", ", ".join(posted))

    def digest(self, ready: DigestReady) -> None:
        """Post a digest for the team. Raises `Refused` when it is not in the table any more."""
        digest = self.digests.get(ready.digest_id)
        if digest is None:
            raise Refused(f"digest {ready.digest_id} is not in the table (digests are kept for 90 days)")
        recipient = digest.recipient and self.owner_of.within(digest.recipient)
        posted, faults = self._post(digest_messages(replace(digest, recipient=recipient)))
        if faults:
            raise NotEverywhere(posted, faults).fault

    def _post(self, messages: Sequence[ChatMessage]) -> tuple[list[str], list[Exception]]:
        """Post each message in each chat: what was posted, and the faults of what was not."""
        posted: list[str] = []
        faults: list[Exception] = []
        for chat, message in product(self.chats, messages):
            try:
                posted.append(f"{chat.name}:{chat.post(message)}")
            except Exception as error:
                foreseen = isinstance(error, Refused | Unavailable | Misconfigured)
                logger.warning("%s has no message %s: %s", chat.name, message.key, error, exc_info=not foreseen)
                faults.append(error)
        return posted, faults
