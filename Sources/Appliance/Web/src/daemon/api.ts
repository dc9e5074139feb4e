// Fetch for the pages: JSON in and out, a problem document becomes a Problem whose message may be shown, every
// command carries an Idempotency-Key, and an ended session is told to whoever listens. Knows no page and no state.

/** A request that did not do what was asked; `message` is fit to show. `status` 0 means nobody answered. `details`
 * holds further members of the problem document, such as the record as it is now, or who has the code already. */
export class Problem extends Error {
  constructor(message: string, readonly status: number, readonly code: string, readonly details: Readonly<Record<string, unknown>> = {}) { super(message); }
  /** What is wrong with which field, in the daemon's own words. */
  get fields(): Readonly<Record<string, string>> {
    const errors = (this.details["errors"] ?? []) as { field?: string; message?: string }[];
    const field = this.details["field"];
    const known: Record<string, string> = typeof field === "string" ? { [field]: this.message } : {};
    for (const error of errors) if (error.field) known[error.field] = error.message ?? this.message;
    return known;
  }
  /** True when the same request may well succeed later without anyone changing anything. */
  get isTransient(): boolean { return this.status === 0 || this.status === 429 || this.status >= 502; }
}

const answerWithinMilliseconds = 12_000;
let sessionEnded: () => void = () => {};
let clockSkew = 0;

/** Names the one listener that is told when the daemon no longer knows this session. */
export function whenSessionEnds(listener: () => void): void { sessionEnded = listener; }

/** The daemon's clock: a kiosk without a battery clock may be hours off, and "9 min left" must not be. */
export function now(): number { return Date.now() + clockSkew; }

/** A random UUID. crypto.randomUUID is missing on plain http in a LAN, getRandomValues is not. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** `type` is the content type of a body that is not JSON; `within` is for what takes longer than a usual answer. */
export interface Options { signal?: AbortSignal; key?: string; madeAt?: number; quiet401?: boolean; ifMatch?: number; type?: string; within?: number }

/** What was answered, and the place of the Change it made in the log, by which it can be undone. */
export interface Reply<Answer> { answer: Answer; change: number | null }

export const get = <Answer>(path: string, options: Options = {}): Promise<Answer> => send<Answer>("GET", path, undefined, options);
export const post = <Answer>(path: string, body: unknown = {}, options: Options = {}): Promise<Answer> =>
  send<Answer>("POST", path, body, { key: uuid(), ...options });
export const patch = <Answer>(path: string, body: unknown, options: Options = {}): Promise<Answer> => send<Answer>("PATCH", path, body, options);
export const put = <Answer>(path: string, body: unknown, options: Options = {}): Promise<Answer> => send<Answer>("PUT", path, body, options);
export const remove = (path: string, options: Options = {}): Promise<void> => send<void>("DELETE", path, undefined, options);
/** As the others, with what the answer's headers say; a POST carries a key of its own. */
export const reply = <Answer>(method: "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: unknown, options: Options = {}): Promise<Reply<Answer>> =>
  exchange<Answer>(method, path, body, method === "POST" ? { key: uuid(), ...options } : options);

/** A file that the daemon makes of what is sent, such as a picture. */
export async function file(path: string, body: unknown, options: Options = {}): Promise<Blob> {
  const headers = { "content-type": "application/json" };
  const response = await ask(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) }, options);
  if (!response.ok) throw await problem(response, false);
  return response.blob();
}

/** Builds a query out of the values that are there. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value != null && value !== "") search.set(name, String(value));
  const text = search.toString();
  return text ? `?${text}` : "";
}

async function send<Answer>(method: string, path: string, body: unknown, options: Options): Promise<Answer> {
  return (await exchange<Answer>(method, path, body, options)).answer;
}

async function exchange<Answer>(method: string, path: string, body: unknown, options: Options): Promise<Reply<Answer>> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = options.type ?? "application/json";
  if (options.key) headers["idempotency-key"] = options.key;
  if (options.madeAt !== undefined) headers["depotd-made-at"] = new Date(options.madeAt).toISOString();
  if (options.ifMatch !== undefined) headers["if-match"] = `"${options.ifMatch}"`;
  const sent = body === undefined ? null : options.type ? body as BodyInit : JSON.stringify(body);
  const response = await ask(`/api/v1${path}`, { method, headers, body: sent }, options);
  keepClock(response.headers.get("date"));
  if (!response.ok) throw await problem(response, options.quiet401 === true);
  const change = response.headers.get("depotd-change");
  return { answer: (response.status === 204 ? undefined : await response.json()) as Answer, change: change ? Number(change) : null };
}

async function ask(address: string, request: RequestInit, { signal: outer, within = answerWithinMilliseconds }: Options): Promise<Response> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), within);
  const forward = (): void => limit.abort();
  outer?.addEventListener("abort", forward);
  try {
    return await fetch(address, { ...request, signal: limit.signal, credentials: "same-origin" });
  } catch (cause) {
    if (outer?.aborted) throw cause;   // the page itself lost interest: not a problem to show
    throw new Problem("The depot does not answer.", 0, "unreachable");
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", forward);
  }
}

async function problem(response: Response, quiet401: boolean): Promise<Problem> {
  let document: { detail?: string; title?: string; code?: string } = {};
  try { document = await response.json() as typeof document; } catch { /* not a problem document: the sentence below has to do */ }
  if (response.status === 401 && !quiet401) sessionEnded();
  const detail = document.detail ?? document.title ?? `The depot could not do that (${response.status}).`;
  return new Problem(detail, response.status, document.code ?? "", document as Record<string, unknown>);
}

/** The Date header has whole seconds, so a difference below two of them says nothing. */
function keepClock(date: string | null): void {
  if (!date) return;
  const difference = Date.parse(date) - Date.now();
  clockSkew = Math.abs(difference) > 2_000 ? difference : 0;
}

/** True for a request the page itself gave up. */
export function isAborted(error: unknown): boolean { return error instanceof DOMException && error.name === "AbortError"; }

/** The sentence to show for whatever was thrown. */
export function sentence(error: unknown): string { return error instanceof Problem ? error.message : "Something went wrong in this page."; }
