/**
 * `replicated`, for the sender: another node has the message on its disk, so it is not lost when this one burns. Told twice
 * at most: when the first node has it, and when all have it that serve the channel.
 */
import type { Sync } from '../../federation/sync/components.ts'
import type { ChannelId, EventId, FeedId, MemberId, NodeId, UserName } from '../../spec/ids.ts'
import type { Entry, Log } from '../log/log.ts'

export interface Receipt {
  readonly channel: ChannelId
  readonly id: EventId
  /** How many other nodes have it on disk. */
  readonly nodes: number
}

export interface ReceiptsComponents {
  readonly log: Pick<Log, 'onCommitted'>
  readonly sync: Pick<Sync, 'onReplicated'>
  /** Other nodes that serve a channel. */
  readonly peersOf: (channel: ChannelId) => readonly NodeId[]
  readonly userOf: (member: MemberId) => UserName | undefined
  readonly tell: (user: UserName, receipt: Receipt) => void
}

interface Sent {
  readonly entry: Pick<Entry, 'id' | 'channel' | 'seq' | 'member'>
  readonly by: Set<NodeId>
}

/** Returns the stop. Of messages that nobody confirms for long, the oldest are forgotten: nothing is stored about them. */
export const followReceipts = (components: ReceiptsComponents, nodeId: NodeId): (() => void) => {
  const { log, sync, peersOf, userOf, tell } = components
  /** By feed, ascending by sequence number. */
  const waiting = new Map<FeedId, Sent[]>()

  const stopLog = log.onCommitted((entries) => {
    for (const entry of entries) {
      if (entry.node !== nodeId || entry.type !== 'msg' || peersOf(entry.channel).length === 0) continue
      const { id, channel, seq, member } = entry
      let sent = waiting.get(entry.feed)
      if (sent === undefined) waiting.set(entry.feed, (sent = []))
      sent.push({ entry: { id, channel, seq, member }, by: new Set() })
      if (sent.length > perFeedMax) sent.splice(0, sent.length - perFeedMax)
    }
  })

  const confirm = ({ entry, by }: Sent, node: NodeId): void => {
    if (by.has(node)) return
    by.add(node)
    const isFirst = by.size === 1
    const isLast = by.size >= peersOf(entry.channel).length
    const user = isFirst || isLast ? userOf(entry.member) : undefined
    if (user !== undefined) tell(user, { channel: entry.channel, id: entry.id, nodes: by.size })
  }

  const stopSync = sync.onReplicated((feed, seq, by) => {
    const sent = waiting.get(feed)
    if (sent === undefined) return
    for (const one of sent) {
      if (one.entry.seq > seq) break
      confirm(one, by)
    }
    const rest = sent.filter((one) => one.by.size < peersOf(one.entry.channel).length)
    if (rest.length === 0) waiting.delete(feed)
    else waiting.set(feed, rest)
  })

  return () => {
    stopLog()
    stopSync()
  }
}

const perFeedMax = 10_000
