import { hexPairs, hexValue } from './hex.ts'

/** UUID text of 16 bytes at `offset`: 8-4-4-4-12 lower-case digits (RFC 9562 §4, ENC-4). */
export const formatUuid = (bytes: Uint8Array, offset: number = 0): string => {
  const pair = (i: number): string => hexPairs[bytes[offset + i] ?? 0] ?? ''
  return (
    `${pair(0)}${pair(1)}${pair(2)}${pair(3)}-${pair(4)}${pair(5)}-${pair(6)}${pair(7)}-` +
    `${pair(8)}${pair(9)}-${pair(10)}${pair(11)}${pair(12)}${pair(13)}${pair(14)}${pair(15)}`
  )
}

/** Any version; strict in form: 36 characters, lower case, dashes in their places, variant 10 (ENC-4). */
export const parseUuid = (text: string): Uint8Array | undefined => {
  const bytes = new Uint8Array(16)
  return parseUuidInto(bytes, 0, text) ? bytes : undefined
}

/** Writes 16 bytes at `offset`. False: refused, and what was written means nothing. */
export const parseUuidInto = (target: Uint8Array, offset: number, text: string): boolean => {
  if (text.length !== 36) return false
  let all =
    (dash ^ text.charCodeAt(8)) |
    (dash ^ text.charCodeAt(13)) |
    (dash ^ text.charCodeAt(18)) |
    (dash ^ text.charCodeAt(23))
  for (let i = 0; i < 16; i++) {
    const at = places[i] ?? 0
    const high = hexValue(text, at)
    const low = hexValue(text, at + 1)
    all |= (high | low) & 0xf0
    target[offset + i] = (high << 4) | low
  }
  return all === 0 && ((target[offset + 8] ?? 0) & 0xc0) === 0x80
}

/** Where the two digits of each byte begin. */
const places = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34)
const dash = 0x2d
