"""wasmtime's wheels from PyPI, for the recorders of fuel: a virtual environment each, and an engine that counts fuel."""
import subprocess
import venv
from importlib.metadata import version as version_of

FEATURES = ("tail_call", "memory64", "multi_memory", "threads", "shared_memory", "relaxed_simd", "reference_types",
            "function_references", "gc", "exceptions")


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
