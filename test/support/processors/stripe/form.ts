/** Stripe's bracketed forms, read back into objects of texts: `a[b][0]=1` is `{ a: { b: { 0: "1" } } }`. */
export interface Form {
  [name: string]: string | Form;
}

export function parseForm(text: string): Form {
  const root: Form = Object.create(null) as Form;
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.replaceAll("]", "").split("[");
    let at = root;
    for (const step of path.slice(0, -1)) {
      const next = at[step];
      if (typeof next === "string") throw new Error(`${name} is a text and an object`);
      at = next ?? (at[step] = Object.create(null) as Form);
    }
    at[path.at(-1) ?? ""] = value;
  }
  return root;
}

export function textOf(form: Form | undefined, name: string): string | null {
  const value = form?.[name];
  return typeof value === "string" ? value : null;
}

export function formOf(form: Form | undefined, name: string): Form | undefined {
  const value = form?.[name];
  return typeof value === "object" ? value : undefined;
}
