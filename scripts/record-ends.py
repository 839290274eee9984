#!/usr/bin/env python3
"""Records how wasmtime ends random guests, as test/fuzz/ends.json.

    scripts/record-ends.py --venvs <folder>            10,000 guests of scripts/ends.js
    scripts/record-ends.py --venvs <folder> --check    the same, writes nothing, fails if anything differs
    scripts/record-ends.py --venvs <folder> --show 17  one guest: its end and its stdout

The guests are not kept, for their seeds give them again; of their ends there is one digest for each hundred: the
first 16 digits of the sha256 of their lines, `<end> <stdout>`. Development only, as record-fuel.py, whose virtual
environments (wasmtime-<version>) it shares. Needs node and no built dist/.
"""
import argparse
import collections
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

from wasmtime_wheel import configuration, python_of

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD = ROOT / "test" / "fuzz" / "ends.json"
VERSION = "50.0.1"
FIRST, COUNT, BLOCK = 1, 10_000, 100
ABOUT = "How wasmtime ends the guests of scripts/ends.js: a digest for each hundred. Written by scripts/record-ends.py; don't edit."


def ends_of(venvs, first, count):
    """`<end> <stdout>` of each guest."""
    texts = subprocess.run(["node", ROOT / "scripts" / "ends.js", str(first), str(count)], check=True, stdout=subprocess.PIPE).stdout
    done = subprocess.run([python_of(venvs, VERSION), __file__, "--run"], input=texts, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venvs", type=pathlib.Path, required=True)
    parser.add_argument("--check", action="store_true", help="compare with what is recorded, write nothing")
    parser.add_argument("--show", metavar="SEED", type=int, help="the end of one guest")
    options = parser.parse_args()
    if options.show is not None:
        print(ends_of(options.venvs, options.show, 1)[0])
        return
    lines = ends_of(options.venvs, FIRST, COUNT)
    blocks = ["".join(f"{line}\n" for line in lines[at : at + BLOCK]) for at in range(0, COUNT, BLOCK)]
    record = {
        "about": ABOUT,
        "wasmtime": VERSION,
        "first": FIRST,
        "block": BLOCK,
        "ends": dict(sorted(collections.Counter(line.split()[0].split("-")[0] for line in lines).items())),
        "digests": [hashlib.sha256(block.encode()).hexdigest()[:16] for block in blocks],
    }
    text = json.dumps(record, indent=2) + "\n"
    if not options.check:
        RECORD.write_text(text)
    elif text != RECORD.read_text():
        raise SystemExit("differs from test/fuzz/ends.json")


# --- the runs: the Python of a virtual environment ----------------------------------------------------------


def run():
    import wasmtime

    engine = wasmtime.Engine(configuration())
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        stdout = pathlib.Path(folder) / "stdout"
        for text in json.load(sys.stdin):
            store = wasmtime.Store(engine)
            store.set_fuel(10**9)
            wasi = wasmtime.WasiConfig()
            wasi.stdout_file = str(stdout)
            store.set_wasi(wasi)
            module = wasmtime.Module(engine, text)
            end = end_of(lambda: linker.instantiate(store, module).exports(store)["_start"](store))
            del store
            found.append(f"{end} {stdout.read_text()}")
    json.dump(found, sys.stdout)


def end_of(call):
    import wasmtime

    try:
        call()
        return "ok"
    except wasmtime.ExitTrap as exit:
        return "ok" if exit.code == 0 else f"exit-{exit.code}"
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        said = str(error)
        if "thrown Wasm exception" in said:
            return "exception"
        return "overflow" if "call stack exhausted" in said else "trap"


if __name__ == "__main__":
    run() if sys.argv[1:] == ["--run"] else main()
