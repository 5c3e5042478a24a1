"""boto3 as it was: the real client, with a service model of Bedrock that knows less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from tests.builders.aws import REGION

VERSION = "2023-09-30"


def bedrock_of_old(folder: Path, url: str, config: Config, *, knows_strict: bool) -> Any:
    """A client of before `outputConfig`; with or without the `strict` of a tool, which came later than tools did."""
    model = Loader().load_service_model("bedrock-runtime", "service-2", VERSION)
    for shape in ("ConverseRequest", "ConverseStreamRequest"):
        del model["shapes"][shape]["members"]["outputConfig"]
    if not knows_strict:
        del model["shapes"]["ToolSpecification"]["members"]["strict"]
    unpacked = folder / "old-sdk"
    path = unpacked / "bedrock-runtime" / VERSION / "service-2.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(model), "utf-8")
    core = botocore.session.Session()
    core.register_component("data_loader", Loader(extra_search_paths=[str(unpacked)]))
    session = boto3.Session("key", "secret", region_name=REGION, botocore_session=core)
    return session.client("bedrock-runtime", endpoint_url=url, config=config)
