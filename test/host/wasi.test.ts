/** The host answers as wasmtime does, and gives nothing away. */
import { describe, expect, test } from "vitest";
import { randomStream } from "../../src/host/random.ts";
import { GuestExit, GuestFault, refuseUnknownImports, Wasi, type WasiOptions } from "../../src/host/wasi.ts";
import { wasiType } from "../../src/host/wasi-types.ts";
import { assemble } from "../support/binaryen.ts";

const text = (value: string) => new TextEncoder().encode(value);

function host(options: Partial<WasiOptions> = {}) {
  const written: [number, string][] = [];
  let reads = 0;
  const wasi = new Wasi({
    stdin: () => {
      reads += 1;
      return text("hello world");
    },
    write: (fd, bytes) => void written.push([fd, new TextDecoder().decode(bytes)]),
    args: ["app.js", "--flag"],
    now: (clock) => (clock === "realtime" ? 5n : 7n),
    random: (into) => void into.fill(9),
    look: () => {},
    ...options,
  });
  wasi.memory = new WebAssembly.Memory({ initial: 1 });
  const view = new DataView(wasi.memory.buffer);
  const call = (name: string, ...args: (number | bigint)[]) =>
    (wasi.functions[name] as unknown as (...args: (number | bigint)[]) => number)(...args);
  /** Writes an iovec array at 0 for buffers of these sizes, which lie from 1024 on. */
  const buffers = (...sizes: number[]) => {
    let at = 1024;
    sizes.forEach((size, i) => {
      view.setUint32(i * 8, at, true);
      view.setUint32(i * 8 + 4, size, true);
      at += size;
    });
    return sizes.length;
  };
  const read = (at: number, length: number) =>
    new TextDecoder().decode(new Uint8Array(wasi.memory!.buffer, at, length));
  return { wasi, view, call, buffers, read, written, reads: () => reads };
}

describe("fd_read", () => {
  test("fills only the first non-empty buffer", () => {
    const { call, buffers, view, read } = host();
    expect(call("fd_read", 0, 0, buffers(0, 5, 100), 512)).toBe(0);
    expect(view.getUint32(512, true)).toBe(5);
    expect(read(1024, 6)).toBe("hello\0");
  });
  test("goes on where it stopped, and ends with 0", () => {
    const { call, buffers, view, read, reads } = host();
    const count = buffers(8);
    const counts = [0, 1, 2].map(() => {
      call("fd_read", 0, 0, count, 512);
      return view.getUint32(512, true);
    });
    expect(counts).toEqual([8, 3, 0]);
    expect(read(1024, 3)).toBe("rld");
    expect(reads()).toBe(1);
  });
  test("stdin is not touched before the guest reads", () => expect(host().reads()).toBe(0));
  test.each([1, 2, 3, 99])("fd %i cannot be read", (fd) =>
    expect(host().call("fd_read", fd, 0, 0, 512)).toBe(8),
  );
});

describe("fd_write", () => {
  test("takes the first buffer that is not empty, as wasmtime does, and says how much that was", () => {
    const { call, buffers, view, written, wasi } = host();
    const count = buffers(0, 3, 2);
    new Uint8Array(wasi.memory!.buffer).set(text("abcde"), 1024);
    expect(call("fd_write", 2, 0, count, 512)).toBe(0);
    expect(view.getUint32(512, true)).toBe(3);
    expect(written).toEqual([[2, "abc"]]);
  });
  test.each([0, 3, -1])("fd %i cannot be written", (fd) =>
    expect(host().call("fd_write", fd, 0, 0, 512)).toBe(8),
  );
});

test("standard streams cannot be sought, others do not exist", () => {
  const { call } = host();
  expect(call("fd_seek", 1, 0n, 0, 512)).toBe(70);
  expect(call("fd_seek", 4, 0n, 0, 512)).toBe(8);
  expect(call("fd_close", 4)).toBe(8);
  expect(call("fd_prestat_get", 3, 512)).toBe(8);
});

test("where nothing is open, nothing can be opened", () => {
  const { call } = host();
  expect(call("path_open", 3)).toBe(8);
  expect(call("path_open", 0)).toBe(54);
  expect(call("fd_readdir", 3)).toBe(8);
  expect(call("fd_pread", 0)).toBe(70);
  expect(call("sock_accept", 1)).toBe(57);
  expect(call("fd_fdstat_set_flags", 1)).toBe(8);
  expect(call("proc_raise", 1)).toBe(52);
});

