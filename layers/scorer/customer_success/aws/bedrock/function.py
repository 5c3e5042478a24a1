"""A function that has a model write, if the deployment names one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import boto3

from customer_success.aws.function import QueueFunction
from customer_success.settings import ModelSettings

if TYPE_CHECKING:
    from customer_success.aws.messaging.consumer import ConsumerResponse, Delivery
    from customer_success.narration.ports import Narrator

W = TypeVar("W", bound=ModelSettings)


class ModelFunction(QueueFunction[W]):
    """A queue's function with a model, which is imported by what asks it."""

    def consume(
        self, event: Mapping[str, Any], context: Any, work: Callable[[Delivery], object]
    ) -> ConsumerResponse | dict[str, Any]:
        """Do `work` for each record of a queue's event; of an event that asks for the model, say what `make doctor`
        cannot see from outside.
        """
        if event.get("check") != "model":
            return super().consume(event, context, work)
        from customer_success.aws.bedrock.converse import runtime_of

        self.begin(context)
        return runtime_of(self._client()) | {"model": self.settings.bedrock_model_id}

    def model(self) -> Narrator | None:
        """The model that writes, None where the rules do."""
        if self.settings.bedrock_model_id is None:
            return None
        from customer_success.aws.bedrock.bedrock import BedrockNarrator

        return BedrockNarrator(self._client(), self.settings.bedrock_model_id, time_left=self.time_left)

    def _client(self) -> Any:
        from customer_success.aws.bedrock.bedrock import MODEL_CLIENT_CONFIG

        return boto3.client("bedrock-runtime", config=MODEL_CLIENT_CONFIG, endpoint_url=self.settings.bedrock_api_url)
