/** Stripe's request format: `application/x-www-form-urlencoded` with nested names in brackets. */
export type FormValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly FormValue[]
  | { readonly [name: string]: FormValue };

/** `{ a: { b: [1] } }` becomes `a[b][0]=1`. What is null or undefined is not said. */
export function encodeForm(values: { readonly [name: string]: FormValue }): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) append(pairs, name, value);
  return pairs.toString();
}

function append(pairs: URLSearchParams, name: string, value: FormValue): void {
  if (value === null || value === undefined) return;
  if (typeof value !== "object") pairs.append(name, String(value));
  else for (const [key, inner] of Object.entries(value)) append(pairs, `${name}[${key}]`, inner);
}
