import { messageReceipts } from '../../spec/calls/message.receipts.ts'
import type { FeedId, NodeId } from '../../spec/ids.ts'
import { answer, type CallHandler } from '../calls.ts'
import type { Ingest } from '../ingest.ts'
import type { Log } from '../log/log.ts'
import { findChannelOf, requireRead, type Finding } from '../messages/places.ts'

export interface ReceiptCallsParts {
  readonly log: Pick<Log, 'entries'>
  readonly ingest: Pick<Ingest, 'allows'>
  readonly servers: Finding
  /** How many other nodes have a feed of this one up to that event. */
  readonly holders: (feed: FeedId, seq: number) => number
}

export const receiptCalls = (
  { log, ingest, servers, holders }: ReceiptCallsParts,
  { nodeId }: { readonly nodeId: NodeId },
): CallHandler[] => [
  answer(messageReceipts, async (principal, { channel: name, ids }) => {
    const channel = findChannelOf(servers, principal.user, name)
    requireRead(ingest, principal, channel.id)
    const own = (await log.entries(channel.id, ids)).filter(({ node, type }) => node === nodeId && type === 'msg')
    return {
      messages: own.flatMap(({ id, feed, seq }) => {
        const nodes = holders(feed, seq)
        return nodes > 0 ? [{ id, nodes }] : []
      }),
    }
  }),
]
