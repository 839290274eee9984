/**
 * Where a function begins in the text of a minified line, and what it is called there. quickjs-ng gives a function's start
 * the column of the last identifier: right for `name(){`, `function` and `async`; for names in quotes, brackets or with `#`,
 * and for arrow functions with parentheses, that is a token before it. On a line of its own that is no loss; in a bundle of
 * one line it is another function's text.
 *
 *   return a},#get(e){…}     the start is given at `a`, and is at `#get`
 *
 * Looked for by tokens from there on, a few characters far; where none is found, the start is where it was said to be.
 */

const identifier = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const number = /\d[\w.]*/y;
const quoted = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y;
/** Between the name before a function and the function; no operator that a text could begin behind. */
const between = /[\s,;:=}\])?&|!+*<>-]/;
/** More characters than any list of parameters in minified code. */
const farthest = 500;

/** The index in `text` at which the function begins that is said to begin at `index`. Indices are 0-based. */
export function functionStart(text: string, index: number): number {
  const first = matchAt(identifier, text, index);
  if (first === "" || /^(?:async|function|get|set|static|class)$/.test(first)) return index;
  let at = index + first.length;
  if (text.startsWith("=>", at) || isParameters(text, at)) return index;
  for (const end = Math.min(text.length, index + farthest); at < end; ) {
    const character = text[at]!;
    if (character === "#") return at;
    if (character === "(") {
      const close = closing(text, at);
      if (close > 0 && text.startsWith("=>", close)) return at;
      at++;
    } else if (character === "[") {
      const close = closing(text, at);
      if (close > 0 && isParameters(text, close)) return at;
      at++;
    } else {
      const name = matchAt(quoted, text, at) || matchAt(number, text, at);
      if (name !== "" && isParameters(text, at + name.length)) return at;
      if (name === "" && !between.test(character)) return index;
      at += name.length || 1;
    }
  }
  return index;
}

/**
 * The index of the name that a function got where it is made, `name` as the engine says it: `function t(`, `#t(`, `t=`.
 * -1 where it stands at neither place. `start`: the function's own index.
 */
export function nameIndex(text: string, start: number, name: string): number {
  const keywords = matchAt(/(?:(?:static|async|get|set|function|class)\b\s*)*\*?\s*/y, text, start);
  const behind = start + keywords.length;
  if (text[behind] === "#" ? text.startsWith(`${name}(`, behind) : matchAt(identifier, text, behind) === name)
    return behind;
  const before = text.slice(Math.max(0, start - name.length - 16), start);
  const assigned = /([\p{ID_Continue}$\u200c\u200d]+)\s*=\s*\(*$/u.exec(before);
  if (assigned?.[1] !== name || before[assigned.index - 1] === ".") return -1;
  return start - before.length + assigned.index;
}

/** Where classes and objects are defined in `text` that go by `name`, ascending: `class t`, `t=class`, `t={`. */
export function definitions(text: string, name: string): number[] {
  const found = [`class ${name}`, `${name}=class`, `${name} = class`, `${name}={`, `${name} = {`].flatMap(
    (definition) => {
      const indices: number[] = [];
      const within = definition.indexOf(name);
      for (let at = text.indexOf(definition); at >= 0; at = text.indexOf(definition, at + 1)) {
        const isWhole = matchAt(identifier, text, at + within) === name;
        if (isWhole && !/[\p{ID_Continue}$.]/u.test(text[at + within - 1] ?? "")) indices.push(at + within);
      }
      return indices;
    },
  );
  return found.sort((a, b) => a - b);
}

/**
 * The index of what goes by `name` and a function at `start` belongs to: the last of its definitions before, or the path that
 * the function is put into right there, `t.a.b=`. -1 where there is neither.
 */
export function ownerIndex(text: string, start: number, name: string, defined: readonly number[]): number {
  const before = text.slice(Math.max(0, start - 200), start);
  const assigned = /([\p{ID_Continue}$.\u200c\u200d]+)\s*=\s*\(*$/u.exec(before);
  if (assigned && assigned[1]!.startsWith(`${name}.`)) return start - assigned[0].length;
  return defined.findLast((index) => index < start) ?? -1;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

/** Whether a list of parameters stands there, before a body or an arrow. */
function isParameters(text: string, at: number): boolean {
  const close = text[at] === "(" ? closing(text, at) : -1;
  return close > 0 && (text[close] === "{" || text.startsWith("=>", close));
}

/** The index behind the bracket that closes the one at `at`; -1 where it is not near. */
function closing(text: string, at: number): number {
  let depth = 0;
  for (const end = Math.min(text.length, at + farthest); at < end; ) {
    const text_ = matchAt(quoted, text, at);
    if (text_ !== "") {
      at += text_.length;
      continue;
    }
    if (/[([{]/.test(text[at]!)) depth++;
    else if (/[)\]}]/.test(text[at]!) && --depth === 0) return at + 1;
    at++;
  }
  return -1;
}
