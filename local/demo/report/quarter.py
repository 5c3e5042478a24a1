"""The report of a quarter: one review as it reads, who was invited and messaged, and the outcome of every account."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from customer_success.periods import Quarter, long_date
from customer_success.reviews.qbr import SETTLED, Qbr
from customer_success.text import short
from local.demo.findings import QuarterFindings
from local.demo.report.delivered import direct_message, draft
from local.demo.report.lines import framed, relative, section
from local.demo.report.review import page_file, review_page
from local.demo.report.words import name_of
from local.demo.state import DemoState

FEW = 8
"""Accounts of one state, or dropped sentences, that are named."""
INDEX_LINES = 10
NAME_LIMIT = 40
REASON_LIMIT = 160

_FIGURE = re.compile(r"\d[\d,.]*\b")


def quarter_heading(console: Console, quarter: Quarter, day: date, book: Path) -> None:
    """The head of a quarter."""
    console.print()
    title = f"{long_date(day)} · reviews of {quarter}, looking back on {quarter.previous} · {book.name}"
    console.print(Rule(title, style="bold"))


def quarter_report(
    console: Console, found: QuarterFindings, state: DemoState, book: str, tokens: Mapping[str, int]
) -> None:
    """Everything about a quarter; `book` names the book for further commands, `tokens` is empty without a model."""
    for sentence in _again(found):
        console.print(Text(sentence, "bold"))
    if chosen := _most_telling(found, state.vendors):
        qbr, page = chosen
        review_page(console, "One review as it reads", page)
        framed(console, "The draft that invites to it", draft(state.vendors, qbr.draft_id), "there is none")
        title = f"Quarterly reviews, {found.quarter}"
        index = direct_message(state.vendors, qbr.owner_email, title)
        framed(console, "What its owner is told", index, "no message has arrived", most=INDEX_LINES)
    section(console, "The quarter", [*_equation(found), *_by_state(found), *_dead(found, book)])
    section(console, "What the check dropped", _dropped(found.now))
    section(console, "The model", _model(found, tokens))
    section(console, "To open", _folders(state, tokens))
    section(console, "Next", _next(book, tokens))


def _again(found: QuarterFindings) -> Iterator[str]:
    if found.nothing_new:
        before, now = found.sent_before, found.sent
        yield f"{found.quarter} was planned before: nothing is new, no review is written twice, nobody is told again."
        yield (
            f"before and after: reviews {before.reviews} and {now.reviews}, drafts {before.drafts} and {now.drafts}, "
            f"chat messages {before.messages} and {now.messages}"
        )


def _most_telling(found: QuarterFindings, vendors: Path) -> tuple[Qbr, Path] | None:
    """The review with the most facts that has an invitation, with its page."""
    by_facts = sorted(found.texts, key=lambda each: (each[0].draft_id is None, -len(each[1].evidence.facts)))
    return next(((qbr, page) for qbr, _ in by_facts if (page := page_file(vendors, qbr))), None)


def _equation(found: QuarterFindings) -> Iterator[str]:
    states = Counter[str](qbr.state for qbr in found.now)
    sum_of = " + ".join(f"{state.replace('_', ' ')} {states[state]}" for state in SETTLED)
    rest = f" + not finished {states['planned']}" if states["planned"] else ""
    yield f"planned {len(found.now)} = {sum_of}{rest}"
    yield f"invitations drafted: {sum(qbr.draft_id is not None for qbr in found.now)}"


def _by_state(found: QuarterFindings) -> Iterator[str]:
    """The accounts whose review is not whole, with the reason where there is one."""
    for state in ("partial", "failed", "not_wanted", "planned"):
        concerned = [qbr for qbr in found.now if qbr.state == state]
        by_reason: dict[str, list[str]] = defaultdict(list)
        for qbr in concerned:
            by_reason[short(qbr.error or "", REASON_LIMIT)].append(name_of(qbr.account_name, NAME_LIMIT))
        for reason, names in by_reason.items():
            more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
            word = "not finished" if state == "planned" else state.replace("_", " ")
            yield f"{word}: {', '.join(names[:FEW])}{more}{reason and f': {reason}'}"


def _dead(found: QuarterFindings, book: str) -> Iterator[str]:
    for queue, number in sorted(found.dead.items()):
        yield f"{number} dead letters of {queue}; once the cause is gone: make redrive QUEUE={queue}{book}"


def _dropped(qbrs: tuple[Qbr, ...]) -> Iterator[str]:
    """What the evidence does not bear out, with the reason: one of those that differ in figures only, rarest first."""
    alike: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for qbr in qbrs:
        for claim in qbr.dropped_claims:
            alike[_FIGURE.sub("0", claim)].append((claim, name_of(qbr.account_name, NAME_LIMIT)))
    rarest = sorted(alike.values(), key=len)
    for (claim, name), *others in rarest[:FEW]:
        yield f"{claim}: {name}" + (f", and such in {len(others)} more" if others else "")
    if len(rarest) > FEW:
        yield f"… and {len(rarest) - FEW} more of other kinds"


def _model(found: QuarterFindings, tokens: Mapping[str, int]) -> Iterator[str]:
    calls = tokens.get("calls", 0)
    if calls:
        read, wrote = tokens["input"], tokens["output"]
        yield f"{calls} calls, {read:,} tokens in and {wrote:,} out: {read // calls:,} and {wrote // calls:,} a call"
    if tokens:
        writers = Counter(text.written_by for _, text in found.texts)
        yield "written by " + ", ".join(f"{writer} {number}" for writer, number in writers.most_common())


def _folders(state: DemoState, tokens: Mapping[str, int]) -> Iterator[str]:
    yield f"in {relative(state.vendors)}:"
    yield "  notion/QBR             reviews, as Markdown"
    yield "  gmail                  invitations among the drafts, as .eml"
    yield "  slack, chat            each owner's list of pages, as JSON lines"
    if tokens:
        yield "  bedrock/calls.jsonl    each prompt and each answer"


def _next(book: str, tokens: Mapping[str, int]) -> Iterator[str]:
    yield f"the same quarter again, and nothing is new: make demo-qbr{book}"
    if not tokens:
        yield f"written by a model, and checked against the evidence: make demo-clean demo-qbr NARRATOR=bedrock{book}"
    else:
        yield f"with a model that is down, by rule: make demo-clean demo-qbr NARRATOR=bedrock DOWN=bedrock{book}"
