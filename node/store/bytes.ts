/** Bytewise order, a prefix first: the order of keys in every store. */
export const compare = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b)

/** The first key that does not start with `prefix`: the exclusive end of its range. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  const end = Uint8Array.from(prefix)
  for (let at = end.length - 1; at >= 0; at--) {
    const byte = end[at] ?? 0
    if (byte < 255) {
      end[at] = byte + 1
      return end.subarray(0, at + 1)
    }
  }
  throw new RangeError('a prefix of 255s has no end')
}
