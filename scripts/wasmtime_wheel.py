"""wasmtime's wheels from PyPI, for the recorders of fuel: a virtual environment each, an engine that counts fuel, and a guest's
clock and stdin as javy-prof has them."""
import struct
import subprocess
import venv
from importlib.metadata import version as version_of

FEATURES = ("tail_call", "memory64", "multi_memory", "threads", "shared_memory", "relaxed_simd", "reference_types",
            "function_references", "gc", "exceptions")
# Nanoseconds, by WASI's number of the clock: realtime and monotonic, as src/host/clock.ts has them.
CLOCKS = {0: 1_767_225_600_000_000_000, 1: 1_000_000_000}


def python_of(venvs, version):
    """The Python of <venvs>/wasmtime-<version>, made where it is missing."""
    home = venvs / f"wasmtime-{version}"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"wasmtime=={version}"], check=True)
    return python


def configuration():
    """Fuel, and every feature that this wheel has; some have it in their library, without a Python property."""
    import wasmtime
    from wasmtime import _ffi

    config = wasmtime.Config()
    config.consume_fuel = True
    for feature in FEATURES:
        name = feature if feature == "shared_memory" else f"wasm_{feature}"
        if hasattr(wasmtime.Config, name):
            setattr(config, name, True)
        # before 40 some of these abort the process
        elif int(version_of("wasmtime").split(".")[0]) >= 40 and hasattr(_ffi.dll, f"wasmtime_config_{name}_set"):
            getattr(_ffi.dll, f"wasmtime_config_{name}_set")(config.ptr(), True)
    return config


def link_clock(linker):
    """Replaces wasmtime's own clock."""
    import wasmtime

    def clock_time_get(caller, clock, precision, at):
        caller.get("memory").write(caller, struct.pack("<Q", CLOCKS[clock]), at)
        return 0

    i32, i64 = wasmtime.ValType.i32(), wasmtime.ValType.i64()
    linker.allow_shadowing = True
    kind = wasmtime.FuncType([i32, i64, i32], [i32])
    linker.define_func("wasi_snapshot_preview1", "clock_time_get", kind, clock_time_get, access_caller=True)


def set_stdin(wasi, data):
    """WasiConfig has stdin_file only; the C API's memory pipe is there, without a method."""
    import ctypes

    from wasmtime import _bindings as c

    buffer = (c.wasm_byte_t * len(data)).from_buffer_copy(data)
    vector = c.wasm_byte_vec_t()
    c.wasm_byte_vec_new(ctypes.byref(vector), len(data), buffer)
    c.wasi_config_set_stdin_bytes(wasi.ptr(), ctypes.byref(vector))
