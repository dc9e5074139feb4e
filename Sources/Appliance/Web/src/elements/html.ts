// The one way the pages make DOM: html`…` describes it, render() puts it into an element and afterwards only
// touches what changed. Markup comes from the source text alone: html takes nothing but a template literal, and
// values become text nodes, attributes, properties or listeners, never markup. So nothing has to be escaped.
//
// Holes: `${…}` between tags; `name="a ${…}"` attribute (null and false remove it); `?name=${…}` boolean;
// `.name=${…}` property; `@name=${…}` listener; `style.name=${…}` one CSS property through the CSSOM, because the
// Content-Security-Policy forbids style attributes. A literal `>` inside an attribute's value is not supported.

/** What a hole between tags may hold. */
export type Content = Template | string | number | boolean | null | undefined | Node | readonly Content[];

/** A description of DOM: the literal's own text and the values of this time. */
export class Template {
  constructor(
    readonly strings: TemplateStringsArray,
    readonly values: readonly unknown[],
    readonly key: string | number | null = null,
  ) {}
}

/** Describes DOM. */
export function html(strings: TemplateStringsArray, ...values: unknown[]): Template {
  if (!Array.isArray(strings) || !Array.isArray(strings.raw)) throw new TypeError("html takes a template literal only");
  return new Template(strings, values);
}

/** Gives an item of a list its identity, so it keeps its node (and its focus) when the list changes. */
export function keyed(key: string | number, template: Template): Template {
  return new Template(template.strings, template.values, key);
}

const roots = new WeakMap<Element, Slot>();

/** Makes `into` hold what `view` describes. */
export function render(view: Content, into: Element): void {
  let slot = roots.get(into);
  if (!slot) {
    into.replaceChildren();
    slot = Slot.append(into, null);
    roots.set(into, slot);
  }
  slot.set(view);
}

// ---- compiling a literal, once for each place in the source ------------------------------------------------

interface AttributeHole { readonly kind: "attribute"; readonly name: string; readonly strings: readonly string[] }
interface ChildHole { readonly kind: "child" }
type Hole = (AttributeHole | ChildHole) & { readonly node: number };
interface Compiled { readonly element: HTMLTemplateElement; readonly holes: readonly Hole[] }

