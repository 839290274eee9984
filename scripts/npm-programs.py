"""What wasmtime charges for a dynamic module and its plugin: prints the fuel of instantiation and _start.

    python npm-programs.py app.wasm plugin.wasm     stdin is empty, all output goes to files that are thrown away

Called by npm-programs.js with the Python that has the wheel. The clock stands where src/host/clock.ts says, as it does under javy-prof.
"""
import pathlib
import sys
import tempfile

import wasmtime

from wasmtime_wheel import link_clock

BUDGET = 2**62


def fuel_of(app_path, plugin_path):
    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    plugin = wasmtime.Module.from_file(engine, plugin_path)
    app = wasmtime.Module.from_file(engine, app_path)
    with tempfile.TemporaryDirectory() as temporary:
        wasi = wasmtime.WasiConfig()
        wasi.stdin_file = "/dev/null"
        wasi.stdout_file = str(pathlib.Path(temporary) / "stdout")
        wasi.stderr_file = str(pathlib.Path(temporary) / "stderr")
        store = wasmtime.Store(engine)
        store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        link_clock(linker)
        store.set_fuel(BUDGET)
        namespaces = {entry.module for entry in app.imports if entry.name == "invoke"}
        for namespace in namespaces:
            linker.define_instance(store, namespace, linker.instantiate(store, plugin))
        store.set_fuel(BUDGET)
        try:
            linker.instantiate(store, app).exports(store)["_start"](store)
        except (wasmtime.Trap, wasmtime.ExitTrap):
            pass
        fuel = BUDGET - store.get_fuel()
        store.close()
        return fuel


print(fuel_of(*sys.argv[1:3]))
