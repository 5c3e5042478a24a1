"""The entry that a line of a feed is stored as."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

from customer_success.signals import lines
from customer_success.signals.kinds import Kind
from customer_success.signals.lines import AnyLine
from customer_success.signals.slots import Fields, as_text


def entry(line: AnyLine, kind: Kind, mark: Mark) -> tuple[str, Fields, date]:
    """The key of a line within its slot, its fields, and the day that it speaks of."""
    match line:
        case lines.IdLine():
            return f"{line.source}:{line.external_id}", [line.source, line.external_id], date.min
        case lines.UsageLine():
            key = "\t".join((str(line.date), line.account, line.feature or ""))
            return key, [line.active_users, line.events or 0, line.feature], line.date
        case lines.TicketLine():
            sentiment = line.sentiment or (lines.SENTIMENT_OF_CSAT[line.csat] if line.csat else None)
            fields: Fields = [str(line.opened), as_text(line.closed), sentiment, bool(line.escalated), line.priority]
            return line.id, fields, line.closed or line.opened
        case lines.InvoiceLine():
            return line.id, [str(line.due), as_text(line.paid), line.amount, line.currency], line.paid or line.due
        case lines.TouchpointLine():
            people = sorted({mark(person) for person in line.people})
            return f"{line.at}|{line.kind}|{','.join(people)}", [str(line.at), line.kind, people], line.at
        case lines.NpsLine():
            person = mark(line.person)
            return f"{person}|{line.at}", [person, line.score, str(line.at)], line.at
        case lines.FeatureLine():
            values: Fields = [line.feature, line.family, line.entitled, line.used, line.limit, str(line.as_of)]
            return line.feature, values, line.as_of
        case lines.SignalLine():
            return line.signal, [line.signal, line.value, str(line.as_of)], line.as_of
        case lines.ContractLine():
            terms: Fields = [as_text(line.end), line.no_end, line.notice_days, line.auto_renew, line.term_months]
            return line.account, terms, date.min
        case lines.OutcomeLine():
            what: Fields = [line.outcome, str(line.at), as_text(line.decision_date), line.arr_before, line.arr]
            return f"{line.at}\t{line.account}", what, line.at
    raise TypeError(f"a line of {kind} has no entry")


class Mark:
    """Turns a person into a mark that distinguishes people and names none; `salt` is the tenant's."""

    def __init__(self, salt: str) -> None:
        self._salt = salt

    def __call__(self, person: str) -> str:
        return sha256(f"{self._salt}\0{person.strip().casefold()}".encode()).hexdigest()[:12]
