/** `node:crypto` behind the three functions that `spec/` asks for. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify, type KeyObject } from 'node:crypto'
import type { Sha256, Sign, Verify } from '../spec/crypto.ts'
import { isStrictPublicKey, isStrictSignature } from '../spec/ed25519.ts'

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex')
const rawKeyBytes = 32
/** Parsed public keys kept: one for each node and device that is heard. */
const publicKeysMax = 1_024
/** Signatures that held, kept: the seals of one flush share theirs (SEAL-3), and come one feed after another. */
const heldMax = 64
const heldBytesMax = 256

/**
 * Through a string of bytes, because making the answer a Buffer inside OpenSSL's binding costs three times as much as
 * the hash.
 */
export const sha256: Sha256 = (bytes) => Buffer.from(hash('sha256', bytes, 'binary'), 'latin1')

export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 32 bytes: the secret. Written to a key file, never to a log. */
  readonly seed: Uint8Array
  readonly sign: Sign
}

/** An Ed25519 key from its 32-byte seed, or a fresh one. */
export const createSigningKey = (seed?: Uint8Array): SigningKey => {
  const key = seed === undefined ? generateKeyPairSync('ed25519').privateKey : parseSeed(seed)
  return {
    publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-rawKeyBytes),
    seed: key.export({ format: 'der', type: 'pkcs8' }).subarray(-rawKeyBytes),
    sign: (message) => sign(null, message, key),
  }
}

/**
 * Ed25519 as `spec/ed25519.ts` wants it: small-order and non-canonical keys and signatures are refused first
 * (SEAL-5), then `node:crypto` decides. Parsed keys are kept, oldest dropped; and of the same key, message and signature
 * it is known for a while that they hold.
 */
export const createVerify = (): Verify => {
  const keys = new Map<string, KeyObject>()
  const parsed = (publicKey: Uint8Array): KeyObject => {
    const name = Buffer.from(publicKey).toString('latin1')
    const known = keys.get(name)
    if (known !== undefined) return known
    const key = createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: 'der', type: 'spki' })
    const [oldest] = keys.keys()
    if (keys.size >= publicKeysMax && oldest !== undefined) keys.delete(oldest)
    keys.set(name, key)
    return key
  }
  const held = new Set<string>()
  return (publicKey, message, signature) => {
    if (!isStrictPublicKey(publicKey) || !isStrictSignature(signature)) return false
    // Key and signature have fixed lengths, so that no other three make the same name.
    const name = Buffer.concat([publicKey, signature, message]).toString('latin1')
    if (held.has(name)) return true
    if (!verify(null, message, parsed(publicKey), signature)) return false
    if (message.length > heldBytesMax) return true
    const [oldest] = held
    if (held.size >= heldMax && oldest !== undefined) held.delete(oldest)
    held.add(name)
    return true
  }
}

const parseSeed = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
