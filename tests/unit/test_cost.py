"""What a month costs: the sum is that of its lines, and the lines follow from the template and the accounts."""

from __future__ import annotations

import copy
import io
import re
from itertools import pairwise

import pytest
from rich.console import Console

from local.cost.__main__ import TEMPLATE, AskedWronglyError, asked_for, levers, main
from local.cost.deployed import Deployed
from local.cost.month import Asked, Line, lines, work
from local.cost.prices import Price
from local.stack.policies import functions, shown
from local.stack.template import Template, read_template

WIDTH = 100
HOURS = 730


@pytest.fixture
def template() -> Template:
    return copy.deepcopy(read_template(TEMPLATE))


def test_the_sum_printed_is_that_of_the_lines_printed() -> None:
    printed = _printed(ACCOUNTS="5000")
    month = _month(5_000)
    gross, free = sum(line.usd for line in month), sum(line.free_usd for line in month)
    assert [_amount(printed, name) for name in ("sum of the lines", "within the free tier", "a month  ")] == [
        f"{gross:,.2f}",
        f"−{free:,.2f}",
        f"{gross - free:,.2f}",
    ]
    assert _amount(printed, "an account and month") == f"{(gross - free) / 5_000:,.4f}"
    for line in month:
        assert re.search(rf"{line.service} +│ {re.escape(line.what)} .* {line.usd:,.2f} │", printed), line.what


def test_more_accounts_never_cost_less() -> None:
    # GIVEN books of every size
    months = [_month(accounts) for accounts in (1, 10, 500, 5_000, 50_000, 1_000_000)]
    # WHEN each is compared with the next larger one
    for small, large in pairwise(months):
        # THEN no line is less, and the whole is more
        assert all(one.quantity <= other.quantity for one, other in zip(small, large, strict=True))
        assert _usd(small) < _usd(large)


@pytest.mark.parametrize(
    ("accounts", "write_units", "feeds_write_units", "stored_gb", "at_least", "at_most"),
    [
        # A scan writes 13.4 units an account: 1,000 x 30.4 x 13.4 = 408,000. Pages 912 x 2.07 = 1,900, reviews and
        # reports 2 x 333 x 10.8 = 7,200; 2,100 small pieces of 4.5 make 9,400. Five feeds write 8 units an account and
        # day: 1,000 x 30.4 x 40. Stored: 1,000 x (9,520 + 7,800 + 365 x 2,360) B.
        # Fixed: polling 8.5 M less one x 0.40 = 3.02; 67 alarms less ten, 5.70; dashboard 3; five secrets 2; API
        # metrics at most 3.16 more. Units written 1.03, stored 0.18: 15 to 19.
        (1_000, 426_000, 1_217_000, 0.88, 14, 19),
        # Fifty times that; 82.1 M units cost 51.33, 29.7 M read 3.71, the 43.9 GB 4.73 beyond the free 25, their
        # recovery 8.79, Lambda's 237,000 GB-seconds nothing, 237,000 reads of secrets 1.19. With 14 to 17 fixed.
        (50_000, 21_300_000, 60_830_000, 43.9, 82, 88),
    ],
)
def test_a_month_is_what_one_works_out_by_hand(
    accounts: int, write_units: float, feeds_write_units: float, stored_gb: float, at_least: float, at_most: float
) -> None:
    month = {line.what: line for line in _month(accounts)}
    assert month["write units"].quantity == pytest.approx(write_units, rel=0.01)
    assert month["write units of feeds"].quantity == pytest.approx(feeds_write_units, rel=0.01)
    assert month["storage"].quantity == pytest.approx(stored_gb, rel=0.01)
    assert at_least < _usd(list(month.values())) < at_most


def test_an_idle_queue_is_asked_by_five_pollers_three_times_a_minute(template: Template) -> None:
    queues = sum(
        event["Type"] == "SQS" for body in functions(template).values() for event in body.get("Events", {}).values()
    )
    asking = _line(_month(1), "asking idle queues")
    # 5 x 3 x 60 x 730 = 657,000 requests a queue and month.
    assert asking.quantity == pytest.approx(queues * 657_000)


def test_one_more_alarm_costs_ten_cents_and_one_of_two_metrics_twenty(template: Template) -> None:
    before = _usd(_month(1_000, template))
    template["Resources"]["OneMoreAlarm"] = template["Resources"]["ScanDeadLettersAlarm"]
    assert _usd(_month(1_000, template)) - before == pytest.approx(0.10)
    template["Resources"]["TwoMoreAlarm"] = template["Resources"]["NotionSyncFailuresAlarm"]
    assert _usd(_month(1_000, template)) - before == pytest.approx(0.30)


