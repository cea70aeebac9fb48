/**
 * Where encoders get their output from. A node passes `Buffer.allocUnsafe`, whose pool is eight times as fast as
 * `new Uint8Array` above 64 bytes. What it gives may hold anything: every byte is written.
 */
export type Allocate = (bytes: number) => Uint8Array

export const newBytes: Allocate = (bytes) => new Uint8Array(bytes)

/** The same bytes again and again, for what is read before the next are wanted. */
export const createScratch = (): Allocate => {
  let bytes = newBytes(0)
  return (length) => {
    if (bytes.length < length) bytes = newBytes(2 * length)
    return bytes.subarray(0, length)
  }
}

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Byte by byte, the shorter first when it is the beginning of the other. */
export const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export const concatBytes = (...parts: readonly Uint8Array[]): Uint8Array => {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Big-endian, 8 bytes, for a safe integer. */
export const writeUint64 = (target: Uint8Array, offset: number, value: number): void => {
  writeUint32(target, offset, Math.floor(value / 0x1_0000_0000))
  writeUint32(target, offset + 4, value % 0x1_0000_0000)
}

export const writeUint32 = (target: Uint8Array, offset: number, value: number): void => {
  target[offset] = value >>> 24
  target[offset + 1] = value >>> 16
  target[offset + 2] = value >>> 8
  target[offset + 3] = value
}

/** From `from` up to `end`: without a call out of JavaScript, for what is as short as that. */
export const copyPart = (target: Uint8Array, at: number, source: Uint8Array, from: number, end: number): void => {
  for (let i = from; i < end; i++) target[at++] = source[i] ?? 0
}

/** Hashes and ids are shorter than what a call of `set` costs. */
export const copyBytes = (target: Uint8Array, at: number, source: Uint8Array): void => {
  if (source.length > 32) target.set(source, at)
  else for (let i = 0; i < source.length; i++) target[at + i] = source[i] ?? 0
}
