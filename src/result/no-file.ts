/** JavaScript that is part of the engine, or made by eval, has a file name, but no file: `<input>`, `eval_script`. */
export function isNoFile(name: string): boolean {
  return /^(eval_script|<.*>)$/.test(name);
}
