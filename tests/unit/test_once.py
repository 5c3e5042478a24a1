"""What is done once: who may do it, what is looked up first, and what a failure leaves behind."""

import pytest

from customer_success.documents import MailDraft
from customer_success.drafts.drafts import Drafted, NotDrafted, OnceDrafts, OptionalDrafts
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear
from customer_success.metrics import Metric
from customer_success.once import Once
from tests.builders.fakes import FakeLedger
from tests.builders.reviews import FakeDrafts

DRAFT = MailDraft("key", "ada@example.com", "kim@acme.example", "Hi", ("A word.",))


def once(ledger: FakeLedger | None = None) -> Once:
    return Once(ledger or FakeLedger(), "notion")


def raises(fault: Exception) -> str:
    raise fault


def test_what_was_done_is_not_done_again() -> None:
    do = once()
    assert [do("key", lambda: "page-1"), do("key", lambda: "page-2")] == ["page-1", "page-1"]
    assert do("another", lambda: "page-2") == "page-2"


def test_an_unexpected_error_is_looked_up_before_the_next_try() -> None:
    # GIVEN an unexpected error, perhaps after the work was done
    do = once()
    with pytest.raises(KeyError):
        do("key", lambda: raises(KeyError("ts")))
    # WHEN it is tried again  THEN it is looked up first
    assert do("key", lambda: raises(KeyError("ts")), find=lambda: "there") == "there"


@pytest.mark.parametrize("fault", [Unavailable("503"), Misconfigured("no access"), Refused("too long")])
def test_what_was_surely_not_done_is_not_looked_up(fault: Exception) -> None:
    do = once()
    with pytest.raises(type(fault)):
        do("key", lambda: raises(fault))
    assert do("key", lambda: "made", find=lambda: raises(AssertionError("it was looked up"))) == "made"


def test_it_stays_unclear_while_the_lookup_fails() -> None:
    do = once()
    with pytest.raises(Unclear):
        do("key", lambda: raises(Unclear("connection lost")))
    with pytest.raises(Unavailable):
        do("key", lambda: "twice", find=lambda: raises(Unavailable("503")))
    assert do("key", lambda: "twice", find=lambda: "page") == "page"


def test_what_another_function_is_doing_is_left_to_it() -> None:
    # GIVEN a thing under way elsewhere
    ledger = FakeLedger()
    ledger.claim("key", "notion")
    # WHEN it is asked for  THEN it waits as long as the other may take
    for ask in (lambda: once(ledger)("key", lambda: "twice"), lambda: once(ledger).unless_same("key", "text", list)):
        with pytest.raises(Unavailable) as busy:
            ask()
        assert busy.value.retry_after == 60.0


def test_the_same_content_is_written_once_and_one_that_broke_off_again() -> None:
    # GIVEN a text that was written, and a newer one whose writing broke off
    do, written = once(), list[str]()
    for _ in range(2):
        do.unless_same("key", "old", lambda: written.append("old"))
    with pytest.raises(Unclear):
        do.unless_same("key", "new", lambda: raises(Unclear("connection lost")))
    # WHEN the old one is wanted again  THEN it is written: the ledger does not claim to know
    assert do.unless_same("key", "old", lambda: written.append("old again"))
    assert written == ["old", "old again"]


@pytest.mark.parametrize("fault", [Misconfigured("no access"), Refused("no such mailbox"), Unavailable("503")])
def test_a_draft_that_cannot_be_had_is_done_without_and_counted(fault: Exception) -> None:
    counted: list[dict[Metric, float]] = []
    gmail = FakeDrafts(errors=[fault])
    drafts = OptionalDrafts(OnceDrafts(gmail, once()), lambda counts: counted.append(dict(counts)))
    assert drafts.create(DRAFT, last_try=True) == NotDrafted(str(fault))
    # AND the next message may bring it
    assert drafts.create(DRAFT, last_try=True) == Drafted("draft-1")
    assert counted == [{Metric.ENRICHMENTS: 1, Metric.FAIL_OPENS: 1}, {Metric.ENRICHMENTS: 1}]


def test_a_draft_is_waited_for_while_another_try_may_bring_it() -> None:
    counted: list[object] = []
    drafts = OptionalDrafts(OnceDrafts(FakeDrafts(errors=[Unavailable("503")]), once()), counted.append)
    with pytest.raises(Unavailable):
        drafts.create(DRAFT, last_try=False)
    assert counted == []
