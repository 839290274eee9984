#!/usr/bin/env python3
"""Records wasmtime's own fuel for every fixture program into fixtures/fuel.json.

    scripts/record-fuel.py                 all programs, all versions; writes fixtures/fuel.json
    scripts/record-fuel.py cart fib        these only, the others stay as recorded
    scripts/record-fuel.py --engines       all modules in fixtures/engines; writes fixtures/engines/fuel.json
    scripts/record-fuel.py --check         writes nothing, fails if anything differs from what is recorded

Development only: tests compare with the recorded figures and need neither Python nor wasmtime. Needs Node, a
built dist/ and pip, whose ordinary client fetches one wasmtime wheel for each cost model into virtual
environments (in --venvs, else in a temporary folder that is removed again).

What is counted: the app's instantiation and its `_start`, with the plugin already instantiated. Each
measurement has a store and a plugin instance of its own and is taken twice. stdin is one memory pipe, as
platforms give it (wasmtime cuts reads from a *file* into 64 KiB, which costs another fuel). The clock stands
where src/host/clock.ts says. Random numbers are wasmtime's own, so programs that ask for random_get do not
belong here; Javy's Math.random follows the clock.
"""
import argparse
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

from wasmtime_wheel import link_clock, python_of, set_stdin

# The first version is of the flat cost model, the second of the one that charges bulk operations by their size,
# the third of the one that charges memory.grow by its pages too: see src/fuel/models.ts.
VERSIONS = ("45.0.0", "48.0.0", "50.0.1")
ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "fixtures" / "programs"
RECORD = ROOT / "fixtures" / "fuel.json"
ENGINES = ROOT / "fixtures" / "engines"
WASM = ROOT / "fixtures" / "wasm"
BUDGET = 10**15
ABOUT = "Fuel that wasmtime itself reports for each program in fixtures/programs, by version. Written by scripts/record-fuel.py; don't edit."
ABOUT_ENGINES = "Fuel that wasmtime itself reports for each module in fixtures/engines, by version. Written by scripts/record-fuel.py --engines; don't edit."
ABOUT_WASM = "Fuel that wasmtime itself reports for words.wasm on words.txt, by version. Written by scripts/record-fuel.py --wasm; don't edit."


def digest(data):
    return hashlib.sha256(data).hexdigest()


# --- the driver: any Python ---------------------------------------------------------------------------------


def node(*args):
    done = subprocess.run(["node", "--no-warnings", *map(str, args)], cwd=ROOT, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr.decode())
    return done.stdout


