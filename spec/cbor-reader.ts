import { HearthError } from './errors.ts'
import { readText } from './utf8.ts'

/** Reads canonical CBOR item by item (ENC-5); every method throws EVENT_INVALID for any other item than its own. */
export class CborReader {
  readonly #bytes: Uint8Array
  #at = 0
  #argument = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Major type 0–7 of the next item; its argument is then in `argument`. Only the shortest head is taken. */
  head(): number {
    const bytes = this.#bytes
    const at = this.#at
    const first = bytes[at]
    if (first === undefined) throw notCanonical('cut short')
    const minor = first & 31
    const major = first >> 5
    if (minor < 24) {
      this.#at = at + 1
      this.#argument = minor
      return major
    }
    if (minor > 27) throw notCanonical('indefinite length')
    if (major === 7) throw notCanonical(minor === 24 ? 'a simple value' : 'a floating point number')
    const end = at + 1 + (1 << (minor - 24))
    if (end > bytes.length) throw notCanonical('cut short')
    let argument = 0
    for (let i = at + 1; i < end; i++) argument = argument * 256 + (bytes[i] ?? 0)
    if (argument < (shortest[minor - 24] ?? 0)) throw notCanonical('a longer head than needed')
    if (argument > Number.MAX_SAFE_INTEGER) throw notCanonical('an integer past 2^53-1')
    this.#at = end
    this.#argument = argument
    return major
  }

  /** Of the head that was read last. */
  get argument(): number {
    return this.#argument
  }

  /** The number of items that must follow. */
  array(): number {
    return this.#expect(4)
  }

  uint(): number {
    return this.#expect(0)
  }

  /** A view, like all bytes here. */
  bytes(): Uint8Array {
    return this.take(this.#expect(2))
  }

  bytesOf(length: number): Uint8Array {
    if (this.#expect(2) !== length) throw notCanonical(`a byte string that has not ${length} bytes`)
    return this.take(length)
  }

  /** Where the bytes begin, which are passed over without a view: of those that are compared or copied one is dear. */
  passBytesOf(length: number): number {
    if (this.#expect(2) !== length) throw notCanonical(`a byte string that has not ${length} bytes`)
    return this.#pass(length)
  }

  /** Where the text begins; its length is then in `argument`, and whether it is UTF-8 is the caller's to see. */
  passText(): number {
    return this.#pass(this.#expect(3))
  }

  text(): string {
    return this.takeText(this.#expect(3))
  }

  /** Skips a null and says so; leaves anything else. */
  skipNull(): boolean {
    if (this.#bytes[this.#at] !== nullItem) return false
    this.#at++
    return true
  }

  take(length: number): Uint8Array {
    const from = this.#pass(length)
    return this.#bytes.subarray(from, this.#at)
  }

  takeText(length: number): string {
    const text = readText(this.take(length))
    if (text === undefined) throw notCanonical('text that is not UTF-8')
    return text
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw notCanonical('bytes after the end')
  }

  #pass(length: number): number {
    const from = this.#at
    if (from + length > this.#bytes.length) throw notCanonical('cut short')
    this.#at = from + length
    return from
  }

  #expect(major: number): number {
    if (this.head() !== major) throw notCanonical(`not ${majors[major]}`)
    return this.#argument
  }
}

export const notCanonical = (what: string): HearthError =>
  new HearthError('EVENT_INVALID', `not canonical CBOR: ${what}`)

const nullItem = 0xf6
/** The least argument of a head with 1, 2, 4 and 8 bytes. */
const shortest: readonly number[] = [24, 0x100, 0x1_0000, 0x1_0000_0000]
const majors: readonly string[] = ['an unsigned integer', 'a negative integer', 'a byte string', 'text', 'an array']
