/** CERT-4: the seals of this node's own feeds, made anew under the key that counts. */
import { decodeBase32 } from '../../spec/base32.ts'
import type { Sha256, Sign } from '../../spec/crypto.ts'
import type { FeedId, NodeId } from '../../spec/ids.ts'
import { decodeSeal, encodeSeal, sealFlush } from '../../spec/seal.ts'
import type { Store } from '../store/store.ts'
import { sealKey } from './keys.ts'
import type { Log } from './log.ts'

export interface ResealComponents {
  readonly store: Pick<Store, 'values' | 'commit'>
  readonly log: Pick<Log, 'sealedFeeds'>
  readonly hash: Sha256
  readonly sign: Sign
}

/**
 * At the same places, over the same hashes, a signature for so many of them at once (SEAL-1). Resolves when they are on
 * disk, with how many there were; done again, it does the same again.
 */
export async function resealOwnFeeds(
  { store, log, hash, sign }: ResealComponents,
  node: NodeId,
): Promise<{ readonly seals: number }> {
  let seals = 0
  for (const { feed, node: origin, head } of log.sealedFeeds()) {
    if (origin !== node) continue
    for (let from = 1; from <= head;) {
      const range = { gte: sealKey(bytesOf(feed), from), lt: sealKey(bytesOf(feed), head + 1), limit: sealsAtOnce }
      const old = (await store.values(range)).map((bytes) => decodeSeal(bytes))
      const last = old.at(-1)
      if (last === undefined) break
      await store.commit(resealed({ hash, sign }, feed, old))
      seals += old.length
      from = last.seq + 1
    }
  }
  return { seals }
}

const resealed = (
  { hash, sign }: Pick<ResealComponents, 'hash' | 'sign'>,
  feed: FeedId,
  old: readonly { readonly seq: number; readonly hash: Uint8Array }[],
) => {
  const made = sealFlush(
    hash,
    sign,
    old.map((seal) => ({ feed, seq: seal.seq, hash: seal.hash })),
  )
  return made.map((seal) => ({
    type: 'put' as const,
    key: sealKey(bytesOf(feed), seal.seq),
    value: encodeSeal(seal),
  }))
}

const bytesOf = (feed: FeedId): Uint8Array => decodeBase32(feed) ?? new Uint8Array()

/** A path of ten siblings at most. */
const sealsAtOnce = 1_024
