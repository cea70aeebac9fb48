/** JSON from outside (ENC-8 to ENC-12): limits are checked on the bytes, before anything is built. */
import { HearthError } from './errors.ts'
import { limits } from './limits.ts'
import { readText } from './utf8.ts'

/**
 * One JSON document of at most 64 KiB and 16 levels in strict UTF-8. Lone surrogates, keys named `__proto__` and numbers
 * past the range of a double are refused. Throws PACKET_TOO_LARGE, NOT_UTF8, JSON_TOO_DEEP or JSON_INVALID.
 */
export const decodeJson = (bytes: Uint8Array): unknown => {
  if (bytes.length > limits.packetBytesMax) {
    throw new HearthError(
      'PACKET_TOO_LARGE',
      `the JSON has ${bytes.length} bytes, ${limits.packetBytesMax} are allowed`,
    )
  }
  if (isTooDeep(bytes)) throw new HearthError('JSON_TOO_DEEP', `the JSON has over ${limits.jsonDepthMax} levels`)
  const text = readText(bytes)
  if (text === undefined) throw new HearthError('NOT_UTF8')
  const value = parse(text)
  refuseOddities(value)
  return value
}

/** Counts brackets outside of strings; every byte of a longer UTF-8 sequence is over 0x7f, so it meets none of these. */
const isTooDeep = (bytes: Uint8Array): boolean => {
  let depth = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) {
      for (i++; i < bytes.length && bytes[i] !== quote; i++) if (bytes[i] === backslash) i++
    } else if (byte === openBrace || byte === openBracket) {
      if (++depth > limits.jsonDepthMax) return true
    } else if (byte === closeBrace || byte === closeBracket) depth--
  }
  return false
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HearthError('JSON_INVALID', 'the payload is not valid JSON', { cause })
  }
}

/** What JSON.parse takes and nobody here wants. */
const refuseOddities = (value: unknown): void => {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new HearthError('NOT_UTF8', 'a string holds half a surrogate pair') // ENC-10
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new HearthError('JSON_INVALID', 'a number is too large') // ENC-12
  } else if (Array.isArray(value)) {
    for (const item of value) refuseOddities(item)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (key === '__proto__') throw new HearthError('JSON_INVALID', 'a key is named __proto__') // ENC-11
      refuseOddities(key)
      refuseOddities(item)
    }
  }
}

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
