/** What the benchmark concludes from its figures. */
import { describe, expect, it } from "vitest";
import { quantile, ratios, spreadOf } from "../../bench/harness/statistics.ts";
import { exactTargets } from "../../bench/report/exact-targets.ts";
import { plot } from "../../bench/report/plot.ts";
import { targetTable } from "../../bench/report/table.ts";
import { isBroken, target, verdictOf } from "../../bench/report/target.ts";
import type { ExactFigures } from "../../bench/report/exact-figures.ts";

const about = { number: "1", goal: "creates" };
const goal = { direction: "atMost", set: 2, stretch: 1 } as const;

describe("a goal", () => {
  it("is judged by the median of the rounds, not by the best of them", () => {
    expect(verdictOf(target(about, [0.5, 3, 3], goal))).toBe("missed");
    expect(verdictOf(target(about, [1.5, 1.5, 9], goal))).toBe("held");
    expect(verdictOf(target(about, [1, 1, 1], goal))).toBe("stretch");
  });

  it("looks the other way where more is better", () => {
    const more = { direction: "atLeast", set: 1, stretch: 2 } as const;
    expect([0.9, 1, 2].map((value) => verdictOf(target(about, [value], more)))).toEqual(["missed", "held", "stretch"]);
  });

  it("that was not measured is neither held nor broken", () => {
    const one = target(about, null, goal);
    expect(verdictOf(one)).toBe("not measured");
    expect(isBroken(one)).toBe(false);
  });

  it("that was restated is still shown as missed, and breaks at its restated limit", () => {
    const restated = { ...goal, restated: { limit: 3, why: "" } };
    const within = target(about, [2.5], restated);
    expect(verdictOf(within)).toBe("missed");
    expect(isBroken(within)).toBe(false);
    expect(isBroken(target(about, [3.1], restated))).toBe(true);
  });
});

describe("the gates", () => {
  const audit = { accepted: 10, lost: 0, doubled: 0, bytes: { shard: 1000, readModel: 600, events: 100 } };
  const rate = (all: number) => ({ all, batches: 0 });
  const syncs = { crowd: rate(0.1), alone: rate(2), replay: rate(0) };
  const good: ExactFigures = {
    instant: syncs,
    sandbox: syncs,
    audits: { instant: audit, sandbox: audit },
    page: { rows: 10_000, limit: 20, rowsRead: 21 },
    bundle: { minified: 200, gzipped: 50 },
  };
  const broken = (figures: ExactFigures) =>
    exactTargets(figures)
      .filter(isBroken)
      .map(({ number }) => number);

  it("let good figures pass", () => {
    expect(broken(good)).toEqual([]);
  });

  it("stop one lost payment, one doubled charge, and a replay that writes", () => {
    expect(broken({ ...good, audits: { instant: audit, sandbox: { ...audit, lost: 1 } } })).toEqual(["14c"]);
    expect(broken({ ...good, audits: { instant: { ...audit, doubled: 1 }, sandbox: audit } })).toEqual(["14c"]);
    expect(broken({ ...good, instant: { ...syncs, replay: rate(1) } })).toEqual(["8b"]);
  });

  it("stop a create that flushes for itself although others wait, and a list that reads on", () => {
    expect(broken({ ...good, instant: { ...syncs, crowd: rate(2.2) } })).toEqual(["4a"]);
    expect(broken({ ...good, page: { ...good.page, rowsRead: 40 } })).toEqual(["9c"]);
  });

  it("say so where flushes cannot be counted", () => {
    expect(targetTable(exactTargets({ ...good, instant: null, sandbox: null }))).toContain("not measured");
  });
});

describe("statistics", () => {
  it("interpolate between neighbours", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([10], 0.99)).toBe(10);
  });

  it("pair rounds, so that a slow minute slows both sides", () => {
    expect(ratios([10, 20], [5, 10])).toEqual([2, 2]);
  });

  it("describe nothing by nothing", () => {
    expect(spreadOf([])).toBeNull();
    expect(spreadOf([Number.NaN])).toBeNull();
  });
});

describe("a plot", () => {
  const line = (svg: string) => /<polyline points="([^"]+)"/.exec(svg)?.[1]?.split(" ") ?? [];

  it("keeps decades apart alike, on a logarithmic axis", () => {
    const points = [1, 10, 100].map((x) => ({ x, y: 1 }));
    const svg = plot({ title: "", x: { label: "", isLog: true }, y: { label: "" }, series: [{ name: "", points }] });
    const [a = 0, b = 0, c = 0] = line(svg).map((place) => Number(place.split(",")[0]));
    expect(b - a).toBeCloseTo(c - b);
  });

  it("shows a title as text, whatever stands in it", () => {
    const series = [{ name: "a", points: [{ x: 1, y: 1 }] }];
    expect(plot({ title: "a < b & c", x: { label: "" }, y: { label: "" }, series })).toContain("a &lt; b &amp; c");
  });
});
