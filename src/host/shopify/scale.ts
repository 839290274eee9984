/**
 * By what Shopify raises a function's limits for an input, as function-runner finds it (its src/scale_limits_analyzer.rs):
 * fields of the schema carry @scaleLimits(rate: 0.005), and where the function's input query asks for one, its value in
 * the input counts its length times the rate: of a list its elements, of a text its bytes, of anything else 1. What lies
 * in elements of lists adds up: ten lines of three attributes each count thirty times the attributes' rate. The
 * greatest sum of all fields holds, from 1 to 10.
 */
import {
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  Kind,
  parse,
  type SelectionSetNode,
  type TypeNode,
} from "graphql";
import { usageError } from "../../base/diagnostics.ts";
import { scales } from "./limits.ts";

/** A text, and what errors call the file that it is of. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

interface Field {
  readonly type: string;
  readonly rate: number | null;
}

/**
 * The scale factor of an input. Schema and query are GraphQL, the input is JSON. @throws Diagnostic (usage) where one cannot
 * be read, or the query asks for what the schema does not have.
 */
export function scaleFactor(schema: NamedText, query: NamedText, input: NamedText): number {
  const types = fieldsOf(read(schema, "GraphQL", parse));
  const document = read(query, "GraphQL", parse);
  const value = read(input, "JSON", (text) => JSON.parse(text) as unknown);
  const root = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (!root)
    throw usageError(
      `${query.name} holds no query`,
      "it is the function's input query, such as src/run.graphql",
    );
  const sums = new Rates(types, document, query.name).sums(root.selectionSet, value);
  return Math.min(scales.most, Math.max(scales.least, ...sums));
}

function read<T>({ name, text }: NamedText, what: string, parser: (text: string) => T): T {
  try {
    return parser(text);
  } catch (error) {
    throw usageError(`${name} is no ${what}: ${(error as Error).message}`);
  }
}

/** The fields of each type that has any; the root of queries is "query" too. */
function fieldsOf(schema: DocumentNode): Map<string, Map<string, Field>> {
  const types = new Map<string, Map<string, Field>>();
  let root = "Query";
  for (const one of schema.definitions) {
    if (one.kind === Kind.SCHEMA_DEFINITION || one.kind === Kind.SCHEMA_EXTENSION)
      root = one.operationTypes?.find(({ operation }) => operation === "query")?.type.name.value ?? root;
    if (!hasFields(one)) continue;
    const fields = types.get(one.name.value) ?? new Map<string, Field>();
    types.set(one.name.value, fields);
    for (const field of one.fields ?? [])
      fields.set(field.name.value, { type: namedType(field.type), rate: rateOf(field) });
  }
  types.set(queryRoot, types.get(root) ?? new Map());
  return types;
}

/** No type's name has a space. */
const queryRoot = "the query";

function hasFields(one: DefinitionNode) {
  return (
    one.kind === Kind.OBJECT_TYPE_DEFINITION ||
    one.kind === Kind.OBJECT_TYPE_EXTENSION ||
    one.kind === Kind.INTERFACE_TYPE_DEFINITION ||
    one.kind === Kind.INTERFACE_TYPE_EXTENSION
  );
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

/** Only a Float is a rate, as in function-runner: 1.0, not 1. */
function rateOf({ directives = [] }: FieldDefinitionNode): number | null {
  const scaled = directives.find(({ name }) => name.value === "scaleLimits");
  const rate = scaled?.arguments?.find(({ name }) => name.value === "rate")?.value;
  return rate?.kind === Kind.FLOAT ? Number(rate.value) : null;
}

class Rates {
  readonly #types: ReadonlyMap<string, ReadonlyMap<string, Field>>;
  readonly #document: DocumentNode;
  readonly #name: string;
  /** Fragments that are being visited. */
  readonly #open = new Set<DefinitionNode>();
  /** By the path of a field, what each of its values counts; a field that is asked for twice counts once. */
  readonly #counted = new Map<string, number[]>();

  constructor(types: ReadonlyMap<string, ReadonlyMap<string, Field>>, document: DocumentNode, name: string) {
    this.#types = types;
    this.#document = document;
    this.#name = name;
  }

  sums(selection: SelectionSetNode, input: unknown): number[] {
    this.#visit(selection, queryRoot, [input], []);
    return [...this.#counted.values()].map((counts) => counts.reduce((sum, count) => sum + count, 0));
  }

  #visit(
    selection: SelectionSetNode,
    type: string,
    values: readonly unknown[],
    path: readonly string[],
  ): void {
    for (const one of selection.selections) {
      if (one.kind === Kind.FIELD) this.#field(one, type, values, path);
      else if (one.kind === Kind.INLINE_FRAGMENT)
        this.#visit(one.selectionSet, one.typeCondition?.name.value ?? type, values, path);
      else {
        const fragment = this.#document.definitions.find(
          (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === one.name.value,
        );
        if (fragment?.kind !== Kind.FRAGMENT_DEFINITION)
          throw usageError(`${this.#name} has no fragment ${one.name.value}`);
        if (this.#open.has(fragment))
          throw usageError(`${this.#name}: the fragment ${one.name.value} contains itself`);
        this.#open.add(fragment);
        this.#visit(fragment.selectionSet, fragment.typeCondition.name.value, values, path);
        this.#open.delete(fragment);
      }
    }
  }

  #field(field: FieldNode, type: string, values: readonly unknown[], path: readonly string[]): void {
    const name = field.name.value;
    if (name === "__typename") return;
    const known = this.#types.get(type)?.get(name);
    if (!known) throw usageError(`${this.#name} asks for ${name} of ${type}, which the schema does not have`);
    const key = field.alias?.value ?? name;
    const at = [...path, key];
    const found = values.map((value) => memberOf(value, key));
    if (known.rate !== null) {
      const counts = this.#counted.get(at.join(".")) ?? [];
      this.#counted.set(at.join("."), counts);
      for (const [i, value] of found.entries())
        counts[i] = Math.max(counts[i] ?? 0, lengthOf(value) * known.rate);
    }
    if (!field.selectionSet) return;
    const below = found.filter((value) => value !== undefined).flat();
    this.#visit(field.selectionSet, known.type, below, at);
  }
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  return Array.isArray(value) ? value.length : 1;
}
