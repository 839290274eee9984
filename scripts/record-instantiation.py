#!/usr/bin/env python3
"""Records what wasmtime charges for instantiating the small modules of test/fuel/instantiation.json.

    scripts/record-instantiation.py --venvs <folder>           writes the figures and the wasm of each wat
    scripts/record-instantiation.py --venvs <folder> --check   fails if anything differs

A new case is a name with a wat in that file. The imports `h.m t g fr nop` are a memory, a table, a global, a funcref
and a function. Development only, as record-fuel.py, whose virtual environments (wasmtime-<version>) it shares.
A module that a version refuses is left out of its figures: older wheels lack features.
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys

from wasmtime_wheel import configuration, python_of

# The last of each version at the time of measuring: instantiation is charged since 46, and was changed in 48, 49, 50.
VERSIONS = ("45.0.0", "46.0.1", "47.0.1", "48.0.0", "49.0.0", "50.0.1")
CASES = pathlib.Path(__file__).resolve().parent.parent / "test" / "fuel" / "instantiation.json"
BUDGET = 10**12


def measure():
    from wasmtime import (Engine, Func, FuncType, Global, GlobalType, Limits, Linker, Memory, MemoryType, Module,
                          Store, Table, TableType, Val, ValType, wat2wasm)

    found = []
    for case in json.load(sys.stdin):
        engine = Engine(configuration())
        store = Store(engine)
        store.set_fuel(BUDGET)
        entry = {}
        try:
            entry["wasm"] = base64.b64encode(bytes(wat2wasm(case["wat"]))).decode()
            module = Module(engine, case["wat"])
            linker = Linker(engine)
            linker.define(store, "h", "m", Memory(store, MemoryType(Limits(1, None))))
            linker.define(store, "h", "t", Table(store, TableType(ValType.funcref(), Limits(10, None)), None))
            linker.define(store, "h", "g", Global(store, GlobalType(ValType.i32(), False), Val.i32(5)))
            linker.define(store, "h", "fr", Global(store, GlobalType(ValType.funcref(), False), Val.funcref(None)))
            linker.define(store, "h", "nop", Func(store, FuncType([], []), lambda: None))
            before = store.get_fuel()
            instance = linker.instantiate(store, module)
            for name in case.get("then", "").split():
                instance.exports(store)[name](store)
            entry["fuel"] = before - store.get_fuel()
        except Exception as error:
            print(case["name"], str(error).splitlines()[0], file=sys.stderr)
        found.append(entry)
    json.dump(found, sys.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venvs", type=pathlib.Path, required=True)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    document = json.loads(CASES.read_text())
    for case in document["cases"]:
        case["fuel"] = {}
    for version in VERSIONS:
        command = [python_of(options.venvs, version), __file__, "--measure"]
        given = json.dumps(document["cases"]).encode()
        done = subprocess.run(command, input=given, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for case, found in zip(document["cases"], json.loads(done.stdout)):
            if "wasm" in found:
                case["wasm"] = found["wasm"]
            if "fuel" in found:
                case["fuel"][f"wasmtime-{version.split('.')[0]}"] = found["fuel"]
    text = json.dumps(document, indent=2) + "\n"
    if options.check:
        if text != CASES.read_text():
            raise SystemExit("differs from test/fuel/instantiation.json")
    else:
        CASES.write_text(text)


if __name__ == "__main__":
    measure() if "--measure" in sys.argv else main()
