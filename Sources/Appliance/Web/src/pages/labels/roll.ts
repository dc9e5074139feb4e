// The form of a bought roll's codes, from one of them: as long, the same up to the first digit, and after it a digit where
// it has one, a letter or digit where it has a letter, and other signs as they are.

/** What all codes of the roll match; null when the example says too little to tell a part from a whole. */
export function formOf(example: string): RegExp | null {
  const start = example.search(/\d/);
  if (start < 0 || example.length < 4) return null;
  const rest = example.slice(start), one = /[a-z]/i.test(rest) ? "[0-9A-Z]" : "\\d";
  const literal = (text: string): string => text.replace(/[\^$\\.*+?()[\]{}|/]/g, "\\$&");
  const body = [...rest].map((character) => (/[0-9a-z]/i.test(character) ? one : literal(character))).join("");
  return new RegExp(`^${literal(example.slice(0, start))}${body}$`, "i");
}
