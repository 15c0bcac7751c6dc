/** The frame of what shoppers see: no script, nothing loaded. */
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2230; --dim: #5b6475; --paper: #fff; --ground: #eef1f6; --line: #d9dee8; --go: #1f5fd6; --on-go: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf2; --dim: #a2abbd; --paper: #1b2130; --ground: #10141d; --line: #333c50; --go: #7ba6ff; --on-go: #0c1530 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 24rem; background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: 1.75rem }
.bank { margin: 0 0 1.25rem; font-size: .8rem; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; color: var(--dim) }
h1 { margin: 0; font-size: 1.2rem }
.amount { margin: .35rem 0 0; font-size: 2rem; font-weight: 650; font-variant-numeric: tabular-nums }
.method { margin: 0 0 1.5rem; color: var(--dim); font-variant-numeric: tabular-nums }
.choices { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem }
form { margin: 0 }
button { width: 100%; min-height: 2.9rem; border-radius: 9px; border: 1px solid var(--line); background: none; color: inherit; font: inherit; font-weight: 600; cursor: pointer }
button[name=approve] { background: var(--go); border-color: var(--go); color: var(--on-go) }
button:hover { filter: brightness(1.08) }
button:focus-visible { outline: 3px solid var(--go); outline-offset: 2px }
.note { margin: 1.25rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--dim) }
`;

/** Not in the template: the policy's hash is of every byte between the tags, and a formatter moves those. */
const STYLE_TAG = raw(`<style>${STYLE}</style>`);
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/** No `form-action`: it would also judge where the answer redirects to, and that is the merchant's own site. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'`;

export type Page = HtmlEscapedString | Promise<HtmlEscapedString>;

export function shopperPage(title: string, content: Page): Page {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${STYLE_TAG}
      </head>
      <body>
        <main>${content}</main>
      </body>
    </html>`;
}
