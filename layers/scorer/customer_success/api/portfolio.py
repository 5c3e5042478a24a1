"""`GET /portfolio`: the book as it stood when the last scan closed, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from itertools import islice
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from customer_success.accounts.portfolio import UNKNOWN, Counts, PortfolioLine, Snapshot, Totals, totals_of
from customer_success.accounts.ports import Portfolios
from customer_success.api.accounts import Answer
from customer_success.api.cursors import Cursors
from customer_success.api.problems import Problem, expired, invalid
from customer_success.dataclass import dataclass
from customer_success.schemas import ChurnRisk, Rag

KIND = "portfolio"
"""What its cursors are signed for; another name if what they carry becomes another."""
MOST_ACCOUNTS = 200
LONGEST_EMAIL = 254
LONGEST_WINDOW = 3650
NO_OWNER = "none"


def _same_case(owner: str) -> str:
    return owner.strip().casefold()


Owner = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_EMAIL),
    AfterValidator(_same_case),
]


class PortfolioQuery(BaseModel):
    """Which accounts are wanted: those that meet all that is given, all of them if nothing is."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    owner: Owner | None = None
    """The owner's e-mail address, in any case; `none` for accounts that have no owner."""
    colour: Literal[Rag, "UNKNOWN"] | None = None
    """`UNKNOWN` are the accounts that were not scored."""
    risk: Literal[ChurnRisk, "UNKNOWN"] | None = None
    """The churn risk; `UNKNOWN` for the accounts that were not scored."""
    renewal_within_days: Annotated[int, Field(ge=0, le=LONGEST_WINDOW)] | None = None
    """The contract ends at most so many days after the snapshot's day, or has lapsed. Customers who left are not among
    them.
    """

    @property
    def everything(self) -> bool:
        """True if no account is left out."""
        return self == PortfolioQuery()

    def keeps(self, line: PortfolioLine, on: date) -> bool:
        """True if the account is wanted, in a snapshot of the day `on`."""
        return (
            (self.owner is None or self.owner == (_same_case(line.owner_email or "") or NO_OWNER))
            and (self.colour is None or self.colour == (line.rag or UNKNOWN))
            and (self.risk is None or self.risk == (line.churn_risk or UNKNOWN))
            and (self.renewal_within_days is None or _ends_within(line, on, self.renewal_within_days))
        )

    @property
    def name(self) -> str:
        """A name that no other query has, for a cursor."""
        return sha256(self.model_dump_json().encode()).hexdigest()[:32]


class PortfolioAccount(Answer):
    """One account as it stood in the snapshot; what is not known is null."""

    model_config = ConfigDict(from_attributes=True, defer_build=True)

    account_id: str
    name: str
    owner_email: str | None
    status: Literal["scored", "rejected", "skipped"]
    """Skipped are customers who left; rejected are accounts about which too little is known, or something wrong."""
    score: float | None
    """0 to 100 with one decimal, as people see it."""
    rag: Rag | None
    churn_risk: ChurnRisk | None
    arr: float | None
    """Revenue per year."""
    arr_at_risk: float
    """The ARR of an account whose churn risk is high or critical or whose colour is RED, else 0."""
    contract_end: date | None
    since: date
    """The first day with this colour and churn risk."""


class PortfolioTotals(Answer):
    """Sums over all accounts that match the filters, on all pages."""

    model_config = ConfigDict(from_attributes=True, defer_build=True)

    accounts: int
    arr: float
    arr_at_risk: float
    colours: Counts
    """Accounts by colour, `UNKNOWN` among them."""
    risks: Counts
    """Accounts by churn risk, `UNKNOWN` among them."""
    statuses: Counts