def measure(python, job):
    """Measures all modules of a job in a process with that wasmtime; gives {name: {exit, stdoutSha256, fuel}}."""
    command = [python, __file__, "--measure"]
    done = subprocess.run(command, input=json.dumps(job).encode(), check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def measure_with_all_versions(records, modules, venvs, stack, temporary):
    """Adds to each record what its module (paths of app, plugin or None, and input) did under each version."""
    for version in VERSIONS:
        job = {"stack": stack, "modules": modules, "temporary": str(temporary)}
        for name, found in measure(python_of(venvs, version), job).items():
            record = records[name]
            fuel = record.pop("fuel", {}) | {f"wasmtime-{version.split('.')[0]}": found.pop("fuel")}
            for key, value in found.items():
                if record.setdefault(key, value) != value:
                    raise SystemExit(f"{name}: {key} under wasmtime {version} is {value}, before it was {record[key]}")
            record["fuel"] = fuel
        print(f"wasmtime {version}: {len(modules)} modules", file=sys.stderr)


def record_engines(venvs, stack, temporary):
    """The modules of fixtures/engines that have a `_start`; an app.wasm is run with the plugin beside it, or the embedded one."""
    empty = temporary / "empty"
    empty.write_bytes(b"")
    records = {}
    modules = {}
    for path in sorted(ENGINES.glob("*/*.wasm")):
        name = path.relative_to(ENGINES).as_posix()
        records[name] = {"sha256": digest(path.read_bytes())}
        if path.name == "plugin.wasm":
            continue
        beside = path.with_name("plugin.wasm")
        embedded = ROOT / "plugin" / "plugin.wasm"
        plugin = str(beside if beside.exists() else embedded) if path.name == "app.wasm" else None
        modules[name] = {"app": str(path), "plugin": plugin, "input": str(empty)}
    measure_with_all_versions(records, modules, venvs, stack, temporary)
    return {"about": ABOUT_ENGINES, "programSha256": digest((ENGINES / "census.js").read_bytes()), "modules": records}


def record_wasm(venvs, stack, temporary):
    """The program without an engine, fixtures/wasm/words.wasm, on words.txt."""
    path = WASM / "words.wasm"
    records = {path.name: {"sha256": digest(path.read_bytes())}}
    modules = {path.name: {"app": str(path), "plugin": None, "input": str(WASM / "words.txt")}}
    measure_with_all_versions(records, modules, venvs, stack, temporary)
    return {"about": ABOUT_WASM, "modules": records}


def record(names, cli, venvs, stack, temporary):
    plugin = (ROOT / "plugin" / "plugin.wasm").read_bytes()
    described = json.loads((ROOT / "plugin" / "plugin.json").read_text())
    if digest(plugin) != described["sha256"]:
        raise SystemExit("plugin.wasm is not what plugin.json describes; rebuild it")

    known = [program["name"] for program in json.loads(node("scripts/fixture-input.js"))]
    for name in names:
        if name not in known:
            raise SystemExit(f"no program {name} in fixtures/programs")
    programs = {}
    paths = {}
    for name in names or known:
        source = PROGRAMS / f"{name}.js"
        given = node("scripts/fixture-input.js", name)
        files = {"app": temporary / f"{name}.wasm", "input": temporary / f"{name}.input"}
        node(cli, "build", source, "-o", files["app"])
        files["input"].write_bytes(given)
        paths[name] = {key: str(path) for key, path in files.items()} | {"plugin": str(ROOT / "plugin" / "plugin.wasm")}
        # No digest of the app: it holds its source as the installed Node's brotli compresses it, which no fuel depends on.
        programs[name] = {
            "sourceSha256": digest(source.read_bytes()),
            "inputBytes": len(given),
            "inputSha256": digest(given),
        }

    measure_with_all_versions(programs, paths, venvs, stack, temporary)
    return {"pluginSha256": described["sha256"], "programs": programs}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="*", help="names in fixtures/programs, without .js (default: all)")
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, write nothing")
    parser.add_argument("--cli", default=ROOT / "dist" / "cli.js", type=pathlib.Path, help="the javy-prof that builds the modules")
    parser.add_argument("--venvs", type=pathlib.Path, help="keep the virtual environments in this folder")
    parser.add_argument("--stack", type=int, help="max_wasm_stack in bytes (default: wasmtime's own, 512 KiB)")
    parser.add_argument("--engines", action="store_true", help="record fixtures/engines instead of fixtures/programs")
    parser.add_argument("--wasm", action="store_true", help="record fixtures/wasm instead")
    options = parser.parse_args()
    for chosen, recorder, folder in ((options.engines, record_engines, ENGINES), (options.wasm, record_wasm, WASM)):
        if not chosen:
            continue
        with tempfile.TemporaryDirectory() as temporary:
            new = recorder(options.venvs or pathlib.Path(temporary), options.stack, pathlib.Path(temporary))
        text = json.dumps(new, indent=2) + "\n"
        if not options.check:
            (folder / "fuel.json").write_text(text)
        elif text != (folder / "fuel.json").read_text():
            raise SystemExit(f"differs from {folder.relative_to(ROOT)}/fuel.json")
        return

    old = json.loads(RECORD.read_text()) if RECORD.exists() else {"programs": {}}
    with tempfile.TemporaryDirectory() as folder:
        temporary = pathlib.Path(folder)
        venvs = options.venvs or temporary
        new = record(options.programs, options.cli.resolve(), venvs, options.stack, temporary)
    if options.programs and old.get("pluginSha256") != new["pluginSha256"]:
        raise SystemExit("the plugin is another than recorded: record all programs")
    kept = old["programs"] if options.programs else {}
    programs = dict(sorted({**kept, **new["programs"]}.items()))
    text = json.dumps({"about": ABOUT, "pluginSha256": new["pluginSha256"], "programs": programs}, indent=2) + "\n"
    if not options.check:
        RECORD.write_text(text)
    elif text != RECORD.read_text():
        differing = [name for name in sorted({*programs, *old["programs"]}) if programs.get(name) != old["programs"].get(name)]
        raise SystemExit(f"differs from fixtures/fuel.json: {', '.join(differing) or 'not in a program'}")


# --- the measurement: the Python of a virtual environment ---------------------------------------------------


def measure_all():
    import wasmtime

    job = json.load(sys.stdin)
    config = wasmtime.Config()
    config.consume_fuel = True
    if job["stack"]:
        config.max_wasm_stack = job["stack"]
    engine = wasmtime.Engine(config)
    compiled = {None: None}
    found = {}
    for name, files in job["modules"].items():
        path = files["plugin"]
        if path not in compiled:
            compiled[path] = wasmtime.Module(engine, pathlib.Path(path).read_bytes())
        plugin = compiled[path]
        app = wasmtime.Module(engine, pathlib.Path(files["app"]).read_bytes())
        given = pathlib.Path(files["input"]).read_bytes()
        first, second = (measure_once(engine, plugin, app, given, job) for _ in range(2))
        if first != second:
            raise SystemExit(f"{name}: two runs differ: {first} and {second}")
        found[name] = first
    json.dump(found, sys.stdout)


def measure_once(engine, plugin, app, given, job):
    import wasmtime

    stdout = pathlib.Path(job["temporary"]) / "stdout"
    wasi = wasmtime.WasiConfig()
    set_stdin(wasi, given)
    wasi.stdout_file = str(stdout)
    wasi.stderr_file = str(pathlib.Path(job["temporary"]) / "stderr")
    store = wasmtime.Store(engine)
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    link_clock(linker)
    store.set_fuel(BUDGET)
    if plugin:
        # The namespace is the one that an app imports from.
        linker.define_instance(store, app.imports[0].module, linker.instantiate(store, plugin))

    store.set_fuel(BUDGET)
    end = "ok"
    try:
        linker.instantiate(store, app).exports(store)["_start"](store)
    except wasmtime.Trap as trap:
        # An uncaught exception is text on stderr, then `unreachable`. At any other trap wasmtime loses fuel.
        if trap.trap_code != wasmtime.TrapCode.UNREACHABLE:
            raise
        end = "trap"
    fuel = BUDGET - store.get_fuel()
    store.close()
    return {"exit": end, "stdoutSha256": digest(stdout.read_bytes()), "fuel": fuel}


if __name__ == "__main__":
    measure_all() if sys.argv[1:] == ["--measure"] else main()