def test_one_more_queue_with_a_function_costs_its_polling(template: Template) -> None:
    before = _usd(_month(1_000, template))
    template["Resources"]["OneMore"] = template["Resources"]["NotionSync"]
    # 657,000 requests of 0.40 a million; the free million is used up.
    assert _usd(_month(1_000, template)) - before == pytest.approx(0.2628)


def test_one_more_secret_costs_forty_cents(template: Template) -> None:
    before = _usd(_month(1_000, template))
    template["Parameters"]["TeamsSecret"] = template["Parameters"]["SlackSecret"]
    template["Resources"]["OneMoreSecret"] = template["Resources"]["ApiCursorKey"]
    assert _usd(_month(1_000, template)) - before == pytest.approx(0.80)


def test_detailed_metrics_of_the_api_cost_where_they_are_on(template: Template) -> None:
    settings = template["Resources"]["Api"]["Properties"]["MethodSettings"][0]
    settings["MetricsEnabled"] = False
    without = _usd(_month(1_000, template))
    settings["MetricsEnabled"] = True
    methods = sum(
        event["Properties"]["Method"] != "options"
        for event in template["Resources"]["ApiFunction"]["Properties"]["Events"].values()
    )
    own = _line(_month(1_000, template), "our own metrics").quantity
    # Five metrics for each method in 220 of 730 hours, 0.30 each, less what is left of ten free ones.
    expected = 0.30 * (methods * 5 * 220 / HOURS - (10 - own))
    assert _usd(_month(1_000, template)) - without == pytest.approx(expected)


def test_a_dashboard_is_free_up_to_fifty_metrics(template: Template) -> None:
    assert _line(_month(1_000, template), "dashboard").free_usd == 0
    template["Resources"]["Dashboard"]["Properties"]["DashboardBody"] = {
        "Fn::Sub": '{"widgets":[{"properties":{"metrics":[["AWS/SQS","Age","QueueName","scan"]]}},{"properties":{}}]}'
    }
    dashboard = _line(_month(1_000, template), "dashboard")
    assert dashboard.usd == dashboard.free_usd == 3


def test_only_our_own_metrics_are_paid_and_only_for_the_hours_in_which_they_are_sent(template: Template) -> None:
    # GIVEN a dashboard that shows one metric of ours twice, and one of AWS; and no alarm on any of ours
    metrics = '["CustomerSuccess/dev","Alerts","service","health_scan"]'
    body = f'{{"widgets":[{{"properties":{{"metrics":[{metrics},{metrics},["AWS/SQS","Age","QueueName","scan"]]}}}}]}}'
    template["Resources"]["Dashboard"]["Properties"]["DashboardBody"] = body
    alarms = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"]
    for name in alarms:
        del template["Resources"][name]
    # THEN it is paid once, in two hours of the day's 24
    assert _line(_month(1_000, template), "our own metrics").quantity == pytest.approx(2 / 24)


def test_a_model_keeps_functions_waiting(template: Template) -> None:
    # 3,000 / 3 reviews and 3,000 x 2 % x 30.4 checks, 8 seconds each in functions of half a GB.
    without, thinking = (
        _line(lines(Asked(3_000, model), Deployed(template)), "memory over time").quantity for model in (False, True)
    )
    assert thinking - without == pytest.approx((1_000 + 1_825) * 8 * 0.5)


def test_the_contract_check_reads_the_whole_book_once_a_day() -> None:
    # A scan reads 4.35 units an account and 2 of its observations, the check 9,520 / 4,096, the files of five feeds 2
    # each; pages, reviews and the API some 25,000 more.
    reads = _line(_month(1_000), "read units").quantity
    assert reads == pytest.approx(1_000 * 30.42 * (4.35 + 2 + 2.32 + 5 * 2) + 25_000, rel=0.02)


def test_more_memory_costs_more_where_it_is_used(template: Template) -> None:
    before = _line(_month(5_000, template), "memory over time").quantity
    template["Resources"]["NotionSync"]["Properties"]["MemorySize"] = 1024
    seconds = work(5_000).seconds(model=False)["notion_sync"]
    assert _line(_month(5_000, template), "memory over time").quantity - before == pytest.approx(seconds / 2)


def test_a_table_without_recovery_pays_none(template: Template) -> None:
    del template["Resources"]["Table"]["Properties"]["PointInTimeRecoverySpecification"]
    assert "point-in-time recovery" not in [line.what for line in _month(1_000, template)]


def test_every_function_of_the_template_is_counted(template: Template) -> None:
    todo = work(1_000)
    names = {shown(template, name) for name in functions(template)}
    assert set(todo.runs) == names
    assert set(todo.seconds(model=True)) == names
    assert min(todo.runs.values()) > 0 and min(todo.seconds(model=False).values()) > 0


