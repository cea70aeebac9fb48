/** Other people's code, so that a vector never only repeats ours: node:crypto, cborg, tweetnacl. */
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto'
import { encode, rfc8949EncodeOptions } from 'cborg'
import nacl from 'tweetnacl'

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
export const cbor = (value: unknown): Uint8Array => new Uint8Array(encode(value, rfc8949EncodeOptions))

/** Repeatable bytes: the same file each time that the vectors are made. */
export const sample = (name: string, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let at = 0, block = 0; at < length; at += 32, block++) {
    bytes.set(sha256(Buffer.from(`${name} ${block}`)).subarray(0, length - at), at)
  }
  return bytes
}

export const signer = (name: string): { publicKey: Uint8Array; sign: (message: Uint8Array) => Uint8Array } => {
  const { publicKey, secretKey } = nacl.sign.keyPair.fromSeed(sample(name, 32))
  return { publicKey, sign: (message) => nacl.sign.detached(message, secretKey) }
}

/** node:crypto's: not the one that signed. */
export const verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
  const key = Buffer.concat([unhex('302a300506032b6570032100'), publicKey])
  return verifySignature(null, message, createPublicKey({ key, format: 'der', type: 'spki' }), signature)
}

export const uuid = (bytes: Uint8Array): string =>
  hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** RFC 4648 letters, by big integers. */
export const base32 = (bytes: Uint8Array): string => {
  const length = Math.ceil((bytes.length * 8) / 5)
  let value = BigInt(`0x0${hex(bytes)}`) << BigInt(length * 5 - bytes.length * 8)
  let text = ''
  for (let i = 0; i < length; i++) {
    text = 'abcdefghijklmnopqrstuvwxyz234567'.charAt(Number(value & 31n)) + text
    value >>= 5n
  }
  return text
}

/** Version 7 layout by big integers (ID-4). */
export const eventId = (ms: number, counter: number, feed: Uint8Array): Uint8Array => {
  const tail = BigInt(`0x${hex(sha256(feed))}`) >> (256n - 62n)
  const value = (BigInt(ms) << 80n) | (7n << 76n) | (BigInt(counter) << 64n) | (2n << 62n) | tail
  return unhex(value.toString(16).padStart(32, '0'))
}
