/** SYNC-11: is this a proof that the origin of a feed wrote two different events with one number? */
import { equalBytes } from '../bytes.ts'
import type { Sha256 } from '../crypto.ts'
import { HearthError } from '../errors.ts'
import { decodeHeader, hashEvent } from '../event.ts'
import { feedIdOf } from '../feed.ts'
import type { FeedId } from '../ids.ts'
import type { Seal } from '../seal.ts'
import type { Branch, ForkFrame } from './frames.ts'

/**
 * Both branches begin with `from`, differ there, are linked to their ends, and each ends in a seal that `isSealed` says is
 * the origin's.
 */
export const isFork = (
  sha256: Sha256,
  { origin, from, branches }: Pick<ForkFrame, 'origin' | 'from' | 'branches'>,
  isSealed: (feed: FeedId, seal: Seal) => boolean,
): boolean => {
  const feed = feedIdOf(sha256, origin)
  const starts = branches.map((branch) => {
    const hashes = linkedHashes(sha256, feed, from, branch)
    return hashes !== undefined && isSealed(feed, branch.seal) ? hashes[0] : undefined
  })
  const [one, other] = starts
  return one !== undefined && other !== undefined && !equalBytes(one, other)
}

/** Hashes of the headers, if they are a chain of this feed that ends in the seal. */
const linkedHashes = (sha256: Sha256, feed: FeedId, from: number, branch: Branch): Uint8Array[] | undefined => {
  const hashes: Uint8Array[] = []
  for (const bytes of branch.headers) {
    const header = headerOf(bytes)
    const before = hashes.at(-1)
    if (header?.feed !== feed || header.seq !== from + hashes.length) return undefined
    if (before !== undefined && !equalBytes(before, header.prevHash)) return undefined
    hashes.push(hashEvent(sha256, bytes))
  }
  const last = hashes.at(-1)
  const isEnd = branch.seal.seq === from + hashes.length - 1 && last !== undefined && equalBytes(branch.seal.hash, last)
  return isEnd ? hashes : undefined
}

const headerOf = (bytes: Uint8Array) => {
  try {
    return decodeHeader(bytes)
  } catch (error) {
    if (error instanceof HearthError) return undefined
    throw error
  }
}
