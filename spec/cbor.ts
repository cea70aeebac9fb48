/**
 * Deterministic CBOR (RFC 8949 §4.2.1) of a narrow kind (ENC-5): integers up to 2^53-1, byte strings, text,
 * arrays, maps with text keys, booleans and null; nothing else. Every value has exactly one encoding.
 *
 * Written here because cborg's strict mode takes unsorted keys, invalid UTF-8 and any depth, and answers
 * with views of its pool; it is the oracle of the tests.
 */
import { compareBytes, newBytes, type Allocate } from './bytes.ts'
import { CborReader, notCanonical } from './cbor-reader.ts'
import { headSize, nullItem, writeBytes, writeHead, writeTextItem } from './cbor-writer.ts'
import { limits } from './limits.ts'
import { readText, textBytes, textSize } from './utf8.ts'

export type CborValue = number | string | boolean | null | Uint8Array | readonly CborValue[] | CborMap
export interface CborMap {
  readonly [key: string]: CborValue
}

export interface CborLimits {
  /** Default 128 KiB. */
  readonly bytesMax?: number
  /** Default 16. */
  readonly depthMax?: number
}

/**
 * Throws EVENT_INVALID for what ENC-5 does not know: fractions, integers past 2^53-1, undefined, bigints, objects that are
 * not plain, lone surrogates, `__proto__`, more than 16 levels.
 */
export const encodeCbor = (value: CborValue, allocate: Allocate = newBytes): Uint8Array => {
  const bytes = allocate(sizeOf(value, limits.jsonDepthMax))
  writeValue(bytes, 0, value)
  return bytes
}

/**
 * One whole item and nothing after it. Throws EVENT_INVALID: not canonical (ENC-5), too long or too deep (ENC-7). Byte
 * strings are views of the input.
 */
export const decodeCbor = (bytes: Uint8Array, options: CborLimits = {}): CborValue => {
  if (bytes.length > (options.bytesMax ?? limits.eventBytesMax)) throw notCanonical('too long')
  const reader = new CborReader(bytes)
  const value = readValue(reader, options.depthMax ?? limits.jsonDepthMax)
  reader.end()
  return value
}

const sizeOf = (value: unknown, depth: number): number => {
  if (typeof value === 'string') return sizeOfText(value)
  if (value === null || typeof value === 'boolean') return 1
  if (value instanceof Uint8Array) return headSize(value.length) + value.length
  if (typeof value === 'object') return sizeOfMany(value, nested(depth))
  if (!Number.isSafeInteger(value)) throw notCanonical('a value that is no safe integer and nothing else that is known')
  return headSize(Number(value) < 0 ? -1 - Number(value) : Number(value))
}

const sizeOfText = (text: string): number => {
  const size = textSize(text)
  if (size < 0) throw notCanonical('a lone surrogate')
  return headSize(size) + size
}

const sizeOfMany = (value: object, depth: number): number => {
  if (Array.isArray(value)) {
    let size = headSize(value.length)
    for (const item of value) size += sizeOf(item, depth)
    return size
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw notCanonical('an object that is not plain')
  const entries = Object.entries(value)
  let size = headSize(entries.length)
  for (const [key, item] of entries) {
    if (key === '__proto__') throw notCanonical('a key named __proto__')
    size += sizeOfText(key) + sizeOf(item, depth)
  }
  return size
}

/** `sizeOf` has checked the value. */
const writeValue = (target: Uint8Array, at: number, value: CborValue): number => {
  if (typeof value === 'number') {
    return value < 0 ? writeHead(target, at, 0x20, -1 - value) : writeHead(target, at, 0x00, value)
  }
  if (typeof value === 'string') return writeTextItem(target, at, value, textSize(value))
  if (value === null || typeof value === 'boolean') {
    target[at] = value === null ? nullItem : value ? 0xf5 : 0xf4
    return at + 1
  }
  if (value instanceof Uint8Array) return writeBytes(target, at, value)
  if (isArray(value)) {
    let end = writeHead(target, at, 0x80, value.length)
    for (const item of value) end = writeValue(target, end, item)
    return end
  }
  return writeMap(target, at, value)
}

/** ENC-6: keys ascend by their encoded bytes: the shorter first, for their length is in the head. */
const writeMap = (target: Uint8Array, at: number, map: CborMap): number => {
  const entries = Object.entries(map).map(([key, item]) => ({ key, bytes: textBytes(key), item }))
  entries.sort((a, b) => compareKeys(a.bytes, b.bytes))
  let end = writeHead(target, at, 0xa0, entries.length)
  for (const { key, bytes, item } of entries) {
    end = writeTextItem(target, end, key, bytes.length)
    end = writeValue(target, end, item)
  }
  return end
}

const readValue = (reader: CborReader, depth: number): CborValue => {
  switch (reader.head()) {
    case 0:
      return reader.argument
    case 1:
      if (reader.argument === Number.MAX_SAFE_INTEGER) throw notCanonical('an integer past 2^53-1')
      return -1 - reader.argument
    case 2:
      return reader.take(reader.argument)
    case 3:
      return reader.takeText(reader.argument)
    case 4:
      return readArray(reader, nested(depth))
    case 5:
      return readMap(reader, nested(depth))
    case 6:
      throw notCanonical('a tag')
    default:
      return readSimple(reader.argument)
  }
}

const readArray = (reader: CborReader, depth: number): CborValue => {
  const length = reader.argument
  const items: CborValue[] = []
  for (let i = 0; i < length; i++) items.push(readValue(reader, depth))
  return items
}

/** ENC-6: keys are text, ascend, and occur once. */
const readMap = (reader: CborReader, depth: number): CborValue => {
  const length = reader.argument
  const map: Record<string, CborValue> = {}
  let last: Uint8Array | undefined
  for (let i = 0; i < length; i++) {
    if (reader.head() !== 3) throw notCanonical('a key that is not text')
    const key = reader.take(reader.argument)
    if (last !== undefined && compareKeys(last, key) >= 0) throw notCanonical('keys out of order')
    last = key
    const name = readKey(key)
    map[name] = readValue(reader, depth)
  }
  return map
}

const readKey = (bytes: Uint8Array): string => {
  const key = readText(bytes)
  if (key === undefined) throw notCanonical('text that is not UTF-8')
  if (key === '__proto__') throw notCanonical('a key named __proto__')
  return key
}

const readSimple = (argument: number): CborValue => {
  if (argument === 20) return false
  if (argument === 21) return true
  if (argument === 22) return null
  throw notCanonical('a simple value')
}

const nested = (depth: number): number => {
  if (depth === 0) throw notCanonical('nested too deeply')
  return depth - 1
}

const compareKeys = (a: Uint8Array, b: Uint8Array): number => a.length - b.length || compareBytes(a, b)

const isArray = (value: readonly CborValue[] | CborMap): value is readonly CborValue[] => Array.isArray(value)
