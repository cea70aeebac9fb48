import type { EventId } from '../../spec/ids.ts'

/**
 * How safe an own message is: `stored` on the disk of one's node, which the PUBACK says, or `replicated` on that of
 * another node as well, so that it outlives the first (SYNC-8).
 */
export type Mark = 'stored' | 'replicated'

/** What the node has told about own messages. */
export interface Receipts {
  /** Of these own messages, those that nobody is known to have besides one's node. */
  missing(ids: readonly EventId[]): readonly EventId[]
  /** As it was told, kept, or asked for. True when it is news. */
  take(id: EventId, nodes: number): boolean
  /** Other nodes that have it on disk; undefined: none was told. */
  nodes(id: EventId): number | undefined
}

/** Of too many the oldest are forgotten. */
export const createReceipts = ({ receiptsMax = 5_000 }: { readonly receiptsMax?: number } = {}): Receipts => {
  const known = new Map<EventId, number>()

  const take = (id: EventId, nodes: number): boolean => {
    if ((known.get(id) ?? 0) >= nodes) return false
    known.delete(id)
    known.set(id, nodes)
    for (const oldest of known.keys()) {
      if (known.size <= receiptsMax) break
      known.delete(oldest)
    }
    return true
  }

  return {
    missing: (ids) => ids.filter((id) => !known.has(id)),
    take,
    nodes: (id) => known.get(id),
  }
}