class PortfolioAnswer(Answer):
    """One page of the accounts: ARR at risk, most first, then account id."""

    as_of: date | None
    """The day of the scan whose snapshot this is; null while no scan has closed."""
    run: str | None
    """The scan's run. All pages that one first page leads to are of the same."""
    totals: PortfolioTotals | None
    """With the first page only; null on those that follow."""
    accounts: tuple[PortfolioAccount, ...]
    next: str | None
    """The `cursor` of the next page, to be sent with the same filters; null on the last one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: at a line, counted from 0, of a part of a run's snapshot.

    `query` is the name of what was asked for; `left` of the accounts it keeps are still to come.
    """

    run: str
    query: str
    part: int
    line: int
    left: int


@dataclass(frozen=True, slots=True)
class ShowPortfolio:
    """Answers from the snapshot of the last scan that closed, page after page from the same one."""

    portfolios: Portfolios
    cursors: Cursors

    def __call__(self, query: PortfolioQuery, *, limit: int, cursor: str | None = None) -> PortfolioAnswer:
        """A page of at most `limit` accounts, the first one or that at which `cursor` points.

        Raises a `Problem` for a limit out of its bounds, a cursor that is not ours, that belongs to other filters, or
        whose snapshot has expired.
        """
        if not 1 <= limit <= MOST_ACCOUNTS:
            raise invalid("limit", f"{limit} is not from 1 to {MOST_ACCOUNTS}")
        if cursor is None:
            return self._first(query, limit)
        place = Place(**self.cursors.read(KIND, cursor))
        if place.query != query.name:
            raise invalid("cursor", "it belongs to other filters; send those of the first page along, or no cursor")
        snapshot = self.portfolios.get(place.run)
        if snapshot is None:
            raise _expired(place.run)
        return self._page(snapshot, place, list(islice(self._lines(snapshot, query, place), limit)))

    def _first(self, query: PortfolioQuery, limit: int) -> PortfolioAnswer:
        """Sums over all of the book are known; others take reading all of it."""
        snapshot = self.portfolios.latest()
        if snapshot is None:
            return PortfolioAnswer(as_of=None, run=None, totals=_totals(Totals()), accounts=(), next=None)
        start = Place(snapshot.run, query.name, part=0, line=0, left=snapshot.lines)
        lines = self._lines(snapshot, query, start)
        if query.everything:
            return self._page(snapshot, start, list(islice(lines, limit)), snapshot.totals)
        selected = list(lines)
        totals = totals_of(line for _, line in selected)
        start = Place(snapshot.run, query.name, part=0, line=0, left=totals.accounts)
        return self._page(snapshot, start, selected[:limit], totals)

    def _lines(
        self, snapshot: Snapshot, query: PortfolioQuery, start: Place
    ) -> Iterator[tuple[tuple[int, int], PortfolioLine]]:
        """The lines that the query keeps from `start` on, each with its part and place there, read part by part."""
        for part in range(start.part, snapshot.parts):
            for place, line in enumerate(self.portfolios.part(snapshot.run, part)):
                if (part, place) >= (start.part, start.line) and query.keeps(line, snapshot.run_date):
                    yield (part, place), line

    def _page(
        self,
        snapshot: Snapshot,
        start: Place,
        lines: list[tuple[tuple[int, int], PortfolioLine]],
        totals: Totals | None = None,
    ) -> PortfolioAnswer:
        left = start.left - len(lines)
        following: str | None = None
        if left > 0:
            part, place = lines[-1][0]
            following = self.cursors.sign(KIND, asdict(Place(start.run, start.query, part, place + 1, left)))
        return PortfolioAnswer(
            as_of=snapshot.run_date,
            run=snapshot.run,
            totals=_totals(totals) if totals else None,
            accounts=tuple(PortfolioAccount.model_validate(line) for _, line in lines),
            next=following,
        )


def _totals(totals: Totals) -> PortfolioTotals:
    return PortfolioTotals.model_validate(totals)


def _ends_within(line: PortfolioLine, on: date, days: int) -> bool:
    if line.contract_end is None or line.status == "skipped":
        return False
    return (line.contract_end - on).days <= days


def _expired(run: str) -> Problem:
    return expired(f"cursor: the snapshot of {run} has expired; begin again without a cursor", "cursor")
