/**
 * Whose a list of builtins is, told by what is in it: data for function-lists found in a module's memory. An owner's
 * `marks` stand together in its list and in no other list of any supported version. Lists with a text for
 * [Symbol.toStringTag] say themselves whose they are; so do those of JSON, Math and the like, which hang in the list of
 * the global object by name.
 */
export interface Owner {
  readonly name: string;
  readonly marks: readonly string[];
  /** The list has these entries and no others. */
  readonly alone?: true;
}

export const owners: readonly Owner[] = [
  { name: "", marks: ["parseInt", "isNaN", "decodeURI"] },
  { name: "Object", marks: ["create", "getPrototypeOf", "fromEntries"] },
  { name: "Object.prototype", marks: ["hasOwnProperty", "isPrototypeOf"] },
  { name: "Function.prototype", marks: ["call", "apply", "bind"] },
  { name: "Array", marks: ["isArray", "from", "of"] },
  { name: "Array.prototype", marks: ["concat", "splice", "copyWithin"] },
  { name: "Number", marks: ["isInteger", "EPSILON"] },
  { name: "Number.prototype", marks: ["toExponential", "toFixed", "toLocaleString"] },
  { name: "Boolean.prototype", marks: ["toString", "valueOf"], alone: true },
  { name: "String", marks: ["fromCharCode", "raw"] },
  { name: "String.prototype", marks: ["charCodeAt", "localeCompare"] },
  { name: "Symbol", marks: ["for", "keyFor"] },
  { name: "BigInt", marks: ["asUintN", "asIntN"] },
  { name: "Date", marks: ["now", "UTC"] },
  { name: "Date.prototype", marks: ["getTimezoneOffset", "setHours"] },
  { name: "RegExp.prototype", marks: ["exec", "test", "compile"] },
  { name: "Promise", marks: ["all", "race", "resolve"] },
  { name: "Proxy", marks: ["revocable"] },
  { name: "ArrayBuffer", marks: ["isView"] },
  { name: "%TypedArray%", marks: ["from", "of", "[Symbol.species]"], alone: true },
  { name: "%TypedArray%.prototype", marks: ["subarray", "copyWithin"] },
  { name: "Iterator.prototype", marks: ["drop", "flatMap", "take"] },
];

/** Tags of prototypes that belong to a global constructor; any other tag is that of an intrinsic without a name. */
export const taggedGlobals: ReadonlySet<string> = new Set([
  "Map",
  "Set",
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "FinalizationRegistry",
  "Promise",
  "Symbol",
  "BigInt",
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
  "DisposableStack",
  "AsyncDisposableStack",
]);

/** Global constructors, which code makes one by one. */
export const constructors: ReadonlySet<string> = new Set([
  ...["Object", "Function", "Array", "Number", "Boolean", "String", "Symbol", "BigInt", "Date", "RegExp"],
  ...["Error", "Iterator", "Promise", "Proxy", "Map", "Set", "WeakMap", "WeakSet", "WeakRef"],
  ...["FinalizationRegistry", "ArrayBuffer", "SharedArrayBuffer", "DataView"],
]);
