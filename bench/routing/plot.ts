/** The runs as one SVG: shares over time for each learning policy, and the regret of all. */
import { ACCOUNTS, BUCKET, DOWN, PAYMENTS, type Run } from "./simulation.ts";

const WIDTH = 860;
const PANEL = { left: 64, width: 560, height: 150, gap: 62 };
const COLOURS = ["#b45309", "#0369a1", "#15803d", "#7c3aed", "#be123c"];

interface Line {
  label: string;
  colour: string;
  values: readonly number[];
}

export function plot(learning: readonly Run[], all: readonly Run[]): string {
  const panels = [
    ...learning.map((run) => ({
      title: `${run.name}: share of payments`,
      top: 1,
      unit: (value: number) => `${Math.round(value * 100)} %`,
      lines: ACCOUNTS.map((label, account) => ({
        label,
        colour: COLOURS[account] ?? "#000",
        values: run.shares.map((shares) => shares[account] ?? 0),
      })),
    })),
    {
      title: "Regret: approvals lost against the best account of each moment",
      top: ceiling(Math.max(...all.flatMap(({ regret }) => regret))),
      unit: (value: number) => value.toFixed(0),
      lines: all.map(({ name, regret }, index) => ({ label: name, colour: COLOURS[index] ?? "#000", values: regret })),
    },
  ];
  const height = panels.length * (PANEL.height + PANEL.gap) + 24;
  const drawn = panels.map((panel, index) => drawPanel(panel, 40 + index * (PANEL.height + PANEL.gap)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${drawn.join("\n")}
</svg>
`;
}

function drawPanel(
  { title, top, unit, lines }: { title: string; top: number; unit: (value: number) => string; lines: readonly Line[] },
  y: number,
): string {
  const x = (payment: number) => PANEL.left + (payment / PAYMENTS) * PANEL.width;
  const at = (value: number) => y + PANEL.height * (1 - value / top);
  const right = PANEL.left + PANEL.width;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const level = at(share * top).toFixed(1);
    return `<line x1="${PANEL.left}" x2="${right}" y1="${level}" y2="${level}" stroke="#e5e7eb"/><text x="${PANEL.left - 6}" y="${Number(level) + 4}" text-anchor="end" fill="#6b7280">${unit(share * top)}</text>`;
  });
  const ticks = [0, 20_000, 40_000, 60_000, 80_000, 100_000].map(
    (payment) =>
      `<text x="${x(payment).toFixed(1)}" y="${y + PANEL.height + 16}" text-anchor="middle" fill="#6b7280">${payment / 1000}k</text>`,
  );
  const paths = lines.map(({ label, colour, values }, index) => {
    const points = values.map((value, bucket) => `${x((bucket + 1) * BUCKET).toFixed(1)},${at(value).toFixed(1)}`);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.6"/><text x="${right + 12}" y="${y + 14 + index * 18}" fill="${colour}">${label}</text>`;
  });
  const outage = `<rect x="${x(DOWN.from)}" y="${y}" width="${x(DOWN.to) - x(DOWN.from)}" height="${PANEL.height}" fill="#fee2e2"/>`;
  const heading = `<text x="${PANEL.left}" y="${y - 10}" font-weight="600" fill="#111827">${title}</text>`;
  return [heading, outage, ...grid, ...ticks, ...paths].join("\n");
}

/** The next round number. */
function ceiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return Math.ceil(value / power) * power;
}
