#!/usr/bin/env python3
"""Records wasmtime's own fuel for the modules of fixtures/javy into fixtures/javy/fuel.json.

    scripts/record-javy-fuel.py            measures each function export of each module; writes fixtures/javy/fuel.json
    scripts/record-javy-fuel.py --check    writes nothing, fails if anything differs from what is recorded

Like record-fuel.py, whose wasmtime environments and way of measuring it takes: development only. What is counted for
an export is the module's instantiation and the call of that one export, in a store of its own; a module that imports
the plugin finds one instantiated before, in the same store. stdin is empty.
"""
import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

from wasmtime_wheel import python_of, set_stdin

specification = importlib.util.spec_from_file_location("record_fuel", pathlib.Path(__file__).with_name("record-fuel.py"))
base = importlib.util.module_from_spec(specification)
specification.loader.exec_module(base)

FOLDER = base.ROOT / "fixtures" / "javy"
RECORD = FOLDER / "fuel.json"
EMBEDDED_PLUGIN = base.ROOT / "plugin" / "plugin.wasm"
ABOUT = "Fuel that wasmtime itself reports for each export of the modules here, by version. Written by scripts/record-javy-fuel.py; don't edit."


def record(venvs):
    modules = {}
    for path in sorted(FOLDER.glob("*.wasm")):
        data = path.read_bytes()
        modules[path.stem] = {"bytes": len(data), "sha256": base.digest(data), "exports": {}}
    for version in base.VERSIONS:
        command = [python_of(venvs, version), __file__, "--measure"]
        done = subprocess.run(command, input=json.dumps(sorted(modules)).encode(), check=True, stdout=subprocess.PIPE)
        for name, exports in json.loads(done.stdout).items():
            for export, found in exports.items():
                fuel = found.pop("fuel")
                known = modules[name]["exports"].setdefault(export, {**found, "fuel": {}})
                if {**known, "fuel": None} != {**found, "fuel": None}:
                    raise SystemExit(f"{name} {export}: under wasmtime {version} {found}, before it was {known}")
                known["fuel"][f"wasmtime-{version.split('.')[0]}"] = fuel
    return {"about": ABOUT, "pluginSha256": base.digest(EMBEDDED_PLUGIN.read_bytes()), "modules": modules}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, write nothing")
    parser.add_argument("--venvs", type=pathlib.Path, help="keep the virtual environments in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        text = json.dumps(record(options.venvs or pathlib.Path(temporary)), indent=2) + "\n"
    if not options.check:
        RECORD.write_text(text)
    elif text != RECORD.read_text():
        raise SystemExit("differs from fixtures/javy/fuel.json")


# --- the measurement: the Python of a virtual environment ---------------------------------------------------


def measure_all():
    import wasmtime

    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    plugin = wasmtime.Module(engine, EMBEDDED_PLUGIN.read_bytes())
    found = {}
    for name in json.load(sys.stdin):
        app = wasmtime.Module(engine, (FOLDER / f"{name}.wasm").read_bytes())
        exports = sorted(entry.name for entry in app.exports if callable_export(entry.type))
        found[name] = {}
        for export in exports:
            first, second = (measure_once(engine, plugin, app, export) for _ in range(2))
            if first != second:
                raise SystemExit(f"{name} {export}: two runs differ: {first} and {second}")
            found[name][export] = first
    json.dump(found, sys.stdout)


def callable_export(kind):
    import wasmtime

    return isinstance(kind, wasmtime.FuncType) and not kind.params and not kind.results


def measure_once(engine, plugin, app, export):
    import wasmtime

    with tempfile.TemporaryDirectory() as temporary:
        stdout = pathlib.Path(temporary) / "stdout"
        wasi = wasmtime.WasiConfig()
        set_stdin(wasi, b"")
        wasi.stdout_file = str(stdout)
        wasi.stderr_file = str(pathlib.Path(temporary) / "stderr")
        store = wasmtime.Store(engine)
        store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        store.set_fuel(base.BUDGET)
        namespaces = {entry.module for entry in app.imports if entry.name == "invoke"}
        for namespace in namespaces:
            linker.define_instance(store, namespace, linker.instantiate(store, plugin))
        store.set_fuel(base.BUDGET)
        linker.instantiate(store, app).exports(store)[export](store)
        fuel = base.BUDGET - store.get_fuel()
        store.close()
        return {"stdout": stdout.read_text(), "fuel": fuel}


if __name__ == "__main__":
    measure_all() if sys.argv[1:] == ["--measure"] else main()
