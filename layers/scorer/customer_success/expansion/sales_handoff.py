"""Makes an offer ready for Sales: its record, a draft, a word in chat and an event, each once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, NoReturn, TypeVar

from customer_success.accounts.account import Account
from customer_success.accounts.ports import AccountRows
from customer_success.accounts.readable_signals import readable_signals
from customer_success.accounts.row import AccountRow
from customer_success.addresses import ANYBODY, OwnerDomains
from customer_success.alerts.digest import failed_digest
from customer_success.alerts.publisher import OncePublisher
from customer_success.dataclass import dataclass
from customer_success.drafts.drafts import Drafted, OptionalDrafts
from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable, words_of
from customer_success.expansion.offer import Handoff, Offer
from customer_success.expansion.policy import never_offered
from customer_success.expansion.ports import Offers
from customer_success.expansion.recording import OfferRecords
from customer_success.expansion.talk_track import sayable
from customer_success.expansion.text import expansion_record, handed_off_record, offer_mail, sales_digest
from customer_success.isolation import attempted, cause, recorded
from customer_success.messages import HANDED_OFF_DETAIL_TYPE, ExpansionHandedOff, ExpansionHandoff
from customer_success.metrics import Count, Metric
from customer_success.once import OnceBus
from customer_success.results import JobResult

KIND: Literal["sales_handoff"] = "sales_handoff"

OTHERS = "Others of the day that fail are not told one by one: they wait in the dead-letter queue of sales-handoff."

T = TypeVar("T")

logger = logging.getLogger(__name__)


class _OfOffer(JobResult):
    task_type: Literal["sales_handoff"] = KIND
    handoff_id: str
    account_id: str


class HandedOff(_OfOffer):
    """Sales has the offer, by now or since an earlier delivery."""

    status: Literal["handed_off", "handed_off_before"]
    sales_email: str
    record_url: str | None
    draft_id: str | None

    def counts(self) -> Mapping[Metric, float]:
        return {Metric.HANDED_OFF: self.status == "handed_off"}


class HeldBack(_OfOffer):
    """The offer may not be made any more."""

    status: Literal["held_back"] = "held_back"
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SalesHandoff:
    """The job. Without `records` no record is made ready, without `drafts` nothing is drafted; the result says so.

    `sales_owner` sells to accounts without a seller, and takes the place of sellers outside `domains`. `count` takes
    what failed for metrics.
    """

    tenant_id: str
    rows: AccountRows
    offers: Offers
    records: OfferRecords | None
    drafts: OptionalDrafts | None
    publisher: OncePublisher
    bus: OnceBus
    sales_owner: str | None
    count: Count
    domains: OwnerDomains = ANYBODY

    def __call__(self, message: ExpansionHandoff, *, last_try: bool) -> HandedOff | HeldBack:
        """Do what is not done yet of the four, each also where another fails; a repeat does nothing twice.

        Raises the error of a part that failed, so that the message comes again: `Unavailable` before `Misconfigured`
        before `Refused`. Raises `Refused` for an account that is not there and without a seller. An error that ends it
        for good is reported to the team, and noted on the offer where nothing brings it back; what is
        refused as it may not be offered is only noted.
        """
        return recorded(
            f"the handoff of offer {message.handoff_id!r}",
            lambda: self._hand_off(message, last_try=last_try),
            partial(self._report_failure, message),
            last_try=last_try,
        )

    def _report_failure(self, message: ExpansionHandoff, error: Exception) -> None:
        attempted(f"the note on offer {message.handoff_id!r}", partial(self._note, message, error))
        if isinstance(error, Refused) and not isinstance(error, NotTaken):
            return
        on, failure = message.run_date, f"{message.handoff_id}: {cause(error)}"
        title = f"Handoff to Sales, {on}: an offer did not reach Sales whole"
        self.publisher.post(failed_digest(KIND, on, title, failure, OTHERS))

    def _note(self, message: ExpansionHandoff, error: Exception) -> None:
        """Note on an offer that is refused that Sales does not have it: nothing brings it back, so it is found anew."""
        offer = self.offers.get(message.handoff_id)
        if isinstance(error, Refused) and offer and offer.dispatched_on and not offer.handoff:
            self.offers.put(replace(offer, dispatched_on=None, held_because=f"the handoff was refused: {error}"))

    def _hand_off(self, message: ExpansionHandoff, *, last_try: bool) -> HandedOff | HeldBack:
        offer = self.offers.get(message.handoff_id)
        if offer and offer.handoff:
            return self._result(message, offer.handoff, offer.page_url, before=True)
        row = self._row(message)
        account = row.account
        if reasons := _against(row):
            return self._hold(message, account, offer, reasons)
        sales_email = self.domains.inside(message.sales_email) or account.sales_email or self.sales_owner
        if sales_email is None:
            raise Refused(
                f"offer {message.handoff_id!r} of account {message.account_id!r} goes to nobody: neither the message "
                "nor the account nor the deployment names a sales owner"
            )
        undone: list[Exception] = []

        def tried(part: Callable[[], T]) -> T | None:
            try:
                return part()
            except Exception as error:
                foreseen = isinstance(error, Unavailable | Misconfigured | Refused)
                logger.warning("a part of offer %s is undone", message.handoff_id, exc_info=None if foreseen else error)
                undone.append(error)
                return None

        known_url = (offer.page_url if offer else None) or message.record_url
        record_url = tried(lambda: self._record(message, account, offer, sales_email)) or known_url
        draft_id, skipped = tried(lambda: self._draft(message, account, sales_email)) or (None, None)
        tried(lambda: self._notify_seller(message, account, sales_email, record_url))
        tried(lambda: self._put_on_bus(message, sales_email, record_url))
        if undone:
            self._fail(message, offer, undone, last_try=last_try)
        handoff = Handoff(message.run_date, sales_email, draft_id, skipped)
        if offer:
            self.offers.record_handoff(message.handoff_id, handoff)
        return self._result(message, handoff, record_url)

    def _hold(
        self, message: ExpansionHandoff, account: Account, offer: Offer | None, reasons: Sequence[str]
    ) -> HeldBack:
        """An offer that may not be made any more stays on record, with the reason; it is made anew once it may be."""
        why = "; ".join(reasons)
        logger.warning("offer %s is held back: %s", message.handoff_id, why)
        self._undo(offer, account, why)
        return HeldBack(handoff_id=message.handoff_id, account_id=message.account_id, reasons=tuple(reasons))

    def _undo(self, offer: Offer | None, account: Account, why: str) -> None:
        """Note on an offer of ours that Sales does not have it after all."""
        if offer is None:
            return
        held = replace(offer, dispatched_on=None, held_because=why)
        self.offers.put(held)
        if self.records and held.page_id:
            self.records.write(held.page_id, expansion_record(held, account))

    def _row(self, message: ExpansionHandoff) -> AccountRow:
        row = self.rows.get(message.account_id)
        if row is None:
            raise Refused(f"account {message.account_id!r} is not known; it is known once a scan has read it")
        if row.latest.status in ("gone", "skipped"):
            why = "no longer in the book" if row.latest.status == "gone" else "inactive"
            raise Refused(f"account {message.account_id!r} is offered nothing: it is {why}")
        return row

    def _record(self, message: ExpansionHandoff, account: Account, offer: Offer | None, sales_email: str) -> str | None:
        """Where the record is opened, ready for Sales; None where no records are configured."""
        if self.records is None:
            logger.warning("offer %s has no record: no records are configured", message.handoff_id)
            return None
        record = handed_off_record(message, account, sales_email)
        page_id = self.records.put(record, page_id=offer.page_id if offer else None)
        return self.records.url(page_id)

    def _draft(self, message: ExpansionHandoff, account: Account, mailbox: str) -> tuple[str | None, str | None]:
        """The id of the draft, and why there is none, if trying again could not bring one."""
        if self.drafts is None:
            return None, "no mail was drafted: Gmail is not configured"
        if not (fit := sayable(message.recommended_talk_track)):
            return None, "no mail was drafted: no sentence of the talk track is fit for a customer"
        message = message.model_copy(update={"recommended_talk_track": fit})
        # A passing fault brings the message back, or to the dead-letter queue: it is never the last try for the draft.
        made = self.drafts.create(offer_mail(message, account, mailbox), last_try=False)
        if isinstance(made, Drafted):
            return made.draft_id, None
        logger.warning("offer %s has no draft: %s", message.handoff_id, made.reason)
        return None, f"no mail was drafted: {made.reason}"

    def _notify_seller(
        self, message: ExpansionHandoff, account: Account, sales_email: str, record_url: str | None
    ) -> None:
        """Draft the mail to the sales owner."""
        self.publisher.post_once(message.handoff_id, sales_digest(message, account, sales_email, record_url))

    def _put_on_bus(self, message: ExpansionHandoff, sales_email: str, record_url: str | None) -> None:
        """An event for the company's other systems. They recognise a repeat by its `handoff_id`."""
        event = ExpansionHandedOff(
            handoff_id=message.handoff_id,
            tenant_id=self.tenant_id,
            account_id=message.account_id,
            run_date=message.run_date,
            opportunity_type=message.opportunity_type,
            evidence=message.evidence,
            estimated_arr_impact=message.estimated_arr_impact,
            confidence=message.confidence,
            owner_email=message.owner_email,
            sales_email=sales_email,
            record_url=record_url,
        )
        self.bus.put(message.handoff_id, HANDED_OFF_DETAIL_TYPE, event)

    def _fail(
        self,
        message: ExpansionHandoff,
        offer: Offer | None,
        undone: Sequence[Exception],
        *,
        last_try: bool,
    ) -> NoReturn:
        """Raise what brings the message back. Where nothing does, the offer says so, and is found anew."""
        why = "; ".join(map(words_of, undone))
        logger.warning(
            "offer %s is not handed off whole%s: %s", message.handoff_id, " at last" if last_try else "", why
        )
        worst = min(undone, key=lambda error: (isinstance(error, Refused), not isinstance(error, Unavailable)))
        if last_try or isinstance(worst, Refused):
            self.count({Metric.HANDOFFS_FAILED: 1})
        if offer and isinstance(worst, Refused):
            self.offers.put(replace(offer, dispatched_on=None, held_because=f"the handoff was refused: {why}"))
        raise worst

    def _result(
        self, message: ExpansionHandoff, handoff: Handoff, record_url: str | None, *, before: bool = False
    ) -> HandedOff:
        """The handoff as its caller sees it; partial, with the error, if something was done without."""
        unrecorded = None if self.records else "no record was made ready: Notion is not configured"
        return HandedOff(
            handoff_id=message.handoff_id,
            account_id=message.account_id,
            status="handed_off_before" if before else "handed_off",
            sales_email=handoff.sales_email,
            record_url=record_url,
            draft_id=handoff.draft_id,
            error="; ".join(error for error in (unrecorded, handoff.skipped) if error) or None,
        )


def _against(row: AccountRow) -> tuple[str, ...]:
    """What speaks by now against offering the account anything."""
    point, day = row.latest.point, row.latest
    if point is None:
        return (f"it could not be judged on {day.run_date}",)
    signals = readable_signals(row.account, day.run_date).signals
    colour = () if point.health_status.rag == "GREEN" else (f"its colour is {point.health_status.rag}",)
    return (*colour, *never_offered(row.account, signals, day.alert_state, day.run_date))