const compiled = new WeakMap<TemplateStringsArray, Compiled>();
const mark = "\u00a7hole";
const openAttribute = /([^\s"'<>/=]+)=(?:"[^"]*|'[^']*|[^\s"'<>=]*)$/;

function compile(strings: TemplateStringsArray): Compiled {
  const known = compiled.get(strings);
  if (known) return known;
  let markup = "";
  const names: string[] = [];
  strings.forEach((text, index) => {
    markup += text;
    if (index === strings.length - 1) return;
    const insideTag = markup.lastIndexOf("<") > markup.lastIndexOf(">");
    if (!insideTag) { markup += `<!--${mark}-->`; return; }
    const name = openAttribute.exec(markup.slice(markup.lastIndexOf("<")))?.[1];
    if (name === undefined) throw new SyntaxError("a hole inside a tag must be an attribute's value");
    if (/^on/i.test(name) || name === "style") throw new SyntaxError(`${name} cannot be a hole: use @event or style.name`);
    names.push(name);
    markup += mark;
  });
  const element = document.createElement("template");
  element.innerHTML = markup;
  const result = { element, holes: findHoles(element, names) };
  compiled.set(strings, result);
  return result;
}

function findHoles(element: HTMLTemplateElement, names: readonly string[]): Hole[] {
  const holes: Hole[] = [];
  let next = 0;
  const walker = walk(element.content);
  for (let node = 0; walker.nextNode(); node++) {
    const current = walker.currentNode;
    if (current instanceof Comment) {
      if (current.data === mark) holes.push({ kind: "child", node });
      continue;
    }
    for (const attribute of [...(current as Element).attributes]) {
      if (!attribute.value.includes(mark)) continue;
      const strings = attribute.value.split(mark);
      const name = names[next] ?? attribute.name;   // the parser lower-cases; the source keeps `.scrollTop`
      next += strings.length - 1;
      (current as Element).removeAttribute(attribute.name);
      holes.push({ kind: "attribute", node, name, strings });
    }
  }
  return holes;
}

function walk(root: Node): TreeWalker {
  return document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
}

// ---- one use of a literal --------------------------------------------------------------------------------

interface Part { readonly holes: number; set(values: readonly unknown[]): void }

class Instance {
  readonly fragment: DocumentFragment;
  private readonly parts: Part[] = [];

  constructor(readonly strings: TemplateStringsArray) {
    const { element, holes } = compile(strings);
    this.fragment = document.importNode(element.content, true);
    const nodes: Node[] = [];
    const walker = walk(this.fragment);
    while (walker.nextNode()) nodes.push(walker.currentNode);
    for (const hole of holes) {
      const node = nodes[hole.node];
      if (!node) throw new Error("a hole lost its node");
      this.parts.push(hole.kind === "child" ? new ChildPart(node as Comment) : attributePart(node as HTMLElement, hole));
    }
  }

  update(values: readonly unknown[]): void {
    let at = 0;
    for (const part of this.parts) {
      part.set(values.slice(at, at + part.holes));
      at += part.holes;
    }
  }
}

class ChildPart implements Part {
  readonly holes = 1;
  private readonly slot: Slot;
  constructor(end: Comment) {
    const start = document.createComment("");
    end.before(start);
    end.data = "";
    this.slot = new Slot(start, end);
  }
  set(values: readonly unknown[]): void { this.slot.set(values[0] as Content); }
}

function attributePart(element: HTMLElement, hole: AttributeHole): Part {
  const bare = hole.name.slice(1);
  switch (hole.name[0]) {
    case "@": return listenerPart(element, bare);
    case "?": return valuePart((value) => element.toggleAttribute(bare, Boolean(value)));
    case ".": return propertyPart(element, bare);
  }
  if (hole.name.startsWith("style.")) {
    const property = hole.name.slice("style.".length), [before = "", after = ""] = hole.strings;
    return valuePart((value) => element.style.setProperty(property, value == null ? null : before + String(value) + after));
  }
  return plainAttributePart(element, hole);
}

function valuePart(apply: (value: unknown) => void): Part {
  let last: unknown = valuePart;   // equal to no value a page can give
  return { holes: 1, set: ([value]) => { if (value !== last) { last = value; apply(value); } } };
}

/** Compares with the element itself: a person may have typed since the last time. */
function propertyPart(element: HTMLElement, name: string): Part {
  const target = element as unknown as Record<string, unknown>;
  return { holes: 1, set: ([value]) => { if (target[name] !== value) target[name] = value; } };
}

function listenerPart(element: HTMLElement, event: string): Part {
  let current: ((event: Event) => void) | null = null;
  element.addEventListener(event, (happened) => current?.(happened));
  return { holes: 1, set: ([value]) => { current = (value as typeof current) ?? null; } };
}

const addresses = new Set(["href", "src", "action", "formaction", "xlink:href"]);

function plainAttributePart(element: HTMLElement, hole: AttributeHole): Part {
  const { name, strings } = hole;
  const alone = strings.length === 2 && strings[0] === "" && strings[1] === "";
  let last: string | null | undefined;
  return {
    holes: strings.length - 1,
    set(values) {
      let text: string | null;
      if (alone) text = values[0] == null || values[0] === false ? null : String(values[0]);
      else text = strings.reduce((sum, piece, index) => sum + piece + (index < values.length ? String(values[index] ?? "") : ""), "");
      if (text === last) return;
      last = text;
      if (text === null) element.removeAttribute(name);
      else if (addresses.has(name) && /^\s*(javascript|data|vbscript):/i.test(text)) element.setAttribute(name, "#");
      else element.setAttribute(name, text);
    },
  };
}

// ---- a stretch of children that can change ------------------------------------------------------------------

class Slot {
  private instance: Instance | null = null;
  private text: Text | null = null;
  private node: Node | null = null;
  private items: Map<string | number, Slot> | null = null;

  constructor(readonly start: Comment, readonly end: Comment) {}

  static append(parent: Node, before: Node | null): Slot {
    const slot = new Slot(document.createComment(""), document.createComment(""));
    parent.insertBefore(slot.start, before);
    parent.insertBefore(slot.end, before);
    return slot;
  }

  set(value: Content): void {
    if (value instanceof Template) this.setTemplate(value);
    else if (Array.isArray(value)) this.setList(value as readonly Content[]);
    else if (value instanceof Node) this.setNode(value);
    else this.setText(value == null || typeof value === "boolean" ? "" : String(value));
  }

  remove(): void {
    this.clear();
    this.start.remove();
    this.end.remove();
  }

  private clear(): void {
    while (this.start.nextSibling && this.start.nextSibling !== this.end) this.start.nextSibling.remove();
    this.instance = this.text = this.node = this.items = null;
  }

  private setTemplate(template: Template): void {
    if (this.instance?.strings === template.strings) { this.instance.update(template.values); return; }
    this.clear();
    const instance = new Instance(template.strings);
    instance.update(template.values);   // before it enters the page, so elements connect with their properties set
    this.end.before(instance.fragment);
    this.instance = instance;
  }

  private setText(text: string): void {
    if (!this.text) {
      this.clear();
      if (text === "") return;
      this.text = document.createTextNode(text);
      this.end.before(this.text);
    } else if (this.text.data !== text) this.text.data = text;
  }

  private setNode(node: Node): void {
    if (this.node === node) return;
    this.clear();
    this.end.before(node);
    this.node = node;
  }

  private setList(values: readonly Content[]): void {
    if (!this.items) { this.clear(); this.items = new Map(); }
    const keys = values.map((value, index) => (value instanceof Template && value.key !== null ? value.key : index));
    const wanted = new Set(keys);
    for (const [key, slot] of this.items) if (!wanted.has(key)) { slot.remove(); this.items.delete(key); }
    let cursor: Node = this.start.nextSibling ?? this.end;
    values.forEach((value, index) => {
      const slot = this.place(keys[index] ?? index, cursor);
      slot.set(value);
      cursor = slot.end.nextSibling ?? this.end;
    });
  }

  /** Finds or makes the item's slot and brings it before `cursor`; one that is already there is not moved. */
  private place(key: string | number, cursor: Node): Slot {
    const items = this.items as Map<string | number, Slot>;
    const parent = this.end.parentNode as Node;
    const known = items.get(key);
    if (!known) {
      const slot = Slot.append(parent, cursor);
      items.set(key, slot);
      return slot;
    }
    if (known.start !== cursor) known.moveBefore(cursor);
    return known;
  }

  private moveBefore(cursor: Node): void {
    const range = document.createRange();
    range.setStartBefore(this.start);
    range.setEndAfter(this.end);
    cursor.parentNode?.insertBefore(range.extractContents(), cursor);
  }
}
