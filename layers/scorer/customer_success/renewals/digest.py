"""The renewals digest: which contracts end soon or have lapsed, and by when notice has to be given."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING

from customer_success.accounts.account import LONGEST_NOTICE_DAYS
from customer_success.alerts.digest import NAME_LIMIT, NO_OWNER, Digest, Section, failed_digest
from customer_success.documents import Line
from customer_success.outcomes.capture import OutcomeCase, most_valuable_first
from customer_success.renewals.contracts import ENDS_SOON, KIND, LISTED, WITHOUT_END, Contract, Group, UncheckedAccount
from customer_success.scan.tally import in_short
from customer_success.scan.words import step_to_score
from customer_success.text import short

if TYPE_CHECKING:
    from customer_success.scoring.health_status import HealthStatus

NAMED = 50
"""Contracts of one group that are named; the rest is counted. Those that end later will be named later."""
UNDATED_NAMED = 10
OUTCOMES_NAMED = 20
SHORT_NAME = 60

_TITLES = {
    Group.LAPSED: "Lapsed",
    Group.WITHIN_30: "Ends within 30 days",
    Group.WITHIN_60: "Ends in 31 to 60 days",
    Group.WITHIN_90: "Ends in 61 to 90 days",
}


def renewals_digest(
    run_date: date,
    contracts: Collection[Contract],
    failed: Sequence[UncheckedAccount] = (),
    *,
    skipped: int,
    last_scan: date | None,
    unanswered: Sequence[OutcomeCase] = (),
) -> Digest:
    """The digest of the run date. `failed` are the accounts with which something went wrong; `skipped` accounts
    were not checked; `last_scan` is the day of the latest finished scan, None before the first. Of the `unanswered`
    contracts it is asked what became of them.
    """
    grouped = {group: [c for c in contracts if c.group(run_date) == group] for group in Group}
    sections = (
        Section(
            "The contracts", tuple(Line(text) for text in _overview(grouped, skipped, len(failed), last_scan, run_date))
        ),
        *_failed_section(failed),
        *(_group_section(group, grouped[group], run_date) for group in LISTED if grouped[group]),
        *_notice_section([c for c in contracts if c.notice_due(run_date)], run_date),
        *_undated_section(grouped[Group.UNDATED]),
        *_unanswered_section(unanswered),
    )
    return Digest(f"{KIND}:{run_date}", KIND, run_date, f"Renewals, {run_date}", sections)


def failed_check_digest(run_date: date, failure: str) -> Digest:
    """The digest of a check that did not come to its end."""
    return failed_digest(KIND, run_date, f"Renewals, {run_date}: the contract check failed", failure)


def in_words(contract: Contract, run_date: date) -> str:
    """The contract as the digest may have it: its line, and its notice."""
    return f"{_line(contract, _facts(contract, run_date)).text}; {contract.notice_due(run_date)}"


def _failed_section(failed: Sequence[UncheckedAccount]) -> Iterator[Section]:
    if failed:
        lines = [Line(in_short(_unchecked(account)), bullet=True) for account in failed[:NAMED]]
        title = f"Not looked at, as something unexpected went wrong. {step_to_score('unexpected')}"
        yield Section(title, (*lines, *_more(len(failed) - NAMED)))


def _unchecked(account: UncheckedAccount) -> str:
    return f"{short(account.name, SHORT_NAME)} ({account.account_id}): {account.cause}"


def _overview(
    grouped: dict[Group, list[Contract]], skipped: int, failed: int, last_scan: date | None, run_date: date
) -> Iterator[str]:
    looked_at, undated = sum(map(len, grouped.values())), sum(len(grouped[group]) for group in WITHOUT_END)
    yield (
        f"Read: {looked_at + skipped + failed} = {looked_at - undated} with an end date + {undated} without "
        f"+ {skipped} skipped (inactive, gone or listed twice)" + (f" + {failed} failed" if failed else "")
    )
    if not any(grouped[group] for group in ENDS_SOON):
        yield "No contract ends within 90 days."
    if signed := len(grouped[Group.SIGNED]):
        yield f"Signed, and not listed: {signed}"
    if open_ended := len(grouped[Group.OPEN_ENDED]):
        yield f"Rolling or without an end, and not listed: {open_ended}"
    if last_scan is None:
        yield "No scan has finished yet: not every account may be known."
    elif last_scan != run_date:
        yield f"Scores are of what the account pages said on {last_scan}: today's scan has not finished."


def _group_section(group: Group, contracts: Sequence[Contract], run_date: date) -> Section:
    nearest_first = sorted(contracts, key=lambda c: (abs(c.days_left(run_date) or 0), -(c.arr or 0.0), c.account_id))
    lines = [_line(contract, _facts(contract, run_date)) for contract in nearest_first[:NAMED]]
    return Section(f"{_TITLES[group]}: {_summed(contracts)}", (*lines, *_more(len(contracts) - NAMED)))


def _notice_section(due: Sequence[Contract], run_date: date) -> Iterator[Section]:
    by_deadline = sorted((c.notice_by, -(c.arr or 0.0), c.account_id, c) for c in due if c.notice_by)
    if not by_deadline:
        return
    lines = [
        _line(c, [f"{_day(by, run_date)}: {_notice(c, run_date)}", _owner(c)]) for by, _, _, c in by_deadline[:NAMED]
    ]
    yield Section("Notice deadlines within 30 days", (*lines, *_more(len(due) - NAMED)))


def _undated_section(undated: Sequence[Contract]) -> Iterator[Section]:
    if not undated:
        return
    by_name = sorted(undated, key=lambda c: (-(c.arr or 0.0), c.account_id))
    lines = [_line(contract, [_owner(contract)]) for contract in by_name[:UNDATED_NAMED]]
    yield Section(f"No end date: {_summed(undated)}", (*lines, *_more(len(undated) - UNDATED_NAMED)))


def _unanswered_section(cases: Sequence[OutcomeCase]) -> Iterator[Section]:
    if not cases:
        return
    these = "this contract" if len(cases) == 1 else f"these {len(cases)} contracts"
    lines = [
        Line(
            f"{short(case.name, SHORT_NAME)}: ended on {case.end}, {_arr(case.arr)}, {case.owner_email or NO_OWNER}",
            url=case.page_url,
            bullet=True,
        )
        for case in islice(most_valuable_first(cases), OUTCOMES_NAMED)
    ]
    how = Line("Fill in Outcome and Outcome Date on the account's page: without them no score can be checked later.")
    yield Section(f"What became of {these}?", (*lines, *_more(len(cases) - OUTCOMES_NAMED), how))


def _line(contract: Contract, facts: Sequence[str]) -> Line:
    return Line(f"{short(contract.name, NAME_LIMIT)}: {', '.join(facts)}", url=contract.page_url, bullet=True)


def _more(count: int) -> tuple[Line, ...]:
    return (Line(f"and {count} more", bullet=True),) if count > 0 else ()


def _facts(contract: Contract, run_date: date) -> list[str]:
    facts = [
        _arr(contract.arr),
        _owner(contract),
        _colour(contract.health_status, run_date),
        _notice(contract, run_date),
    ]
    return [_day(contract.end, run_date) if contract.end else "no end date", *filter(None, facts)]


def _summed(contracts: Sequence[Contract]) -> str:
    known = [contract.arr for contract in contracts if contract.arr is not None]
    number = "1 contract" if len(contracts) == 1 else f"{len(contracts)} contracts"
    unknown = f" and {len(contracts) - len(known)} unknown" if len(known) < len(contracts) else ""
    return f"{number}, ARR {sum(known):,.0f}{unknown}"


def _arr(arr: float | None) -> str:
    return "ARR unknown" if arr is None else f"ARR {arr:,.0f}"


def _owner(contract: Contract) -> str:
    return contract.owner_email or NO_OWNER


def _colour(status: HealthStatus | None, run_date: date) -> str:
    """The colour, the churn risk where it alerts, and the day of the score unless it is today's."""
    if status is None:
        return "not judged"
    risk = f", churn risk {status.churn_risk}" if status.churn_risk in ("high", "critical") else ""
    return f"{status.rag}{risk}" + ("" if status.run_date == run_date else f" as of {status.run_date}")


def _notice(contract: Contract, run_date: date) -> str:
    """What the contract's own terms ask for, if they are known."""
    if not contract.notice_is_usable:
        return f"notice period {contract.notice_days} days cannot be right, expected 0 to {LONGEST_NOTICE_DAYS}"
    if contract.end is not None and contract.end < run_date:
        return "renews by itself: enter the new end date" if contract.auto_renew else ""
    by = contract.notice_by
    if by is None:
        return "renews by itself" if contract.auto_renew else ""
    if by < run_date:
        return f"notice was due by {by}" + (": renews by itself" if contract.auto_renew else "")
    return f"renews by itself unless notice is given by {by}" if contract.auto_renew else f"notice by {by}"


def _day(day: date, run_date: date) -> str:
    days = (day - run_date).days
    number = f"{abs(days)} day" if abs(days) == 1 else f"{abs(days)} days"
    return f"{day} (today)" if days == 0 else f"{day} ({f'in {number}' if days > 0 else f'lapsed {number} ago'})"
