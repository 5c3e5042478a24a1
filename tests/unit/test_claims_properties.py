"""What holds of the check for every figure: a true one passes in every dress, an untrue percentage in none."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from customer_success.expansion.talk_track import sayable
from customer_success.narration.claims import checked
from customer_success.narration.claims.figures import LARGEST, figures
from customer_success.narration.claims.sentences import plain
from tests.builders.evidence import ON, evidence, fact
from tests.unit.claims_case import FACTS, KNOWN, check, content
from tests.unit.test_claims import FALSE, TRUE

_FULL_WIDTH = str.maketrans("0123456789%", "０１２３４５６７８９％")
_SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
)
_TENS = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")


def in_words(number: int) -> str:
    """A number below a thousand, written out."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (f"-{_SMALL[number % 10]}" if number % 10 else "")
    rest = f" and {in_words(number % 100)}" if number % 100 else ""
    return f"{_SMALL[number // 100]} hundred{rest}"


PERCENTAGES: dict[str, Callable[[int], str]] = {
    "sign": lambda percent: f"{percent} %",
    "sign without space": lambda percent: f"{percent}%",
    "thin space": lambda percent: f"{percent}\u202f%",
    "full width": lambda percent: f"{percent}%".translate(_FULL_WIDTH),
    "word": lambda percent: f"{percent} percent",
    "two words": lambda percent: f"{percent} per cent",
    "number word": lambda percent: f"{in_words(percent)} percent",
    "fraction": lambda percent: f"{percent / 100:.2f}",
    "ratio": lambda percent: f"{percent} out of 100",
    "slash": lambda percent: f"{percent}/100",
    "ratio in words": lambda percent: f"{in_words(percent)} out of a hundred",
}
COUNTS: dict[str, Callable[[int], str]] = {
    "digits": str,
    "words": in_words,
    "commas": lambda number: f"{number:,}",
    "spaces": lambda number: f"{number:,}".replace(",", "\u2009"),
}
AMOUNTS: dict[str, Callable[[int], str]] = {
    "dollars": lambda amount: f"${amount:,}",
    "code before": lambda amount: f"EUR {amount:,}",
    "code after": lambda amount: f"{amount:,} USD",
    "euros as in Berlin": lambda amount: f"€{amount:,}".replace(",", "."),
    "cents": lambda amount: f"£{amount:,}.00",
    "thousands": lambda amount: f"{amount / 1_000:.0f}k",
    "millions": lambda amount: f"{amount / 1_000_000:.2f} million dollars",
    "no currency": lambda amount: f"{amount:,}",
}
DAYS: dict[str, Callable[[date], str]] = {
    "iso": date.isoformat,
    "long": lambda day: f"{day.day} {day:%B %Y}",
    "american": lambda day: f"{day:%B} {day.day}, {day.year}",
    "short": lambda day: f"{day.day} {day:%b}",
    "month": lambda day: f"{day:%B %Y}",
    "dots": lambda day: f"{day:%d.%m.%Y}",
    "slashes": lambda day: f"{day:%m/%d/%Y}",
}

shares = st.floats(0, 1)
counts = st.integers(0, 999)
days = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@given(share=shares, dress=st.sampled_from(sorted(PERCENTAGES)))
def test_a_share_passes_in_every_dress(share: float, dress: str) -> None:
    sentence = f"Adoption is at {PERCENTAGES[dress](round(100 * share))} now."
    assert check(sentence, known=evidence(fact("adoption", share, "share"))).dropped_claims == ()


@given(share=shares, decimals=st.integers(0, 6))
def test_a_share_passes_with_any_number_of_decimals(share: float, decimals: int) -> None:
    sentence = f"Adoption is at {100 * share:.{decimals}f} %."
    assert check(sentence, known=evidence(fact("adoption", share, "share"))).dropped_claims == ()


@given(
    shares=st.lists(shares, min_size=1, max_size=3),
    percent=st.integers(0, 100),
    dress=st.sampled_from(sorted(PERCENTAGES)),
)
def test_a_percentage_that_no_share_rounds_to_passes_in_no_dress(shares: list[float], percent: int, dress: str) -> None:
    # GIVEN shares of other things, none of which rounds to the percentage
    assume(all(abs(100 * share - percent) > 0.5 for share in shares))
    known = evidence(*(fact(f"thing{number}", share, "share") for number, share in enumerate(shares)))

    # WHEN a sentence says it of something or of nothing
    written = PERCENTAGES[dress](percent)
    result = check(f"Adoption is at {written}.", f"We reached {written}.", known=known)

    # THEN it is dropped
    assert result.content.account_health_summary == []
    assert len(result.dropped_claims) == 2


@given(was=shares, became=shares, percent=st.integers(1, 100))
def test_a_change_in_percent_passes_if_it_is_one_and_else_does_not(was: float, became: float, percent: int) -> None:
    # GIVEN a share at two times
    assume(was > 0.001)
    known = evidence(
        fact("adoption_at_start", was, "share", as_of=date(2025, 10, 1), series="adoption"),
        fact("adoption", became, "share", series="adoption"),
    )
    derived = (100 * (became - was), 100 * (became - was) / was)
    off = [abs(abs(change) - percent) - 0.5 for change in derived]
    assume(all(abs(margin) > 1e-6 for margin in off) and became != was)

    # WHEN a sentence says how it changed
    verb = "rose" if became > was else "fell"
    result = check(f"Adoption {verb} by {percent} %.", known=known)

    # THEN it stays if that is the change in points or in percent
    assert (result.dropped_claims == ()) == any(margin < 0 for margin in off)


