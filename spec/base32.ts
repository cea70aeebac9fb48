/** Base32 as RFC 4648 §6 has it, lower case, without padding (ENC-1). */
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** Ten bits at a time: 1,024 pairs of letters. */
const pairs: readonly string[] = Array.from(
  { length: 1024 },
  (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31),
)

const refused = 0xff
const values = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = alphabet.indexOf(String.fromCharCode(code))
  return value < 0 ? refused : value
})

export const encodeBase32 = (bytes: Uint8Array): string => {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    bits = (bits << 8) | byte
    held += 8
    if (held >= 10) {
      held -= 10
      text += pairs[bits >> held]
      bits &= (1 << held) - 1
    }
  }
  if (held > 5) text += pairs[bits << (10 - held)]
  else if (held > 0) text += alphabet.charAt(bits << (5 - held))
  return text
}

/**
 * Strict: upper case, padding, white space, a length that no byte string has and left-over bits that are
 * not zero are refused (ENC-2), so that every byte string has exactly one text.
 */
export const decodeBase32 = (text: string): Uint8Array | undefined => {
  const bytes = new Uint8Array((text.length * 5) >> 3)
  return decodeBase32Into(bytes, 0, text) ? bytes : undefined
}

/** Writes `floor(text.length * 5 / 8)` bytes at `offset`. False: refused, and what was written means nothing. */
export const decodeBase32Into = (target: Uint8Array, offset: number, text: string): boolean => {
  let bits = 0
  let held = 0
  let at = offset
  let all = 0
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i)] ?? refused
    all |= value
    bits = (bits << 5) | value
    held += 5
    if (held >= 8) {
      held -= 8
      target[at++] = bits >> held
      bits &= (1 << held) - 1
    }
  }
  return all < 32 && held < 5 && bits === 0
}
