/**
 * Seals (spec/feed.md): one Ed25519 signature per flush, over the root of a Merkle tree whose leaves are the new heads
 * of all feeds that the flush wrote. The seal of one feed is its leaf, the path to the root, and the signature.
 */
import { decodeBase32Into } from './base32.ts'
import { compareBytes, concatBytes, writeUint64 } from './bytes.ts'
import { CborReader } from './cbor-reader.ts'
import { encodeCbor } from './cbor.ts'
import type { Sha256, Sign, Verify } from './crypto.ts'
import { isStrictPublicKey, isStrictSignature } from './ed25519.ts'
import { HearthError } from './errors.ts'
import type { FeedPoint } from './feed.ts'
import { limits } from './limits.ts'
import { textBytes } from './utf8.ts'

/** SEAL-4: covers the event `seq` of its feed, and through the chain every earlier one. */
export interface Seal {
  readonly seq: number
  readonly hash: Uint8Array
  /** Hashes of the siblings from the leaf up; empty when the flush wrote one feed. */
  readonly path: readonly Uint8Array[]
  readonly signature: Uint8Array
}

/** SEAL-1 to SEAL-3: seals for the heads of a flush, in their order; one call of `sign`. */
export const sealFlush = (sha256: Sha256, sign: Sign, heads: readonly FeedPoint[]): Seal[] => {
  if (heads.length === 0) return []
  const { root, paths } = merkleTree(
    sha256,
    heads.map((head) => leafHash(sha256, head)),
  )
  const signature = sign(sealMessage(root))
  return heads.map(({ seq, hash }, i) => ({ seq, hash, path: paths[i] ?? [], signature }))
}

/** SEAL-5: is this the signature of `publicKey` (the node's hot key) over this point of the feed? */
export const verifySeal = (
  sha256: Sha256,
  verify: Verify,
  publicKey: Uint8Array,
  sealed: { readonly feed: FeedPoint['feed']; readonly seal: Seal },
): boolean => {
  const { feed, seal } = sealed
  if (!isStrictPublicKey(publicKey) || !isStrictSignature(seal.signature)) return false // SEAL-10
  let root = leafHash(sha256, { feed, seq: seal.seq, hash: seal.hash })
  for (const sibling of seal.path) root = nodeHash(sha256, root, sibling)
  return verify(publicKey, sealMessage(root), seal.signature)
}

/** SEAL-4: CBOR [seq, hash, path, signature]. */
export const encodeSeal = ({ seq, hash, path, signature }: Seal): Uint8Array => encodeCbor([seq, hash, path, signature])

/** Throws SEAL_INVALID for anything but the one encoding of SEAL-4, or a path longer than 16 (SEAL-6). */
export const decodeSeal = (bytes: Uint8Array): Seal => {
  try {
    const reader = new CborReader(bytes)
    if (reader.array() !== 4) throw invalid('it has not four fields')
    const seq = reader.uint()
    if (seq < 1) throw invalid('the sequence number is not positive')
    const hash = reader.bytesOf(32)
    const length = reader.array()
    if (length > limits.sealPathMax) throw invalid('the path is too long')
    const path = Array.from({ length }, () => reader.bytesOf(32))
    const signature = reader.bytesOf(64)
    reader.end()
    return { seq, hash, path, signature }
  } catch (cause) {
    if (cause instanceof HearthError && cause.code === 'SEAL_INVALID') throw cause
    throw new HearthError('SEAL_INVALID', 'the seal does not decode', { cause })
  }
}

/** SEAL-1: SHA-256(0x00 ‖ feed ‖ seq as 8 bytes, big-endian ‖ hash). */
const leafHash = (sha256: Sha256, { feed, seq, hash }: FeedPoint): Uint8Array => {
  const leaf = new Uint8Array(1 + 16 + 8 + 32)
  decodeBase32Into(leaf, 1, feed)
  writeUint64(leaf, 17, seq)
  leaf.set(hash, 25)
  return sha256(leaf)
}

/** SEAL-2: SHA-256(0x01 ‖ the lesser ‖ the greater): sorted, so that a path needs no sides. */
const nodeHash = (sha256: Sha256, a: Uint8Array, b: Uint8Array): Uint8Array => {
  const node = new Uint8Array(1 + 32 + 32)
  node[0] = 1
  const sorted = compareBytes(a, b) <= 0
  node.set(sorted ? a : b, 1)
  node.set(sorted ? b : a, 33)
  return sha256(node)
}

/** SEAL-2: neighbours are paired level by level; an odd last one goes up as it is and adds nothing to its paths. */
const merkleTree = (
  sha256: Sha256,
  leaves: readonly Uint8Array[],
): { readonly root: Uint8Array; readonly paths: readonly Uint8Array[][] } => {
  const paths = leaves.map((): Uint8Array[] => [])
  let level = leaves
  for (let width = 1; level.length > 1; width *= 2) {
    const nodes = level
    paths.forEach((path, leaf) => {
      const sibling = nodes[Math.floor(leaf / width) ^ 1]
      if (sibling !== undefined) path.push(sibling)
    })
    level = Array.from({ length: Math.ceil(nodes.length / 2) }, (_, i) => {
      const left = nodes[2 * i] as Uint8Array
      const right = nodes[2 * i + 1]
      return right === undefined ? left : nodeHash(sha256, left, right)
    })
  }
  return { root: level[0] as Uint8Array, paths }
}

/** SEAL-3: what is signed. */
const sealMessage = (root: Uint8Array): Uint8Array => concatBytes(sealDomain, root)

const sealDomain = textBytes('hearth-seal-1')

const invalid = (what: string): HearthError => new HearthError('SEAL_INVALID', `the seal does not decode: ${what}`)
