/** Lower-case hexadecimal (ENC-3): epochs, hashes in what people read. */
export const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const refused = 0xff
const values = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code))
  return value < 0 ? refused : value
})

/** The value of one digit; over 15 when it is none. */
export const hexValue = (text: string, at: number): number => values[text.charCodeAt(at)] ?? refused

export const encodeHex = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += hexPairs[byte]
  return text
}

/** Of `length` bytes that begin at `at`, without a view of them. */
export const hexOf = (bytes: Uint8Array, at: number, length: number): string => {
  let text = ''
  for (let i = at; i < at + length; i++) text += hexPairs[bytes[i] ?? 0]
  return text
}

/** Strict: lower case only, an even number of digits. */
export const decodeHex = (text: string): Uint8Array | undefined => {
  if (text.length % 2 !== 0) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const byte = (hexValue(text, 2 * i) << 4) | hexValue(text, 2 * i + 1)
    if (byte > 0xff || hexValue(text, 2 * i + 1) > 15) return undefined
    bytes[i] = byte
  }
  return bytes
}
