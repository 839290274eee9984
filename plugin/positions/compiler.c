/*
 * What positions.wasm exports: quickjs-ng's compiler, changed by
 * positions.patch, with the interface of a Javy plugin's compiler. Nothing is
 * run, so the context has only what compiling takes.
 *
 *   cabi_realloc(0, 0, align, size) -> ptr
 *   compile-src(ptr, len) -> ptr to three i32: 0 and the bytecode (pointer,
 *     length), or 1 where the source does not compile. Once per instance.
 *
 * The bytecode is what the embedded engine makes, but that each function's
 * positions stand in the place of its source text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "quickjs.h"

void __wasm_call_ctors(void);

__attribute__((export_name("_initialize")))
void initialize(void)
{
    __wasm_call_ctors();
}

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size)
{
    return realloc(old, size);
}

__attribute__((export_name("compile-src")))
uint32_t *compile_src(const char *source, size_t length)
{
    static uint32_t result[3] = { 1 };
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx = JS_NewContextRaw(rt);
    /* the parser wants an end that it can read */
    char *input = malloc(length + 1);
    uint8_t *bytecode;
    size_t size;
    JSValue module;

    memcpy(input, source, length);
    input[length] = '\0';
    /* nested too deep is a trap: what compiled once is less deep */
    JS_SetMaxStackSize(rt, 0);
    JS_AddIntrinsicEval(ctx);
    JS_AddIntrinsicRegExpCompiler(ctx);
    module = JS_Eval(ctx, input, length, "function.mjs",
                     JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module))
        return result;
    bytecode = JS_WriteObject(ctx, &size, module, JS_WRITE_OBJ_BYTECODE);
    if (!bytecode)
        return result;
    result[0] = 0;
    result[1] = (uint32_t)bytecode;
    result[2] = size;
    return result;
}
