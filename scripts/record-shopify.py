#!/usr/bin/env python3
"""Records what Shopify's function-runner does with the functions in fixtures/shopify: two files there.

    scripts/record-shopify.py [--venvs <folder>] [--check]

conversions.json: JSON documents as the crates that function-runner uses hand them to a function (cargo builds
fixtures/shopify/conversions). fuel.json: the fuel that wasmtime reports for every app under function-runner's protocol:
the plugin instantiated, where it has no WASI its `initialize` called and the input written; then counted: the app's
instantiation and its export; then `finalize`. function-runner 9.2 pins wasmtime 39, whose cost model wasmtime-45
has; the other models are recorded besides. Development only, like record-fuel.py, whose environments it uses.
"""
import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

from wasmtime_wheel import python_of, set_stdin

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "fixtures" / "shopify"
spec = importlib.util.spec_from_file_location("record_fuel", ROOT / "scripts" / "record-fuel.py")
record_fuel = importlib.util.module_from_spec(spec)
spec.loader.exec_module(record_fuel)

INPUTS = {"discount": "cart.json", "echo": "values.json", "logs": "logs.json", "throw": "what.json"}
# The first generation has no plugin file of its own: its apps see the second's, by another name.
GENERATIONS = {1: ("v2", "json"), 2: ("v2", "messagepack"), 3: ("v3", "messagepack")}
# Functions without JavaScript, on the provider of generation 2: input and output in its memory, an export of their own.
WITHOUT_JAVASCRIPT = {"discount-rust": "cart.json", "quantities-wat": "cart.json"}


def documents():
    """Documents worth converting, the inputs first."""
    yield from ((HERE / "inputs" / name).read_text() for name in INPUTS.values())
    numbers = "0 -0 0.0 -0.0 1.0 1.50 1e5 1E5 1e+5 1E-05 100000000000000000000 1e400 -1e400 1e-400 0.1e1 123e-2 3.0e0"
    for edge in (7, 8, 16, 32, 53, 63, 64):
        numbers += "".join(f" {sign}{2**edge + delta}" for delta in (-1, 0, 1) for sign in ("", "-"))
    for edge in (5, 7, 15, 31):
        numbers += "".join(f" -{2**edge + delta}" for delta in (-1, 0, 1))
    yield from numbers.split()
    yield from ("01", "1.", ".5", "+1", "NaN", "", "  ", "[1,]", "{}x", '"\t"', "nul", "[", '{"a"}', "'a'", "\ufeff{}")
    yield from (r'"\ud800"', r'"\udc00x"', r'"\ud83d\ude00"', r'"\u002f\u0000\u007f\u2028"', '"/\u2028\u2029\u00e9"', r'"\b\f\n\r\t\"\\\/"')
    yield from ('{"b":1,"a":2,"1":3,"0":4}', '{"a":1,"b":2,"a":3}', '{"__proto__":{"x":1},"":0}', ' { "a" : [ 1 , 2 ] } ')
    for length in (15, 16, 31, 32, 255, 256):
        yield json.dumps("x" * length)
        yield json.dumps([0] * length)
        yield json.dumps({f"k{i}": None for i in range(length)})
    yield "[" * 127 + "]" * 127
    yield "[" * 128 + "]" * 128


def convert(temporary):
    given = list(documents())
    command = ["cargo", "run", "--quiet", "--release", "--locked", "--target-dir", str(temporary / "cargo")]
    lines = "".join(json.dumps(document) + "\n" for document in given)
    done = subprocess.run(command, cwd=HERE / "conversions", input=lines.encode(), check=True, stdout=subprocess.PIPE)
    return [{"document": document} | json.loads(line) for document, line in zip(given, done.stdout.decode().splitlines())]


