import { timingSafeEqual } from 'node:crypto'
import { decodeBase32, encodeBase32 } from '../../spec/base32.ts'
import { textBytes } from '../../spec/utf8.ts'
import { sha256 } from '../crypto.ts'

/**
 * ACC-11: a random secret needs no slow hash. Kept is its SHA-256; found by an id that is not secret,
 * compared in constant time.
 */
export const digestOf = (secret: string): string => encodeBase32(sha256(textBytes(secret)))

export const hasDigest = (secret: string, digest: string): boolean => {
  const stored = decodeBase32(digest)
  return stored?.length === 32 && timingSafeEqual(sha256(textBytes(secret)), stored)
}
