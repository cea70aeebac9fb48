import { z } from 'zod'
import { readProof } from '../../federation/sync/forks.ts'
import { feedIdOf } from '../../spec/feed.ts'
import type { FeedId } from '../../spec/ids.ts'
import { sha256 } from '../crypto.ts'
import { createRecords } from '../store/records.ts'
import type { Store } from '../store/store.ts'

export interface Proofs {
  all(): readonly Uint8Array[]
  keep(feed: FeedId, proof: Uint8Array): Promise<void>
}

/** Which feeds they are of, and from where those count for nothing. They were checked when they were kept. */
export const provenForks = (proofs: readonly Uint8Array[]): { readonly feed: FeedId; readonly at: number }[] =>
  proofs.flatMap((bytes) => {
    const proof = readProof(bytes)
    return proof === undefined ? [] : [{ feed: feedIdOf(sha256, proof.origin), at: proof.from }]
  })

/** Proofs that a node wrote two histories (SYNC-11), one of each feed, across starts. */
export async function openProofs(store: Store): Promise<Proofs> {
  const table = await createRecords(store, 'equivocations', z.string())
  return {
    all: () => [...table.all()].map(([, text]) => Buffer.from(text, 'base64')),
    // What the disk does not take is proven again by whoever proved it first.
    keep: (feed, proof) => table.put(feed, Buffer.from(proof).toString('base64')).catch(() => undefined),
  }
}
