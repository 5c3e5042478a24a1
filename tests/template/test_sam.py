"""`sam validate --lint` and `sam build` pass as they do for a deployment, and what is built is small and for Lambda."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack.template import Template, read_template
from tests.builders.sam_build import SAM, sam, sam_build
from tests.template.byte_code import byte_code_faults
from tests.template.cloud import ROOT, Cloud, named_by, service

MB = 1_000_000
MOST_OF_THE_SCORER = 19 * MB
MOST_OF_A_FUNCTION = 60 * MB
AARCH64 = 183
"""The machine in the header of an ELF file."""

RUNTIME_OWN = ("boto3", "botocore", "s3transfer")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `sam build` makes, one folder in it for each function and layer."""
    return sam_build(tmp_path_factory)


@pytest.mark.slow
def test_sam_finds_nothing_to_say_about_the_template() -> None:
    assert "is a valid SAM Template" in sam("validate", "--lint")


@pytest.mark.slow
def test_sam_does_find_something_where_there_is_something(tmp_path: Path) -> None:
    # GIVEN a template with a property that does not exist
    wrong = tmp_path / "template.json"
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Nonsense": 1}}
    transform = "AWS::Serverless-2016-10-31"
    wrong.write_text(json.dumps({"Transform": transform, "Resources": {"Function": function}}))
    # THEN the check above could have failed
    with pytest.raises(AssertionError, match="Nonsense"):
        sam("validate", "--lint", template=wrong)


def test_every_function_and_layer_is_built(built: Path, source: Template) -> None:
    template = read_template(built / "template.yaml")
    for name, resource in source["Resources"].items():
        match resource["Type"]:
            case "AWS::Serverless::Function":
                assert template["Resources"][name]["Properties"]["CodeUri"] == name
                assert {path.name for path in (built / name).iterdir()} - {"__pycache__"} >= {"app.py"}
            case "AWS::Serverless::LayerVersion":
                assert template["Resources"][name]["Properties"]["ContentUri"] == name
                assert [path.name for path in (built / name).iterdir()] == ["python"]


def test_a_function_is_its_own_few_lines(built: Path, cloud: Cloud) -> None:
    for function in cloud.all("Lambda::Function"):
        assert size(built / function.id) < 20_000, service(function)


def test_the_scorer_layer_is_small(built: Path) -> None:
    found = size(built / "ScorerLayer")
    assert found <= MOST_OF_THE_SCORER, over_budget("the scorer layer", found, MOST_OF_THE_SCORER)


def test_all_layers_of_a_function_are_small(built: Path, cloud: Cloud) -> None:
    sizes = {layer: size(built / layer) for layer in ("ScorerLayer", "ConnectorsLayer")}
    for function in cloud.all("Lambda::Function"):
        names = [named_by(layer) for layer in function.properties["Layers"]]
        layers = [layer for layer in sizes for name in names if name.startswith(layer)]
        assert len(layers) == len(names), function.id
        found = sum(sizes[layer] for layer in layers)
        assert found <= MOST_OF_A_FUNCTION, over_budget(f"all layers of {function.id}", found, MOST_OF_A_FUNCTION)


def test_layers_bring_byte_code_of_the_runtimes_own_python(built: Path, cloud: Cloud) -> None:
    # GIVEN the Python on which the functions run
    (runtime,) = {function.properties["Runtime"] for function in cloud.all("Lambda::Function")}
    tag, magic = byte_code_of(SAM / runtime)
    # THEN it uses the byte code of every module, and compiles none at a cold start
    layers = sorted(built.glob("*Layer"))
    assert layers
    assert [fault for layer in layers for fault in byte_code_faults(layer, tag, magic)] == []


def test_every_library_in_machine_code_is_for_the_processor_of_the_functions(built: Path) -> None:
    libraries = list(machine_code(built))
    assert libraries
    for library in libraries:
        header = library.read_bytes()[:20]
        assert header[:4] == b"\x7fELF", library
        assert struct.unpack("<H", header[18:20]) == (AARCH64,), library
        assert "cpython-313" in library.name or ".cpython-" not in library.name, library


def test_layers_bring_nothing_that_the_runtime_has(built: Path) -> None:
    for layer in built.glob("*Layer"):
        assert [name for name in RUNTIME_OWN if (layer / "python" / name).exists()] == []


def test_of_googles_descriptions_only_ours_are_shipped(built: Path) -> None:
    library = built / "ConnectorsLayer/python/googleapiclient/discovery_cache"
    assert (library / "__init__.py").exists()
    assert not (library / "documents").exists()
    own = {path.name for path in (ROOT / "layers/connectors/connectors").rglob("*.json")}
    described = {
        path.name for path in (built / "ConnectorsLayer").rglob("*.json") if b'"discovery#' in path.read_bytes()
    }
    assert described <= own


def test_layers_bring_our_own_code(built: Path) -> None:
    for layer, package in (("ScorerLayer", "customer_success"), ("ConnectorsLayer", "connectors")):
        folder = ROOT / f"layers/{layer.removesuffix('Layer').lower()}" / package
        shipped = {
            path.relative_to(built / layer / "python" / package) for path in (built / layer).rglob(f"{package}/**/*.py")
        }
        assert shipped == {path.relative_to(folder) for path in folder.rglob("*.py")}


def byte_code_of(python: Path) -> tuple[str, bytes]:
    """The tag in the names of a Python's byte code, and the magic number that it starts with."""
    asked = "import importlib.util, sys; print(sys.implementation.cache_tag, importlib.util.MAGIC_NUMBER.hex())"
    tag, magic = subprocess.run([python, "-c", asked], capture_output=True, check=True, text=True).stdout.split()
    return tag, bytes.fromhex(magic)


def over_budget(what: str, found: int, most: int) -> str:
    return (
        f"{what}: {found / MB:.1f} MB unzipped, of {most / MB:g}: drop a package from layers/*/requirements.txt, "
        "or remove what nothing calls in the layer's Makefile"
    )


def size(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def machine_code(folder: Path) -> Iterator[Path]:
    """Everything that only one kind of processor understands."""
    for path in folder.rglob("*"):
        if path.is_file() and (".so" in path.suffixes or path.read_bytes()[:4] == b"\x7fELF"):
            yield path
