#!/usr/bin/env python3
"""Holds docs/plant.schema.json to the same small plants as the loader.

Each file of tests/data/plant begins with `# valid` or `# invalid: line:column text`; the loader's test holds the loader to
it. Here the schema must say the same, except where the line ends with `# schema: accepts` (what no schema can see, such as
a reference) or `# schema: not asked` (what is not YAML, or YAML that a plant file may not use).
"""

import pathlib
import re
import sys

import jsonschema
import yaml


class CoreLoader(yaml.SafeLoader):
    """The types of YAML 1.2, as editors read them: `no` and `06:00` and `2026-11-02` are text."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("bool", r"^(?:true|false)$", list("tf")),
    ("int", r"^(?:[-+]?[0-9]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
):
    CoreLoader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)


def construct_int(loader, node):
    """In YAML 1.2 `0012` is twelve; only 0x is another base."""
    return int(node.value, 16 if node.value.startswith("0x") else 10)


def construct_float(loader, node):
    return float(node.value)


CoreLoader.add_constructor("tag:yaml.org,2002:int", construct_int)
CoreLoader.add_constructor("tag:yaml.org,2002:float", construct_float)


def expectation(text):
    """True: the schema must accept; False: it must reject; None: it is not asked."""
    heads = [line for line in text.lstrip("\ufeff").splitlines() if re.match(r"# (valid$|invalid: )", line)]
    if not heads:
        raise ValueError("no line `# valid` or `# invalid: line:column text`")
    if any(head.endswith("# schema: not asked") for head in heads):
        return None
    return all(head == "# valid" or head.endswith("# schema: accepts") for head in heads)


def undescribed(node, path=""):
    """Paths of keys without a description."""
    if not isinstance(node, dict):
        return
    for key, value in node.get("properties", {}).items():
        if not value.get("description"):
            yield path + "/" + key
    for name, value in node.get("$defs", {}).items():
        yield from undescribed(value, path + "/" + name)


def main():
    import json

    root = pathlib.Path(__file__).resolve().parent.parent
    schema = json.loads((root / "docs/plant.schema.json").read_text(encoding="utf-8"))
    validator_class = getattr(jsonschema, "Draft202012Validator")
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    failures = [f"{path}: no description" for path in undescribed(schema)]
    asked = 0
    files = sorted((root / "tests/data/plant").glob("*.yaml")) + sorted(root.glob("demo/plant.yaml"))
    for path in files:
        text = path.read_text(encoding="utf-8")
        expected = True if path.parent.name == "demo" else expectation(text)
        if expected is None:
            continue
        asked += 1
        errors = list(validator.iter_errors(yaml.load(text, Loader=CoreLoader)))
        if expected and errors:
            place = "/".join(str(part) for part in errors[0].absolute_path)
            failures.append(f"{path.name}: the schema rejects it: {place}: {errors[0].message[:200]}")
        if not expected and not errors:
            failures.append(f"{path.name}: the schema accepts what the loader rejects")
    for failure in failures:
        print(failure)
    print(f"{asked} files asked, {len(failures)} failures")
    return 1 if failures or asked < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
