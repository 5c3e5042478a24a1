"""Each function can start: its code is there, its settings are complete, its logs expire."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.stack.template import Template, resources_with_code
from tests.builders.functions import app_of
from tests.template.cloud import ROOT, Cloud, Resource, environment, named_by

# Read by the libraries, not by us.
FOR_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "LOG_LEVEL"}


def test_every_function_has_its_code(source: Template) -> None:
    for name, code_property, folder in resources_with_code(source):
        if code_property == "CodeUri":
            # GIVEN a function whose folder bears the name under which it logs
            variables = source["Resources"][name]["Properties"]["Environment"]["Variables"]
            assert folder == f"functions/{variables['POWERTOOLS_SERVICE_NAME']}/"
            # THEN the handler that Lambda calls is there
            assert callable(app_of(Path(folder).name).handler)


def test_every_layer_has_its_build(source: Template) -> None:
    for name, code_property, folder in resources_with_code(source):
        if code_property == "ContentUri":
            # GIVEN a layer that its own Makefile builds
            assert source["Resources"][name]["Metadata"]["BuildMethod"] == "makefile"
            assert f"\nbuild-{name}:" in (ROOT / folder / "Makefile").read_text("utf-8")
            # THEN nothing in it is packed as python/python
            assert not (ROOT / folder / "python").exists()


def test_functions_and_layers_are_of_one_runtime(cloud: Cloud) -> None:
    for function in cloud.all("Lambda::Function"):
        assert (function.properties["Runtime"], function.properties["Architectures"]) == ("python3.13", ["arm64"])
    for layer in cloud.all("Lambda::LayerVersion"):
        assert layer.properties["CompatibleRuntimes"] == ["python3.13"]
        assert layer.properties["CompatibleArchitectures"] == ["arm64"]


def test_only_functions_that_call_a_vendor_have_the_connectors(cloud: Cloud) -> None:
    for function in cloud.all("Lambda::Function"):
        calls_a_vendor = any(name.endswith("_API_URL") for name in environment(function))
        assert has_layer(cloud, function, "scorer"), function.id
        assert has_layer(cloud, function, "connectors") == calls_a_vendor, function.id


def test_a_function_is_given_every_setting_it_requires_and_none_that_it_does_not_read(cloud: Cloud) -> None:
    for function in cloud.all("Lambda::Function"):
        # GIVEN the settings that the function reads
        app = app_of(environment(function)["POWERTOOLS_SERVICE_NAME"])
        fields = app.function.settings_model.model_fields
        required = {name.upper() for name, field in fields.items() if field.is_required()}
        # WHEN it is deployed
        given = set(environment(function)) - FOR_POWERTOOLS
        # THEN none is missing, and none is there for nothing
        assert required <= given, function.id
        assert given <= {name.upper() for name in fields}, function.id


def test_logs_expire(cloud: Cloud) -> None:
    for function in cloud.all("Lambda::Function"):
        # GIVEN the group that a function logs to, named after it so that it is found
        group = cloud.at(function.properties["LoggingConfig"]["LogGroup"])
        name = function.properties["FunctionName"]["Fn::Sub"]
        assert group.properties["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/{name}"}
        # THEN it is retained for as long as the deployment says
        assert group.properties["RetentionInDays"] == {"Ref": "LogRetentionDays"}, group.id


@pytest.mark.parametrize("setting", ["TABLE_NAME", "TENANT_ID", "TIMEZONE"])
def test_all_functions_work_for_the_same_tenant_on_the_same_table(cloud: Cloud, setting: str) -> None:
    values: list[Any] = [environment(function)[setting] for function in cloud.all("Lambda::Function")]
    assert values.count(values[0]) == len(values)


def has_layer(cloud: Cloud, function: Resource, name: str) -> bool:
    """Whether the function has the layer of that name."""
    layers = [cloud.resources[named_by(layer)] for layer in function.properties["Layers"]]
    return any(layer.properties["LayerName"]["Fn::Sub"].endswith(f"-{name}") for layer in layers)
