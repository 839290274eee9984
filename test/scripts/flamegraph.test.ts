/** scripts/flamegraph.js: boxes as wide as their fuel, calls of one stack together, and names that stay text. */
import { expect, test } from "vitest";

const { flameGraph } = (await import(new URL("../../scripts/flamegraph.js", import.meta.url).href)) as {
  flameGraph: (file: unknown) => string;
};

const file = (names: readonly string[], events: readonly (readonly ["O" | "C", number, number])[]) => ({
  shared: { frames: names.map((name) => ({ name })) },
  profiles: [
    { type: "sampled", name: "by line", startValue: 0, endValue: 1, samples: [], weights: [] },
    {
      ...{ type: "evented", name: "calls", startValue: 0, endValue: 1000 },
      events: events.map(([type, frame, at]) => ({ type, frame, at })),
    },
  ],
});

test("calls of a function below one stack are one box, the widest first", () => {
  const picture = flameGraph(
    file(
      ["a", "b"],
      [
        ...([
          ["O", 0, 0],
          ["C", 0, 100],
          ["O", 1, 100],
          ["O", 0, 150],
          ["C", 0, 200],
        ] as const),
        ...([
          ["C", 1, 700],
          ["O", 0, 800],
          ["C", 0, 1000],
        ] as const),
      ],
    ),
  );
  const titles = [...picture.matchAll(/<title>(.*?)<\/title>/g)].map(([, title]) => title);
  expect(titles).toEqual(["calls  1,000 (100.0%)", "b  600 (60.0%)", "a  50 (5.0%)", "a  300 (30.0%)"]);
  const boxes = [...picture.matchAll(/<rect x="(.*?)" y="(.*?)" width="(.*?)"/g)].map((box) =>
    box.slice(1).map(Number),
  );
  expect(boxes).toEqual([
    [0, 0, 879],
    [0, 22, 527],
    [0, 44, 43],
    [528, 22, 263],
  ]);
});

test("a name of the program is neither markup nor a control character", () => {
  const picture = flameGraph(
    file(
      ['</title><script x="">&\x1b\ud800'],
      [
        ["O", 0, 0],
        ["C", 0, 1000],
      ],
    ),
  );
  expect(picture).not.toMatch(/<script|\x1b|\ud800/);
  expect(picture).toContain("<title>&lt;/title&gt;&lt;script x=&quot;&quot;&gt;&amp;\ufffd\ufffd  1,000");
});

test("a file without calls in order is refused", () => {
  expect(() => flameGraph({ shared: { frames: [] }, profiles: [] })).toThrow(
    "no profile with calls in order",
  );
});
