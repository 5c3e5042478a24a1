"""What API Gateway answers by itself, where ministack answers otherwise: gateway responses of an OpenAPI body, bodies
that are too large, and functions that take too long.

Loaded by the embedded stack's own process, in which nothing of the project can be imported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes that API Gateway takes."""
LONGEST_MILLISECONDS = 29_000
"""That API Gateway waits for a function, unless the integration says less."""

_EXTENSION = "x-amazon-apigateway-gateway-responses"


def teach(rest_api: Any) -> None:
    """Has `ministack.services.apigateway_v1` answer as API Gateway does."""
    _take_gateway_responses(rest_api)
    _refuse_large_bodies(rest_api)
    _wait_no_longer(rest_api)


def _take_gateway_responses(rest_api: Any) -> None:
    """ministack knows gateway responses, and passes over those that stand in an OpenAPI body, where SAM puts them."""
    imported = rest_api._import_rest_api

    def with_responses(spec: Mapping[str, Any], base_data: Any = None) -> str:
        api_id: str = imported(spec, base_data)
        for kind, response in spec.get(_EXTENSION, {}).items():
            status, _, refusal = rest_api._put_gateway_response(api_id, kind, _with_one_id(response))
            if status >= 400:
                raise ValueError(f"gateway response {kind}: {refusal.decode()}")
        return api_id

    rest_api._import_rest_api = with_responses


def _with_one_id(response: Mapping[str, Any]) -> dict[str, Any]:
    """ministack gives a request one id, under the name that a caller can set on AWS."""
    templates = response.get("responseTemplates", {})
    renamed = {kind: text.replace("context.extendedRequestId", "context.requestId") for kind, text in templates.items()}
    return {**response, "responseTemplates": renamed}


def _refuse_large_bodies(rest_api: Any) -> None:
    execute = rest_api._execute_in_scope

    async def bounded(
        request: dict[str, Any], api_id: str, stage: str, method: str, path: str, headers: Any, body: Any, *others: Any
    ) -> Any:
        known = rest_api._stages_v1.get(api_id, {}).get(stage)
        if known and len(body or b"") > LARGEST_BODY:
            request["stage"] = known
            return rest_api._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        return await execute(request, api_id, stage, method, path, headers, body, *others)

    rest_api._execute_in_scope = bounded


def _wait_no_longer(rest_api: Any) -> None:
    invoke = rest_api._invoke_lambda_proxy_v1

    async def timed(integration: Mapping[str, Any], *asked: Any, **more: Any) -> Any:
        longest = int(integration.get("timeoutInMillis") or LONGEST_MILLISECONDS)
        try:
            return await asyncio.wait_for(invoke(integration, *asked, **more), longest / 1000)
        except TimeoutError:
            return rest_api._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")

    rest_api._invoke_lambda_proxy_v1 = timed
