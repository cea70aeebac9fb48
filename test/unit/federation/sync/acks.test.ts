import assert from 'node:assert/strict'
import { createAcks } from '../../../../federation/sync/acks.ts'
import type { Version } from '../../../../federation/sync/components.ts'
import type { Session } from '../../../../federation/sync/session.ts'
import type { ChannelId, EventId, FeedId, NodeId } from '../../../../spec/ids.ts'

const [node, channel, feed] = ['author' as NodeId, 'channel' as ChannelId, 'feed' as FeedId]
const origin = { node, channel, epoch: '00'.repeat(8) }

/** A piece, the event 4, of an author who said that its feed begins at `told`, and here it begins at 3. */
const setUp = (told: number | undefined, isWhole = false) => {
  let nowMs = 0
  const known = new Map([[feed, { floor: told, head: 3, sent: 3, stalled: false }]])
  const due = { acks: new Map<FeedId, number>(), vectors: new Map<ChannelId, { ask: boolean }>() }
  const author = { node, known, due, historyAskedMs: new Map(), wake: () => undefined } as unknown as Session
  const headHash = new Uint8Array(32)
  const version: Version = { ...origin, feed, floor: 3, head: 4, headHash, headId: 'id' as EventId, isWhole }
  const acks = createAcks({
    clock: { now: () => nowMs },
    scope: { isShared: () => true },
    holdings: { version: () => version },
    fetcher: { lacksHistory: () => false },
    sessions: new Map([[node, author]]),
  })
  const piece = {
    origin,
    from: 4,
    events: [new Uint8Array()],
    seal: undefined,
    redactedBy: new Map(),
    certificates: [],
  }
  return {
    due,
    known,
    take: (afterMs: number): void => {
      nowMs += afterMs
      acks.taken(author, piece, feed)
    },
  }
}

describe('acknowledgements', () => {
  it('SYNC-8: an author gets one for what is here from its beginning, or from where its own begins', () => {
    for (const { due, take } of [setUp(undefined, true), setUp(3), setUp(9)]) {
      take(0)
      assert.deepEqual([...due.acks], [[feed, 4]])
      assert.equal(due.vectors.size, 0)
    }
  })

  it('SYNC-8: who has not said, or has dropped of it since, is asked, once a second', () => {
    for (const { due, known, take } of [setUp(undefined), setUp(1)]) {
      take(0)
      assert.equal(due.acks.size, 0)
      assert.deepEqual([...due.vectors], [[channel, { ask: true }]])
      due.vectors.clear()
      take(500)
      assert.equal(due.vectors.size, 0)
      take(500)
      assert.equal(due.vectors.size, 1)
      known.set(feed, { floor: 3, head: 4, sent: 4, stalled: false })
      take(500)
      assert.deepEqual([...due.acks], [[feed, 4]])
    }
  })
})
