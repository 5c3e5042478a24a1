"""List prices of AWS in us-east-1, in USD, without tax or discount, as they stood in the first half of 2026.

AWS's own pages hold them, below aws.amazon.com: /lambda/pricing (Arm), /dynamodb/pricing/on-demand, /sqs/pricing,
/sns/pricing, /eventbridge/pricing, /cloudwatch/pricing, /api-gateway/pricing (REST), /secrets-manager/pricing,
/s3/pricing, /bedrock/pricing (Claude Sonnet 4). Guides of 2025 and 2026 that quote those pages bear out Lambda, the
table's units, EventBridge, the API, metrics, logs' free tier and Bedrock; look at the pages before you rely on the
rest. Other regions differ.
"""

from __future__ import annotations

from dataclasses import dataclass

AS_OF = "us-east-1, first half of 2026"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """USD for `per` units; the first `free` units of every month cost nothing, in each account and for ever."""

    usd: float
    per: float
    unit: str
    free: float = 0

    @property
    def each(self) -> float:
        """USD for one unit."""
        return self.usd / self.per


LAMBDA_REQUESTS = Price(0.20, MILLION, "million runs", free=MILLION)
LAMBDA_SECONDS = Price(0.0000133334, 1, "GB-second", free=400_000)
TABLE_WRITES = Price(0.625, MILLION, "million units")
TABLE_READS = Price(0.125, MILLION, "million units")
TABLE_STORAGE = Price(0.25, 1, "GB", free=25)
TABLE_RECOVERY = Price(0.20, 1, "GB")
SQS_REQUESTS = Price(0.40, MILLION, "million requests", free=MILLION)
SNS_PUBLISHES = Price(0.50, MILLION, "million", free=MILLION)
BUS_EVENTS = Price(1.00, MILLION, "million events")
ALARM_METRICS = Price(0.10, 1, "metric watched", free=10)
CUSTOM_METRICS = Price(0.30, 1, "metric and month", free=10)
DASHBOARDS = Price(3.00, 1, "dashboard")
LOGS = Price(0.50, 1, "GB", free=5)
API_CALLS = Price(3.50, MILLION, "million calls")
SECRETS = Price(0.40, 1, "secret")
SECRET_READS = Price(0.05, 10_000, "10,000 calls")
ARTIFACTS = Price(0.023, 1, "GB")

FREE_DASHBOARDS, FREE_DASHBOARD_METRICS = 3, 50
"""So many dashboards are free, if none shows more metrics than that."""
