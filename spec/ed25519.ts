/**
 * What Ed25519 verifiers disagree about, decided before they are asked (SEAL-7 to SEAL-10). RFC 8032 leaves
 * small-order points and non-canonical encodings open; tweetnacl also takes S ≥ L. All of them are refused.
 */

/** 32 bytes, y < p, and not of small order. */
export const isStrictPublicKey = (key: Uint8Array): boolean => key.length === 32 && isStrictPoint(key)

/** 64 bytes, R as strict as a public key, S < L. */
export const isStrictSignature = (signature: Uint8Array): boolean =>
  signature.length === 64 && isStrictPoint(signature) && compare(signature, 32, orderL, 0xff) < 0

/** The first 32 bytes: y, little-endian, under the sign of x in the topmost bit. */
const isStrictPoint = (bytes: Uint8Array): boolean =>
  compare(bytes, 0, primeP, 0x7f) < 0 && smallOrderY.every((y) => compare(bytes, 0, y, 0x7f) !== 0)

/** Compares 32 little-endian bytes at `offset` to `bound`, the topmost of them masked. */
const compare = (bytes: Uint8Array, offset: number, bound: Uint8Array, topMask: number): number => {
  for (let i = 31; i >= 0; i--) {
    const byte = (bytes[offset + i] ?? 0) & (i === 31 ? topMask : 0xff)
    const difference = byte - (bound[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

const littleEndian = (hex: string): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(62 - 2 * i, 64 - 2 * i), 16))

/** p = 2^255 - 19 */
const primeP = littleEndian('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed')
/** L = 2^252 + 27742317777372353535851937790883648493 */
const orderL = littleEndian('1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed')

/** The y of the eight points of small order, each with either sign: 1 (order 1), -1 (2), 0 (4) and two of order 8. */
const smallOrderY: readonly Uint8Array[] = [
  littleEndian('0000000000000000000000000000000000000000000000000000000000000000'),
  littleEndian('0000000000000000000000000000000000000000000000000000000000000001'),
  littleEndian('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec'),
  littleEndian('05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826'),
  littleEndian('7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7'),
]
