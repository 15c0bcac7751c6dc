/** A line plot as SVG text, with nothing but what SVG has. Pure. */
export interface Series {
  name: string;
  points: readonly { x: number; y: number }[];
  isDashed?: boolean;
}

export interface PlotOptions {
  title: string;
  x: { label: string; isLog?: boolean };
  y: { label: string; isLog?: boolean };
  series: readonly Series[];
}

const WIDTH = 760;
const HEIGHT = 400;
const BOX = { left: 64, right: WIDTH - 24, top: 44, bottom: HEIGHT - 56 };
/** Distinguishable also by those who do not see all colours (Okabe and Ito). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

export function plot({ title, x, y, series }: PlotOptions): string {
  const all = series.flatMap(({ points }) => points);
  const across = scale(
    all.map((point) => point.x),
    [BOX.left, BOX.right],
    x.isLog ?? false,
  );
  const up = scale(
    all.map((point) => point.y),
    [BOX.bottom, BOX.top],
    y.isLog ?? false,
  );
  const grid = [
    ...across.ticks.map((at) => tick(across.place(at), at, "x")),
    ...up.ticks.map((at) => tick(up.place(at), at, "y")),
  ];
  const lines = series.map(({ points, isDashed = false }, n) => {
    const colour = COLOURS[n % COLOURS.length] ?? "";
    const places = points.map((point) => `${round(across.place(point.x))},${round(up.place(point.y))}`);
    const dash = isDashed ? ' stroke-dasharray="6 4"' : "";
    const dots = places.map((place) => {
      const [cx, cy] = place.split(",");
      return `<circle cx="${cx}" cy="${cy}" r="2.5" fill="${colour}"/>`;
    });
    return `<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>${dots.join("")}`;
  });
  const legend = series.map(({ name }, n) => {
    const top = BOX.top + 10 + n * 17;
    return `<rect x="${BOX.left + 10}" y="${top - 8}" width="10" height="10" fill="${COLOURS[n % COLOURS.length]}"/>${text(BOX.left + 26, top + 1, name)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12" fill="#222">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(BOX.left, 24, title, 'font-size="14" font-weight="bold"'),
    ...grid,
    ...lines,
    ...legend,
    text((BOX.left + BOX.right) / 2, HEIGHT - 14, x.label, 'text-anchor="middle"'),
    text(
      16,
      (BOX.top + BOX.bottom) / 2,
      y.label,
      `text-anchor="middle" transform="rotate(-90 16 ${(BOX.top + BOX.bottom) / 2})"`,
    ),
    "</svg>\n",
  ].join("\n");
}

interface Scale {
  place(value: number): number;
  ticks: number[];
}

/** Linear from 0, or by decades; both ends on a tick. */
function scale(values: readonly number[], [from, to]: [number, number], isLog: boolean): Scale {
  const largest = Math.max(...values);
  if (isLog) {
    const low = Math.floor(Math.log10(Math.min(...values)));
    const high = Math.max(Math.ceil(Math.log10(largest)), low + 1);
    const ticks = Array.from({ length: high - low + 1 }, (_, n) => 10 ** (low + n));
    return { ticks, place: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from) };
  }
  const step = niceStep(largest / 5);
  const count = Math.max(Math.ceil(largest / step), 1);
  const ticks = Array.from({ length: count + 1 }, (_, n) => n * step);
  return { ticks, place: (value) => from + (value / (count * step)) * (to - from) };
}

/** 1, 2 or 5 times a power of ten, not below `wanted`. */
function niceStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return ([1, 2, 5, 10].find((factor) => factor * power >= wanted) ?? 10) * power;
}

function tick(place: number, value: number, axis: "x" | "y"): string {
  const at = round(place);
  const label = String(Number(value.toPrecision(6)));
  if (axis === "x") {
    return `<line x1="${at}" x2="${at}" y1="${BOX.top}" y2="${BOX.bottom}" stroke="#ddd"/>${text(at, BOX.bottom + 16, label, 'text-anchor="middle"')}`;
  }
  return `<line x1="${BOX.left}" x2="${BOX.right}" y1="${at}" y2="${at}" stroke="#ddd"/>${text(BOX.left - 6, at + 4, label, 'text-anchor="end"')}`;
}

function text(x: number, y: number, content: string, attributes = ""): string {
  return `<text x="${x}" y="${y}"${attributes === "" ? "" : ` ${attributes}`}>${escape(content)}</text>`;
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
