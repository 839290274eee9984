// A policy: a program that asks for the time is stopped, and the report says where it asked.
use whamm_core;

wasm:opcode:call|return_call:before / target_fn_name == "clock_time_get" / {
    report var asked: u32;
    asked++;
    whamm_core.stop();
}
