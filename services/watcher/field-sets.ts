/**
 * Field sets as canonical texts, each kept once however many objects share it: a chart's objects mostly do. A text takes a
 * tenth of the memory of its parsed tree, and is parsed again for the few objects that change.
 */
export class FieldSets {
  readonly #users = new Map<string, { text: string; count: number }>();

  /** The shared instance of a text, counted until released. */
  hold(text: string): string {
    const known = this.#users.get(text) ?? { text, count: 0 };
    known.count += 1;
    this.#users.set(known.text, known);
    return known.text;
  }

  release(text: string): void {
    const known = this.#users.get(text);
    if (known && --known.count <= 0) this.#users.delete(text);
  }

  /** The shared instance when there is one, else the text itself. */
  share(text: string): string {
    return this.#users.get(text)?.text ?? text;
  }

  get size(): number {
    return this.#users.size;
  }
}