@given(count=counts, dress=st.sampled_from(sorted(COUNTS)))
def test_a_count_passes_in_every_dress(count: int, dress: str) -> None:
    known = evidence(fact("tickets", float(count), "count"))
    assert check(f"There are {COUNTS[dress](count)} open tickets.", known=known).dropped_claims == ()
    wrong = f"There are {COUNTS[dress](count + 1)} open tickets."
    assert len(check(wrong, known=known).dropped_claims) == 1


@given(amount=st.integers(1_000, 5_000_000), dress=st.sampled_from(sorted(AMOUNTS)))
def test_an_amount_passes_in_every_dress(amount: int, dress: str) -> None:
    assume(dress != "millions" or amount > 10_000)
    known = evidence(fact("arr", float(amount), "amount"))
    assert check(f"ARR is {AMOUNTS[dress](amount)}.", known=known).dropped_claims == ()
    assert len(check(f"ARR is {AMOUNTS[dress](amount + 10_000)}.", known=known).dropped_claims) == 1


@given(points=st.floats(0, 100), decimals=st.integers(0, 3))
def test_points_pass_as_they_round(points: float, decimals: int) -> None:
    known = evidence(fact("score", points, "points"))
    assert check(f"The score is {points:.{decimals}f} points.", known=known).dropped_claims == ()
    assert len(check(f"The score is {points + 2:.{decimals}f} points.", known=known).dropped_claims) == 1


@given(day=days, dress=st.sampled_from(sorted(DAYS)))
def test_a_day_passes_in_every_dress_and_no_other_day_does(day: date, dress: str) -> None:
    known = evidence(fact("contract_end", day.isoformat(), "date"))
    verb = "ends" if day >= ON else "ended"
    assert check(f"The contract {verb} on {DAYS[dress](day)}.", known=known).dropped_claims == ()
    other = DAYS[dress](day + timedelta(days=40))
    assert len(check(f"The contract {verb} on {other}.", known=known).dropped_claims) == 1


@given(days=st.integers(1, 900))
def test_the_days_to_the_contract_s_end_pass(days: int) -> None:
    known = evidence(fact("contract_end", (ON + timedelta(days=days)).isoformat(), "date"))
    assert check(f"The contract ends in {days} days.", known=known).dropped_claims == ()
    assert len(check(f"The contract ends in {days + 1} days.", known=known).dropped_claims) == 1


sentences = st.lists(st.sampled_from([*TRUE, *(sentence for sentence, _ in FALSE)]), max_size=5)
pieces = st.lists(
    st.sampled_from(
        ["Adoption", " is at ", "85 %", "99 %", ". ", "\n", "It ", "e.g. ", "1. ", "and ", "twice ", "one "]
    )
)


@given(
    paragraphs=st.lists(
        st.one_of(sentences.map(" ".join), sentences.map("\n".join), pieces.map("".join), st.text()).filter(bool)
    )
)
def test_checking_twice_drops_nothing_more(paragraphs: list[str]) -> None:
    # GIVEN a review that was checked
    once = checked(content(*paragraphs, expansion_and_next_steps=paragraphs), KNOWN).content

    # WHEN it is checked again
    again = checked(once, KNOWN)

    # THEN nothing changes
    assert (again.content, again.dropped_claims) == (once, ())


@given(true=st.lists(st.sampled_from(TRUE), max_size=3), false=st.sampled_from([sentence for sentence, _ in FALSE]))
def test_an_invented_sentence_takes_no_true_one_with_it(true: list[str], false: str) -> None:
    result = check(" ".join([*true, false, *true]))
    assert " ".join(result.content.account_health_summary) == " ".join([*true, *true])


_DIGITS = st.text(st.sampled_from("0123456789"), min_size=1, max_size=3) | st.sampled_from(["9" * 40, "1" * 5000])
_ODD = st.one_of(
    st.text(st.sampled_from("0159eE+-.,'/%×xkm²³½¼⅓ⅷ⑳٣๕０１𝟗 of"), max_size=12),
    st.sampled_from(
        [
            "A-91e948",
            "1e999",
            "1e-999",
            "5e308",
            "99e99",
            "1.5e308 of 1e-308",
            "2 of 1e-300",
            "१e९९९",
            "²",
            "3½",
            "ⅷ",
            "inf",
        ]
    ),
    st.builds(
        lambda digits, exponent, unit: f"{digits}e{exponent} {unit}",
        _DIGITS,
        st.integers(-9999, 9999),
        st.sampled_from(["", "%", "million", "billion", "days", "points", "x", "USD", "of 3"]),
    ),
    st.builds(
        lambda word, times: " ".join([word] * times),
        st.sampled_from(["billion", "hundred", "nine point one"]),
        st.integers(1, 40),
    ),
)


@given(st.lists(_ODD | st.text(max_size=20), max_size=6).map(" ".join))
def test_no_text_has_a_figure_that_cannot_be_reckoned_with(text: str) -> None:
    # GIVEN any text, with exponents, long numbers and every script's digits  WHEN its figures are read
    for figure in figures(plain(text)):
        # THEN each is a number that floats hold, or is marked as not understood
        assert all(abs(reading.value) <= LARGEST for reading in figure.readings)
        assert figure.is_of(float("inf")) is figure.is_of(float("nan")) is figure.is_of(1e308) is False


@given(_ODD, _ODD)
def test_no_name_or_id_keeps_a_review_from_being_checked(account_id: str, name: str) -> None:
    # GIVEN an account whose id and name read like numbers  WHEN a review that speaks of them is checked
    known = evidence(*FACTS, account_id=account_id or "A", account_name=name or "B")
    reported = content(f"Account {account_id} ({name}) stands at 62.5 points.", f"{account_id} it is")

    # THEN the check comes to an end; so does that of an offer's words
    assert checked(reported, known)
    sayable(f"{name} uses {account_id} seats.")
