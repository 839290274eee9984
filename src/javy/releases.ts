/** Which releases of Javy have which QuickJS, for people who know theirs by Javy's number; docs/modules.md has the same. */

const releases: readonly (readonly [generation: RegExp, javy: string])[] = [
  [/^bellard2021/, "0.x and 1.x"],
  [/^bellard2023/, "2.2"],
  [/^bellard2024/, "3 to 5"],
  [/^ng21/, "6 and 7"],
  [/^ng26/, "8 and later"],
];

/** The releases of Javy with an engine, by its id; null where there is none. */
export function javyReleasesOf(engine: string): string | null {
  return releases.find(([generation]) => generation.test(engine))?.[1] ?? null;
}
