//! The engine javy-prof compiles and runs `app.js` with: a Javy plugin.
//!
//! It is configured as Javy's default plugin (`javy-default-plugin`): text
//! encoding, `Javy.IO` streams and SIMD JSON on; everything else as
//! `Config::default()` has it, so `console.log` writes to stdout,
//! `console.error` to stderr, and bytecode keeps names, lines and columns but
//! not the source text. One switch differs: the event loop is on. There the
//! user asks for it (`-J event-loop=y`); here a profile of an async program
//! should not need a flag, and one without promises costs nothing more.
//!
//! `javy-plugin-api` itself exports `cabi_realloc`, `compile-src` and
//! `invoke`. This file adds the two things it leaves to a plugin: the
//! namespace from which dynamic modules import, and the initialiser that
//! build.sh runs once, so that plugin.wasm starts with a runtime in memory.

use javy_plugin_api::javy::Runtime;
use javy_plugin_api::{Config, import_namespace};

// Versioned, because a dynamic module carries bytecode that only the engine
// that made it can read: a new bytecode version needs a new namespace.
import_namespace!("javy-prof-plugin-v1");

fn config() -> Config {
    let mut config = Config::default();
    config
        .event_loop(true)
        .text_encoding(true)
        .javy_stream_io(true)
        .simd_json_builtins(true);
    config
}

// Nothing of ours in the global object: a profiled program must see what it
// would see under Javy.
fn modify_runtime(runtime: Runtime) -> Runtime {
    runtime
}

// Stays exported after pre-initialisation because Javy demands it of a plugin.
#[unsafe(export_name = "initialize-runtime")]
extern "C" fn initialize_runtime() {
    javy_plugin_api::initialize_runtime(config, modify_runtime)
        .expect("the configuration is fixed, so creating the runtime cannot fail");
}
