"""Reviews and offers written by a model on Bedrock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from customer_success.aws.bedrock.converse import Binding, Turn, advice, answered, converse_request
from customer_success.aws.bedrock.questions import Content, Question, Unusable, expansion_question, review_question
from customer_success.aws.errors import code_of, fault, translated
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, NotWritten, OutOfTime, Unavailable, Unclear
from customer_success.narration.evidence import QBREvidence
from customer_success.narration.offer_evidence import ExpansionEvidence
from customer_success.narration.ports import Narration, Proposals
from customer_success.pauses import seconds_asked
from customer_success.text import short

CONNECT_SECONDS = 3
READ_SECONDS = 60
CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS
"""The longest that one call takes; with less time left none is begun."""
MODEL_CLIENT_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS
)
"""For the client of a model. It repeats nothing by itself: each repeat of a call that timed out is billed."""
MAX_TOKENS = 4_000
"""Of one answer; a review with forty features takes about half of them."""
CALLS = 2
"""The question, and one turn to mend the answer."""

_ACCEPTED = ("end_turn", "tool_use")
_CUT_OFF = ("max_tokens", "model_context_window_exceeded")
_REFUSALS = ("content_filtered", "guardrail_intervened", "refusal")
_PASSING = ("ModelErrorException", "ModelNotReadyException", "ModelTimeoutException")
_LONGEST_REASON = 300


class ConverseClient(Protocol):
    """What is needed of boto3's client for "bedrock-runtime"."""

    def converse(self, **request: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class _Answer:
    text: str
    stop_reason: str
    tokens_in: int
    tokens_out: int


class BedrockNarrator:
    """`Narrator` on a model that answers Converse in a JSON schema, bound to it as the client's SDK knows how to.

    `time_left` gives the seconds that may still be spent. An answer is bound to the schema, then checked all the
    same; one that cannot be used is sent back once, with what was wrong with it.
    """

    def __init__(
        self,
        client: ConverseClient,
        model_id: str,
        *,
        time_left: Callable[[], float],
        max_tokens: int = MAX_TOKENS,
    ) -> None:
        self._client = client
        self._model_id = model_id
        self._time_left = time_left
        self._max_tokens = max_tokens
        self._binding = Binding.known_to(client)
        self._where = f"model {model_id!r}"

    def write_qbr(self, evidence: QBREvidence) -> Narration:
        """As the port says. Raises `OutOfTime` when a call could outlast the time left, and `Misconfigured` when the
        model may not be called or refuses the request as such.
        """
        content, answers = self._ask(review_question(evidence))
        return Narration(content, self._model_id, *_cost(answers))

    def find_expansions(self, evidence: ExpansionEvidence) -> Proposals:
        """As the port says; raises as `write_qbr`. Of what is proposed only the outer shape was looked at."""
        proposed, answers = self._ask(expansion_question(evidence))
        return Proposals(proposed, self._model_id, *_cost(answers))

    def _ask(self, question: Question[Content]) -> tuple[Content, Sequence[_Answer]]:
        """What is asked for, and all answers that it took."""
        turns = [_turn("user", question.prompt.user)]
        answers: list[_Answer] = []
        reasons: list[str] = []
        while len(answers) < CALLS:
            answer = self._call(question, turns)
            answers.append(answer)
            try:
                _check_end(answer, question)
                return question.read(answer.text), answers
            except Unusable as unusable:
                reasons.append(str(unusable))
                turns = _sent_back(question.prompt.user, answer, unusable)
        raise NotWritten(f"{self._where} wrote no {question.wanted}: {'; asked again: '.join(reasons)}")

    def _call(self, question: Question[Any], turns: Sequence[Turn]) -> _Answer:
        left = self._time_left()
        if left < CALL_SECONDS:
            raise OutOfTime(f"{self._where}: a call may take {CALL_SECONDS} s, and {max(left, 0):.0f} s are left")
        with translated(self._where):
            try:
                answer = self._client.converse(
                    **converse_request(
                        self._model_id,
                        system=question.prompt.system,
                        turns=turns,
                        max_tokens=self._max_tokens,
                        bound=self._binding.of(question.schema_name, question.schema),
                    )
                )
            except ClientError as error:
                raise _refusal(self._where, error) from error
            except (AttributeError, TypeError, LookupError) as error:
                # The SDK takes any JSON for an object.
                raise Unclear(f"{self._where}: what came is no answer of Bedrock's") from error
            except ParamValidationError as error:
                # The runtime brings its own boto3, which may be too old to know answers in a schema.
                raise Misconfigured(f"{self._where}: {error}; a newer boto3 is needed in the function") from error
        return _answer(self._where, answer)


def _cost(answers: Sequence[_Answer]) -> tuple[int, int, int]:
    """Tokens read, tokens written, and calls."""
    return sum(answer.tokens_in for answer in answers), sum(answer.tokens_out for answer in answers), len(answers)


def _turn(role: str, *texts: str) -> Turn:
    return {"role": role, "content": [{"text": text} for text in texts]}


def _sent_back(question: str, answer: _Answer, unusable: Unusable) -> list[Turn]:
    """The conversation so far, and what was wrong with the answer."""
    complaint = (
        f"This answer cannot be used: {unusable}. {unusable.advice} Answer with the whole JSON document and nothing "
        "else; the rules and the account data stay as they are."
    )
    if not answer.text.strip():
        # Converse takes no empty turn, and no two turns of the user.
        return [_turn("user", question, complaint)]
    return [_turn("user", question), _turn("assistant", answer.text), _turn("user", complaint)]


def _answer(where: str, answer: Mapping[str, Any]) -> _Answer:
    try:
        usage, blocks = answer["usage"], answer["output"]["message"]["content"]
        return _Answer(
            text=answered(blocks),
            stop_reason=answer["stopReason"],
            tokens_in=int(usage["inputTokens"]),
            tokens_out=int(usage["outputTokens"]),
        )
    except KeyError as missing:
        raise Unavailable(f"{where}: its answer came without {missing}") from missing
    except (AttributeError, TypeError, ValueError) as error:
        raise Unavailable(f"{where}: what came is no answer of Bedrock's") from error


def _check_end(answer: _Answer, question: Question[Any]) -> None:
    """Raises `Unusable` for an answer that did not come to its end."""
    reason = answer.stop_reason
    if reason in _ACCEPTED:
        return
    if reason in _CUT_OFF:
        raise Unusable(f"cut off ({reason}) after {answer.tokens_out} tokens", question.shorter)
    if reason in _REFUSALS:
        raise Unusable(f"refused ({reason})", question.plainer)
    raise Unusable(f"broke off ({reason})", "Answer in the JSON schema.")


def _refusal(where: str, error: ClientError) -> Unavailable | Misconfigured:
    """Our error for a call that Bedrock did not carry out."""
    code, response = code_of(error), error.response.get("ResponseMetadata", {})
    text = short(error.response.get("Error", {}).get("Message", "no reason given"), _LONGEST_REASON)
    # These say that the model failed this once, although their status is the caller's fault.
    status = 503 if code in _PASSING else response.get("HTTPStatusCode", 0)
    known = fault(where, code, text, status=status)
    if isinstance(known, Unavailable):
        return Unavailable(str(known), retry_after=seconds_asked(response.get("HTTPHeaders", {}).get("retry-after")))
    return Misconfigured(f"{where}: {code}: {text}; {advice(code, text)}")
