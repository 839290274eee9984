#!/usr/bin/env python3
"""Records what each instruction costs in wasmtime, as test/fuel/instructions.json.

    scripts/record-instructions.py --venvs <folder>             measures all cases under all recorded versions
    scripts/record-instructions.py --venvs <folder> --check     the same, writes nothing, fails if anything differs
    scripts/record-instructions.py --venvs <folder> --new 51.0.0
        measures another wheel, says which instructions changed since the last recorded, and adds it to the record

The cases are made by scripts/instruction-cases.js from the built dist/. A figure is the fuel of one call of a case's
`f`, its instantiation aside, whether it returns, traps or throws. A case maps to one figure where all versions agree,
else to the figure by the first version that gives it; null where that version refuses the module.
Development only, as record-fuel.py, whose virtual environments (wasmtime-<version>) it shares.
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys

from wasmtime_wheel import configuration, python_of

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "test" / "fuel" / "instructions.json"
# Each major from 40 on, and some of those before.
FIRST = ["20.0.0", "25.0.0", "30.0.0", "36.0.0", "39.0.0", "40.0.0", "41.0.0", "42.0.0", "43.0.0", "44.0.0",
         "45.0.0", "46.0.1", "47.0.1", "48.0.0", "49.0.0", "50.0.1"]
ABOUT = ("Fuel of one call that executes an instruction, as wasmtime reports it: a figure, or figures by the first version that gives "
         "them, null where the module is refused. Written by scripts/record-instructions.py; don't edit.")
BUDGET = 10**12


# --- the driver: any Python ---------------------------------------------------------------------------------


def measured(venvs, version, cases):
    """Fuel by case under one version, None where it refuses the module."""
    command = [python_of(venvs, version), __file__, "--measure"]
    done = subprocess.run(command, input=cases, check=True, stdout=subprocess.PIPE)
    print(f"wasmtime {version}", file=sys.stderr)
    return json.loads(done.stdout)


def folded(figures):
    """[(major, fuel), …] in the order of versions as what the record holds."""
    changes = {}
    for major, fuel in figures:
        if not changes or list(changes.values())[-1] != fuel:
            changes[major] = fuel
    return next(iter(changes.values())) if len(changes) == 1 else changes


def unfolded(entry, majors):
    """The figure of each major in the order of `majors`."""
    if not isinstance(entry, dict):
        return {major: entry for major in majors}
    figures = {}
    for major in majors:
        figures[major] = entry.get(major, figures[majors[len(figures) - 1]] if figures else None)
    return figures


def written(versions, cases):
    """The record as biome formats it, a case a line."""

    def figures(entry):
        if not isinstance(entry, dict):
            return json.dumps(entry)
        return "{ " + ", ".join(f'"{major}": {json.dumps(fuel)}' for major, fuel in entry.items()) + " }"

    head = {"about": ABOUT, "versions": versions}
    lines = [f"    {json.dumps(name)}: {figures(entry)}" for name, entry in cases.items()]
    return json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "cases": {\n' + ",\n".join(lines) + "\n  }\n}\n"


def major(version):
    return version.split(".")[0]


def report(before, after, figures):
    """Says which cases differ between two recorded versions."""
    changed = [(name, by[major(before)], by[major(after)]) for name, by in figures.items() if by[major(before)] != by[major(after)]]
    for name, old, new in changed:
        show = lambda fuel: "refused" if fuel is None else fuel
        print(f"{name}: {show(old)} -> {show(new)}")
    print(f"wasmtime {after} differs from {before} in {len(changed)} of {len(figures)} cases")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venvs", type=pathlib.Path, required=True)
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, write nothing")
    parser.add_argument("--new", metavar="VERSION", help="a wheel newer than those recorded")
    options = parser.parse_args()
    made = subprocess.run(["node", ROOT / "scripts" / "instruction-cases.js"], check=True, stdout=subprocess.PIPE).stdout
    names = [case["name"] for case in json.loads(made)]
    old = json.loads(RECORD.read_text()) if RECORD.exists() else {"versions": FIRST, "cases": {}}
    versions = old["versions"]

    if options.new:
        if major(options.new) in map(major, versions):
            raise SystemExit(f"wasmtime {major(options.new)} is recorded already")
        if names != list(old["cases"]):
            raise SystemExit("the cases are others than recorded: record all versions first")
        majors = [major(version) for version in versions]
        figures = {name: unfolded(entry, majors) for name, entry in old["cases"].items()}
        new = measured(options.venvs, options.new, made)
        for name in names:
            figures[name][major(options.new)] = new[name]
        report(versions[-1], options.new, figures)
        versions = [*versions, options.new]
    else:
        figures = {name: {} for name in names}
        for version in versions:
            for name, fuel in measured(options.venvs, version, made).items():
                figures[name][major(version)] = fuel
    text = written(versions, {name: folded(by.items()) for name, by in figures.items()})
    if not options.check:
        RECORD.write_text(text)
    elif not options.new and text != RECORD.read_text():
        raise SystemExit("differs from test/fuel/instructions.json")


# --- the measurement: the Python of a virtual environment ---------------------------------------------------


def measure():
    import wasmtime

    found = {}
    engine = wasmtime.Engine(configuration())
    for case in json.load(sys.stdin):
        try:
            module = wasmtime.Module(engine, base64.b64decode(case["wasm"]))
            store = wasmtime.Store(engine)
            store.set_fuel(BUDGET)
            instance = wasmtime.Instance(store, module, [])
        except wasmtime.WasmtimeError:
            found[case["name"]] = None
            continue
        before = store.get_fuel()
        stopped = None
        try:
            instance.exports(store)["f"](store)
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            stopped = str(error)
        if (stopped is not None) != case["stops"]:
            raise SystemExit(f"{case['name']} {'stopped: ' + stopped if stopped else 'returned'}")
        found[case["name"]] = before - store.get_fuel()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["--measure"] else main()