def test_the_free_tier_takes_off_what_is_used_of_it_and_no_more() -> None:
    price = Price(1.0, 10, "ten", free=30)
    assert (Line("S", "w", 20, price).usd, Line("S", "w", 20, price).free_usd) == (2, 2)
    assert (Line("S", "w", 50, price).usd, Line("S", "w", 50, price).free_usd) == (5, 3)


def test_a_free_tier_is_used_once(template: Template) -> None:
    # Without a queue that is polled, the messages have the free million for themselves.
    with_queues = _line(_month(50_000, template), "messages")
    assert with_queues.usd > 0 and with_queues.free_usd == 0
    for body in template["Resources"].values():
        body.get("Properties", {}).pop("Events", None)
    alone = _line(_month(50_000, template), "messages")
    assert alone.free_usd == alone.usd > 0


def test_a_model_costs_its_tokens_at_the_price_given() -> None:
    without, dear, cheap = (
        _usd(lines(Asked(3_000, model, *price), Deployed(read_template(TEMPLATE))))
        for model, price in ((False, (3, 15)), (True, (3, 15)), (True, (1, 5)))
    )
    # 1,000 reviews and 3,000 x 2 % x 30.4 = 1,825 checks of 1,472 tokens in and 218 out: 4.16 M and 0.616 M.
    assert dear - without == pytest.approx(4.158 * 3 + 0.616 * 15, rel=0.02)
    assert dear - cheap == pytest.approx(4.158 * 2 + 0.616 * 10, rel=0.01)


def test_what_costs_most_comes_first_with_what_makes_it_less() -> None:
    month = lines(Asked(5_000, model=True), Deployed(read_template(TEMPLATE)))
    reported = levers(month)
    assert len(reported) == 3
    assert reported == sorted(reported, reverse=True)
    assert reported[0][1] == "a smaller model: BedrockModelId"
    assert reported[0][0] == pytest.approx(sum(line.usd for line in month if line.service == "Bedrock"))


def test_each_assumption_is_printed_and_nothing_is_wider_than_a_page() -> None:
    printed = _printed(ACCOUNTS="1000000", MODEL="yes")
    assert max(map(len, printed.splitlines())) <= WIDTH
    for text in (
        "3% of the accounts change",
        "Guessed: 2% are checked",
        "5 pollers",
        "two functions at Notion's three a second",
        "us-east-1",
    ):
        assert text in " ".join(printed.split())


@pytest.mark.parametrize("accounts", ["0", "-5", "5.5", "many", "1000001", "5,000", "٣", "9" * 5_000])
def test_a_wrong_number_of_accounts_is_reported_in_one_line(accounts: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main({"ACCOUNTS": accounts}, Console(file=io.StringIO())) == 1
    output = capsys.readouterr()
    assert output.err == f"ACCOUNTS={accounts}: expected a whole number from 1 to 1,000,000, as in 5000\n"
    assert output.out == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"MODEL": "sonnet"}, "MODEL=sonnet: expected yes or no"),
        ({"MODEL_PRICE": "3"}, "MODEL_PRICE=3: expected USD for a million tokens in and out, as in 3,15"),
        ({"MODEL_PRICE": "3,x"}, "MODEL_PRICE=3,x: expected USD for a million tokens in and out, as in 3,15"),
        ({"MODEL_PRICE": "-3,15"}, "MODEL_PRICE=-3,15: expected USD for a million tokens in and out, as in 3,15"),
        ({"MODEL_PRICE": "nan,15"}, "MODEL_PRICE=nan,15: expected USD for a million tokens in and out, as in 3,15"),
    ],
)
def test_what_else_is_wrong_is_reported_by_its_name(given: dict[str, str], expected: str) -> None:
    with pytest.raises(AskedWronglyError, match=f"^{re.escape(expected)}$"):
        asked_for(given)


def test_nothing_given_takes_five_thousand_accounts_and_no_model() -> None:
    assert asked_for({"ACCOUNTS": "", "MODEL": ""}) == Asked(5_000, model=False, model_in=3, model_out=15)
    assert asked_for({"ACCOUNTS": "7", "MODEL": "yes", "MODEL_PRICE": "1,5"}) == Asked(7, True, 1, 5)


def _month(accounts: int, template: Template | None = None) -> list[Line]:
    return lines(Asked(accounts), Deployed(template or read_template(TEMPLATE)))


def _usd(month: list[Line]) -> float:
    return sum(line.usd - line.free_usd for line in month)


def _line(month: list[Line], what: str) -> Line:
    return next(line for line in month if line.what == what)


def _printed(**given: str) -> str:
    out = io.StringIO()
    assert main(given, Console(file=out, width=WIDTH)) == 0
    return out.getvalue()


def _amount(printed: str, name: str) -> str:
    [row] = [line for line in printed.splitlines() if f"│ {name}" in line]
    return row.rstrip("│ ").split("│")[-1].strip()
