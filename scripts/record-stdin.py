#!/usr/bin/env python3
"""Records what a program that reads stdin in a loop costs under wasmtime, by the kind of its stdin, as fixtures/stdin.json.

    scripts/record-stdin.py --venvs <folder>            writes fixtures/stdin.json
    scripts/record-stdin.py --venvs <folder> --check    writes nothing, fails if anything differs

The programs: examples/discount.js on cart-100.json, and fixtures/programs/stdin.js on its input of a megabyte. stdin is
bytes in memory, a file (stdin_file), or a pipe that is inherited. Of a pipe, pieces of 64 KiB (wasmtime 45 and later) arrive
as the writer is ready: the large input is not recorded there. Development only, as record-fuel.py, whose virtual
environments (wasmtime-<version>) it shares. Needs a built dist/.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from wasmtime_wheel import link_clock, python_of, set_stdin

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "fixtures" / "stdin.json"
# On both sides of where the pieces of files (42) and of pipes (45) grew.
VERSIONS = ("39.0.0", "41.0.0", "42.0.0", "44.0.0", "45.0.0", "50.0.1")
BUDGET = 10**15
ABOUT = "Fuel that wasmtime reports by the kind of stdin. Written by scripts/record-stdin.py; don't edit."


def measure(kind, app, given, stdout):
    import wasmtime

    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    wasi = wasmtime.WasiConfig()
    if kind == "memory":
        set_stdin(wasi, pathlib.Path(given).read_bytes())
    elif kind == "file":
        wasi.stdin_file = given
    else:
        wasi.inherit_stdin()
    wasi.stdout_file = stdout
    store = wasmtime.Store(engine)
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    link_clock(linker)
    store.set_fuel(BUDGET)
    plugin = wasmtime.Module(engine, (ROOT / "plugin" / "plugin.wasm").read_bytes())
    module = wasmtime.Module(engine, pathlib.Path(app).read_bytes())
    linker.define_instance(store, module.imports[0].module, linker.instantiate(store, plugin))
    store.set_fuel(BUDGET)
    linker.instantiate(store, module).exports(store)["_start"](store)
    return BUDGET - store.get_fuel()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venvs", type=pathlib.Path, required=True)
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, write nothing")
    options = parser.parse_args()
    node = lambda *args: subprocess.run(["node", *map(str, args)], cwd=ROOT, check=True, capture_output=True).stdout
    programs = {}
    with tempfile.TemporaryDirectory() as folder:
        temporary = pathlib.Path(folder)
        for name, source in (("discount", "examples/discount.js"), ("stdin", "fixtures/programs/stdin.js")):
            app, given = temporary / f"{name}.wasm", temporary / f"{name}.input"
            node("dist/cli.js", "build", source, "-o", app)
            example = ROOT / "examples" / "cart-100.json"
            given.write_bytes(example.read_bytes() if name == "discount" else node("scripts/fixture-input.js", name))
            fuel = programs[name] = {}
            for version in VERSIONS:
                major = int(version.split(".")[0])
                counts = fuel[f"wasmtime-{major}"] = {}
                for kind in ("memory", "file", "pipe"):
                    if kind == "pipe" and name == "stdin" and major >= 45:
                        continue
                    command = [python_of(options.venvs, version), __file__, "--measure", kind, app, given, temporary / "stdout"]
                    counts[kind] = int(subprocess.run(command, input=given.read_bytes(), check=True, stdout=subprocess.PIPE).stdout)
    text = json.dumps({"about": ABOUT, "programs": programs}, indent=2) + "\n"
    if not options.check:
        RECORD.write_text(text)
    elif text != RECORD.read_text():
        raise SystemExit("differs from fixtures/stdin.json")


if __name__ == "__main__":
    print(measure(*sys.argv[2:])) if sys.argv[1:2] == ["--measure"] else main()
