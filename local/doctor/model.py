"""The model: whether it answers to the very request of the functions that ask it, and what their runtime knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from pydantic import BaseModel

from customer_success.aws.bedrock.bedrock import MODEL_CLIENT_CONFIG, READ_SECONDS
from customer_success.aws.bedrock.converse import OUTPUT_CONFIG, Binding, advice, converse_request
from customer_success.aws.bedrock.questions import OFFERS, REVIEW
from customer_success.aws.errors import PASSING_CODES, code_of
from local.doctor.check_result import CheckResult, bad, off, ok, untried
from local.doctor.target import Target

QUESTION = "Say that you are there."
ASKING: dict[str, tuple[str, type[BaseModel]]] = {"generate-qbr": REVIEW, "check-expansion": OFFERS}
"""The functions that ask the model, with name and schema of what they ask for."""


@dataclass(frozen=True)
class _Runtime:
    """What a function's own runtime reports; `binding` is None where it could not be asked."""

    result: CheckResult
    binding: Binding | None = None


def check_model(target: Target) -> Iterator[CheckResult]:
    """One question of one token for each function that asks the model, which costs a fraction of a cent."""
    model = target.setting("BedrockModelId")
    if not model:
        yield off("BedrockModelId is empty: rules write the reviews")
        return
    url = target.setting("BedrockApiUrl")
    client = target.client("bedrock-runtime", url=url, config=MODEL_CLIENT_CONFIG)
    runtimes = {function: _runtime(target, function) for function in ASKING}
    try:
        for function, (name, schema) in ASKING.items():
            binding = runtimes[function].binding or Binding.known_to(client)
            _ask(client, model, binding.of(name, schema))
    except ClientError as error:
        code, text = code_of(error), error.response.get("Error", {}).get("Message", "")
        yield bad(f"BedrockModelId: {model}: {code}: {text}", _advice(code, text))
        return
    except ReadTimeoutError:
        yield bad(
            f"BedrockModelId: {model} did not answer within {READ_SECONDS} s",
            "try again: Bedrock compiles a schema when it first sees it, which can take minutes",
        )
        return
    except BotoCoreError as error:
        yield bad(f"BedrockModelId: {model}: {error}", "look at the region, and at BedrockApiUrl")
        return
    yield ok(f"BedrockModelId: {model} answers in the schemas of reviews and offers (two tokens were paid for)")
    yield from dict.fromkeys(runtime.result for runtime in runtimes.values())


def _ask(client: Any, model: str, bound: dict[str, Any]) -> None:
    turns = [{"role": "user", "content": [{"text": QUESTION}]}]
    client.converse(**converse_request(model, system="You answer briefly.", turns=turns, max_tokens=1, bound=bound))


def _runtime(target: Target, function: str) -> _Runtime:
    """Asks the function itself: its runtime brings an SDK of its own, which may know less than the one here."""
    name = f"customer-success-{target.setting('Stage')}-{function}"
    try:
        answer = target.aws.functions.invoke(FunctionName=name, Payload=json.dumps({"check": "model"}).encode())
        answered = json.loads(answer["Payload"].read())
    except ClientError as error:
        missing = "; docs/operator-policy.json allows lambda:InvokeFunction on it" if _is_denial(error) else ""
        return _Runtime(untried(f"what the runtime of {name} knows: {code_of(error)}{missing}"))
    except (BotoCoreError, ValueError) as error:
        return _Runtime(untried(f"what the runtime of {name} knows: {error}"))
    if not isinstance(answered, dict) or "structured_output" not in answered:
        return _Runtime(untried(f"what the runtime of {name} knows: it answers to no such question"))
    binding = Binding(answered["structured_output"], strict=bool(answered.get("strict")))
    if binding.way == OUTPUT_CONFIG:
        how = "knows outputConfig"
    else:
        how = f"does not know outputConfig: answers are bound by a {'strict ' if binding.strict else ''}tool"
    return _Runtime(ok(f"the functions' runtime brings botocore {answered.get('botocore')}, which {how}"), binding)


def _is_denial(error: ClientError) -> bool:
    return "AccessDenied" in code_of(error)


def _advice(code: str, text: str) -> str:
    return "try again later" if code in PASSING_CODES else advice(code, text)
