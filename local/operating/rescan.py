"""Asks a deployment to scan a day again, after any outcome of the scan before."""

from __future__ import annotations

from datetime import date, datetime, time
from uuid import uuid4
from zoneinfo import ZoneInfo

from customer_success.aws.messaging.sending import CORRELATION
from customer_success.messages import ScanRequested
from customer_success.periods import today
from local.stack.aws import Aws
from local.stack.deploy import Deployment

NOON = time(12)


def ask_for_scan(aws: Aws, deployed: Deployment, day: date, now: datetime) -> str:
    """Put a request on the scan's queue and return its id. A day before the latest one that was scanned is refused by
    the scan. Raises `Refused` for a day after today in the deployment's time zone.
    """
    today(day, now, deployed.parameters["Timezone"])
    request = str(uuid4())
    moment = datetime.combine(day, NOON, ZoneInfo(deployed.parameters["Timezone"]))
    asked = ScanRequested(tenant_id=deployed.space, id=request, time=moment, force=True)
    aws.sqs.send_message(
        QueueUrl=deployed.queues["scan"],
        MessageBody=asked.model_dump_json(),
        MessageAttributes={CORRELATION: {"DataType": "String", "StringValue": request}},
    )
    return request
