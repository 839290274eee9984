#!/usr/bin/env python3
"""Records wasmtime's own fuel for the modules of fixtures/stripped into fixtures/stripped/fuel.json.

    scripts/record-stripped-fuel.py            measures each module's _start; writes fixtures/stripped/fuel.json
    scripts/record-stripped-fuel.py --check    writes nothing, fails if anything differs from what is recorded

Like record-fuel.py, whose wasmtime environments and way of measuring it takes: development only.
"""
import argparse
import importlib.util
import json
import pathlib
import tempfile

specification = importlib.util.spec_from_file_location("record_fuel", pathlib.Path(__file__).with_name("record-fuel.py"))
base = importlib.util.module_from_spec(specification)
specification.loader.exec_module(base)

FOLDER = base.ROOT / "fixtures" / "stripped"
RECORD = FOLDER / "fuel.json"
ABOUT = "Fuel that wasmtime itself reports for the modules here, by version. Written by scripts/record-stripped-fuel.py; don't edit."


def record(venvs, temporary):
    plugin = base.ROOT / "plugin" / "plugin.wasm"
    empty = temporary / "empty"
    empty.write_bytes(b"")
    records = {path.stem: {"sha256": base.digest(path.read_bytes())} for path in sorted(FOLDER.glob("*.wasm"))}
    modules = {name: {"app": str(FOLDER / f"{name}.wasm"), "plugin": str(plugin), "input": str(empty)} for name in records}
    base.measure_with_all_versions(records, modules, venvs, None, temporary)
    return {"about": ABOUT, "pluginSha256": base.digest(plugin.read_bytes()), "modules": records}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, write nothing")
    parser.add_argument("--venvs", type=pathlib.Path, help="keep the virtual environments in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        temporary = pathlib.Path(folder)
        text = json.dumps(record(options.venvs or temporary, temporary), indent=2) + "\n"
    if not options.check:
        RECORD.write_text(text)
    elif text != RECORD.read_text():
        raise SystemExit("differs from fixtures/stripped/fuel.json")


main()
