import { FormatError } from '@cotangent/tensor';

const op = 'parseSafetensors';
const whitespace = /[ \t\n\r]*/y;
const integerToken = /0|[1-9][0-9]*/y;

/**
 * Reads the JSON of a header token by token: only what a header may hold, so that a hostile one costs no more than its
 * length. Every mismatch is a FormatError with its position.
 */
export class HeaderReader {
  #position = 0;

  constructor(readonly text: string) {}

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const token = pattern.exec(this.text)?.[0];
    if (token !== undefined) this.#position += token.length;
    return token;
  }

  fail(fact: string, sides: Readonly<Record<string, unknown>> = {}): never {
    throw new FormatError(op, fact, { sides: { ...sides, position: this.#position } });
  }

  #tryMark(mark: string): boolean {
    this.#match(whitespace);
    const isThere = this.text[this.#position] === mark;
    if (isThere) this.#position++;
    return isThere;
  }

  #mark(mark: string): void {
    if (!this.#tryMark(mark)) {
      this.fail(`the header has no '${mark}' where one is due.`, {
        found: this.text.slice(this.#position, this.#position + 20),
      });
    }
  }

  /** Where the string that begins here ends: at a quote with an even number of backslashes before it. */
  #findStringEnd(): number {
    for (
      let quote = this.text.indexOf('"', this.#position + 1);
      quote >= 0;
      quote = this.text.indexOf('"', quote + 1)
    ) {
      let start = quote;
      while (this.text[start - 1] === '\\') start--;
      if ((quote - start) % 2 === 0) return quote;
    }
    return this.fail('a string in the header does not end.');
  }

  /** A string. */
  string(): string {
    this.#match(whitespace);
    if (this.text[this.#position] !== '"') this.fail('the header has no string where one is due.');
    const end = this.#findStringEnd() + 1;
    const token = this.text.slice(this.#position, end);
    try {
      const value = JSON.parse(token) as string;
      this.#position = end;
      return value;
    } catch {
      return this.fail('the header has a broken string.');
    }
  }

  /** A whole number from 0. */
  integer(): number {
    this.#match(whitespace);
    const token = this.#match(integerToken);
    if (token === undefined || /[.eE]/.test(this.text[this.#position] ?? '')) {
      this.fail('the header has no whole number where one is due.');
    }
    const value = Number(token);
    return Number.isSafeInteger(value)
      ? value
      : this.fail('a number in the header is too large.', { found: token.slice(0, 40) });
  }

  /** An array of whole numbers. */
  integers(maximum: number): number[] {
    const values: number[] = [];
    this.#mark('[');
    if (this.#tryMark(']')) return values;
    do {
      if (values.length === maximum) this.fail(`a list in the header is longer than ${maximum}.`);
      values.push(this.integer());
    } while (this.#tryMark(','));
    this.#mark(']');
    return values;
  }

  /** An object; `readValue` consumes the value of each key. A key that comes twice is an error. */
  object(readValue: (key: string) => void): void {
    const keys = new Set<string>();
    this.#mark('{');
    if (this.#tryMark('}')) return;
    do {
      const key = this.string();
      if (keys.has(key)) this.fail(`'${key}' comes twice in the header.`);
      keys.add(key);
      this.#mark(':');
      readValue(key);
    } while (this.#tryMark(','));
    this.#mark('}');
  }

  /** Nothing but white space follows. */
  end(): void {
    this.#match(whitespace);
    if (this.#position < this.text.length) this.fail('something follows the header.');
  }
}