test("waiting for a clock takes no time but the guest's own; streams are ready at once", () => {
  const { call, view } = host();
  const now = () => {
    call("clock_time_get", 1, 1n, 512);
    return view.getBigUint64(512, true);
  };
  const subscribe = (i: number, user: bigint, kind: number, timeout: bigint, absolute: boolean) => {
    view.setBigUint64(48 * i, user, true);
    view.setUint8(48 * i + 8, kind);
    view.setUint32(48 * i + 16, 1, true);
    view.setBigUint64(48 * i + 24, timeout, true);
    view.setUint16(48 * i + 40, absolute ? 1 : 0, true);
  };
  subscribe(0, 11n, 0, 500n, false);
  subscribe(1, 12n, 0, 300n, false);
  expect(call("poll_oneoff", 0, 256, 2, 500)).toBe(0);
  expect([view.getUint32(500, true), view.getBigUint64(256, true)]).toEqual([1, 12n]);
  expect(now()).toBe(307n);
  subscribe(0, 13n, 0, 1007n, true);
  expect(call("poll_oneoff", 0, 256, 1, 500)).toBe(0);
  expect(now()).toBe(1007n);
  subscribe(1, 14n, 1, 0n, false);
  expect(call("poll_oneoff", 0, 256, 2, 500)).toBe(0);
  expect([view.getUint32(500, true), view.getBigUint64(256, true), view.getUint8(266)]).toEqual([1, 14n, 1]);
  expect(now()).toBe(1007n);
  expect(call("poll_oneoff", 0, 256, 0, 500)).toBe(28);
});

test("clocks stand where the host says", () => {
  const { call, view } = host();
  call("clock_time_get", 0, 1n, 512);
  call("clock_time_get", 1, 1n, 520);
  expect([view.getBigUint64(512, true), view.getBigUint64(520, true)]).toEqual([5n, 7n]);
});

test("no environment; arguments as given", () => {
  const { call, view, read } = host();
  call("environ_sizes_get", 512, 516);
  expect([view.getUint32(512, true), view.getUint32(516, true)]).toEqual([0, 0]);
  call("args_sizes_get", 512, 516);
  expect([view.getUint32(512, true), view.getUint32(516, true)]).toEqual([2, 14]);
  call("args_get", 600, 700);
  expect(read(view.getUint32(604, true), 6)).toBe("--flag");
});

test("proc_exit ends the guest with its code", () => {
  expect(() => host().call("proc_exit", 3)).toThrow(GuestExit);
});

const importing = (...imports: readonly string[]) =>
  assemble(`(module ${imports.map((text) => `(import ${text})`).join(" ")})`);
const fdWrite = '"wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))';

test("what the host does not give is refused by name", () => {
  const module = importing(
    fdWrite,
    '"wasi_snapshot_preview1" "path_teleport" (func)',
    '"env" "secret" (global i32)',
    '"plugin" "invoke" (func)',
  );
  expect(() => refuseUnknownImports(module, ["plugin"])).toThrow(
    /wasi_snapshot_preview1\.path_teleport.*env\.secret \(a global\)|env\.secret \(a global\).*wasi_snapshot_preview1\.path_teleport/,
  );
  expect(() => refuseUnknownImports(importing(fdWrite), [])).not.toThrow();
  // functions alone are linked to stubs
  expect(() => refuseUnknownImports(importing(fdWrite, '"env" "log" (func)'), [])).not.toThrow();
});

test("every function of WASI has the type that it is imported with", () => {
  for (const name of Object.keys(host().wasi.functions))
    expect(wasiType(name), name).toMatch(/^\(.*\) -> \(.*\)$/);
  expect(wasiType("fd_seek")).toBe("(i32, i64, i32, i32) -> (i32)");
  const mistyped = importing(
    '"wasi_snapshot_preview1" "fd_seek" (func (param i32 i32 i32 i32) (result i32))',
  );
  expect(() => refuseUnknownImports(mistyped, [])).toThrow("with other types than they have");
});

test("an address outside of the guest's memory is the guest's fault", () => {
  expect(() => host().call("random_get", -4, 8)).toThrow(
    new GuestFault("out of bounds memory access in random_get"),
  );
});

describe("calls that a guest can make long", () => {
  const stopping = (after: number) => {
    let looks = 0;
    const look = () => {
      if (++looks > after) throw new Error("stop");
    };
    const made = host({ look });
    made.wasi.memory!.grow(159);
    return { ...made, looks: () => looks };
  };

  test.each([
    ["random_get", [0, 10_000_000]],
    ["fd_write", [1, 0, 1_000_000, 0]],
    ["fd_read", [0, 0, 1_000_000, 0]],
    ["poll_oneoff", [0, 0, 200_000, 0]],
  ] as const)("%s looks around while it lasts", (name, args) => {
    const { call, looks } = stopping(2);
    expect(() => call(name, ...args)).toThrow("stop");
    expect(looks()).toBe(3);
  });

  test("random bytes are the same as at once", () => {
    const { wasi, call } = host({ random: randomStream(42n) });
    wasi.memory!.grow(2);
    const atOnce = new Uint8Array(150_001);
    randomStream(42n)(atOnce);
    expect(call("random_get", 1, atOnce.length)).toBe(0);
    expect(Buffer.from(wasi.memory!.buffer, 1, atOnce.length).equals(atOnce)).toBe(true);
  });

  test("events may lie over the subscriptions that they answer", () => {
    const { call, view } = host();
    for (const [i, user] of [10n, 20n, 30n].entries()) {
      view.setBigUint64(48 * i, user, true);
      view.setUint8(48 * i + 8, 1);
    }
    // the first event ends where the second subscription begins, the second lies over it
    expect(call("poll_oneoff", 0, 16, 3, 512)).toBe(0);
    expect(view.getUint32(512, true)).toBe(3);
    expect([0, 1, 2].map((i) => view.getBigUint64(16 + 32 * i, true))).toEqual([10n, 20n, 30n]);
  });
});