def functions(converted):
    """What is run: by the name of the app, the module that it imports from, by which name, and what it reads."""
    inputs = {pair["document"]: pair for pair in converted}

    def given(file, codec):
        text = inputs[(HERE / "inputs" / file).read_text()][codec]
        return text.encode().hex() if codec == "json" else text

    for generation, (plugin, codec) in GENERATIONS.items():
        names = {"module": f"shopify_functions_javy_{plugin}", "namespace": f"shopify_functions_javy_v{generation}"}
        for program, file in INPUTS.items():
            one = {"memory": generation >= 3, "export": "_start", "input": given(file, codec)}
            yield f"{program}-v{generation}", {**names, **one}
    for name, file in WITHOUT_JAVASCRIPT.items():
        names = {"module": "shopify_function_v2", "namespace": "shopify_function_v2"}
        yield name, {**names, "memory": True, "export": "run", "input": given(file, "messagepack")}


def record(converted, venvs):
    job = dict(functions(converted))
    found = {}
    for version in record_fuel.VERSIONS:
        python = python_of(venvs, version)
        done = subprocess.run([python, __file__, "--measure"], input=json.dumps(job).encode(), check=True, stdout=subprocess.PIPE)
        for name, one in json.loads(done.stdout).items():
            fuel = one.pop("fuel")
            kept = found.setdefault(name, {**one, "fuel": {}})
            if {key: value for key, value in kept.items() if key != "fuel"} != one:
                raise SystemExit(f"{name} behaves otherwise under wasmtime {version}")
            kept["fuel"][f"wasmtime-{version.split('.')[0]}"] = fuel
        print(f"wasmtime {version}: {len(job)} functions", file=sys.stderr)
    return found


def measure():
    """In a virtual environment: every function of the job on stdin."""
    import wasmtime

    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, one in json.load(sys.stdin).items():
            found[name] = measure_one(engine, name, one, pathlib.Path(folder))
    json.dump(found, sys.stdout)


def measure_one(engine, name, one, folder):
    import wasmtime

    budget = record_fuel.BUDGET
    given = bytes.fromhex(one["input"])
    store = wasmtime.Store(engine)
    linker = wasmtime.Linker(engine)
    memory_io = one["memory"]
    if not memory_io:
        wasi = wasmtime.WasiConfig()
        set_stdin(wasi, given)
        wasi.stdout_file, wasi.stderr_file = str(folder / "stdout"), str(folder / "stderr")
        store.set_wasi(wasi)
        linker.define_wasi()
    plugin = wasmtime.Module.from_file(engine, str(HERE / f"{one['module']}.wasm"))
    app = wasmtime.Module.from_file(engine, str(HERE / "apps" / f"{name}.wasm"))
    store.set_fuel(budget)
    instance = linker.instantiate(store, plugin)
    exports = instance.exports(store)
    linker.define_instance(store, one["namespace"], instance)
    if memory_io:
        exports["memory"].write(store, given, exports["initialize"](store, len(given)))

    store.set_fuel(budget)
    end = "ok"
    try:
        linker.instantiate(store, app).exports(store)[one["export"]](store)
    except wasmtime.Trap as trap:
        if trap.trap_code != wasmtime.TrapCode.UNREACHABLE:
            raise
        end = "trap"
    fuel = budget - store.get_fuel()

    if memory_io:
        store.set_fuel(budget)
        at = exports["finalize"](store)
        memory = exports["memory"]
        words = [int.from_bytes(memory.read(store, at + 4 * i, at + 4 * i + 4), "little") for i in range(6)]
        output, first, second = (bytes(memory.read(store, words[i], words[i] + words[i + 1])) for i in (0, 2, 4))
        logs = first + second
    else:
        store.close()
        output, logs = ((folder / stream).read_bytes() for stream in ("stdout", "stderr"))
    return {"end": end, "fuel": fuel, "inputBytes": len(given), "output": output.hex(), "logs": logs.hex()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, write nothing")
    parser.add_argument("--venvs", type=pathlib.Path, help="keep the virtual environments in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        temporary = pathlib.Path(folder)
        converted = convert(temporary)
        fuel = record(converted, options.venvs or temporary)
    files = {
        "conversions.json": json.dumps(converted, indent=0, ensure_ascii=True) + "\n",
        "fuel.json": json.dumps(fuel, indent=2) + "\n",
    }
    for name, text in files.items():
        if not options.check:
            (HERE / name).write_text(text)
        elif (HERE / name).read_text() != text:
            raise SystemExit(f"differs from fixtures/shopify/{name}")


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["--measure"] else main()
