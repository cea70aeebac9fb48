import type { EventId } from '../../spec/ids.ts'
import { isEventId } from '../../spec/event-id.ts'
import { fieldOf } from './named-error.ts'

/**
 * How safe an own message is: `stored` on the disk of one's node, which the PUBACK says, or `replicated` on that of
 * another node as well, so that it outlives the first (SYNC-8).
 */
export type Mark = 'stored' | 'replicated'

/** What the node has told about own messages. */
export interface Receipts {
  /** Takes a message of `u/{me}/inbox`; the event that it is about, if that is news. */
  onInbox(message: unknown): EventId | undefined
  /** Of these own messages, those that nobody is known to have besides one's node. */
  missing(ids: readonly EventId[]): readonly EventId[]
  /** From what was kept, or asked for. True when it is news. */
  restore(id: EventId, nodes: number): boolean
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
    onInbox: (message) => {
      const id = fieldOf(message, 'id')
      const nodes = fieldOf(message, 'nodes')
      if (fieldOf(message, 'type') !== 'replicated' || typeof id !== 'string' || !isEventId(id)) return undefined
      if (typeof nodes !== 'number' || !Number.isSafeInteger(nodes) || nodes < 1) return undefined
      return take(id, nodes) ? id : undefined
    },
    missing: (ids) => ids.filter((id) => !known.has(id)),
    restore: take,
    nodes: (id) => known.get(id),
  }
}
