import { equalBytes } from '../../spec/bytes.ts'
import type { NodeId } from '../../spec/ids.ts'

/** What both ends of a connection know of it alike. */
export interface Line {
  readonly dialledBy: NodeId
  readonly relayed: boolean
  /** The peer's. */
  readonly session: Uint8Array
}

/**
 * LINK-12: of two connections between two nodes, does the later take the place of the earlier? Both ends decide alike,
 * whichever came first at each: after a restart the new one; a direct one before a relayed one; of two dials by one
 * node the later, which it would not make beside one that works; of two that crossed, that of the smaller node id.
 */
export const takesOver = (self: NodeId, peer: NodeId, earlier: Line, later: Line): boolean => {
  if (!equalBytes(earlier.session, later.session)) return true
  if (earlier.relayed !== later.relayed) return earlier.relayed
  if (earlier.dialledBy === later.dialledBy) return true
  return later.dialledBy === (self < peer ? self : peer)
}
