import assert from 'node:assert/strict'
import type { Session } from '../../../../client/sdk/index.ts'
import { createMarkers } from '../../../../client/terminal/markers.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { ChannelId } from '../../../../spec/ids.ts'
import { channelA, channelB, eventIdAt } from '../samples.ts'

/** A session whose node holds a marker at 10, with 3 unread, and a thread read up to 7, with 2. */
const setUp = ({ refuses = false } = {}) => {
  const asked: [string, unknown][] = []
  const marked = Promise.withResolvers<void>()
  const seen = new Map<ChannelId, number>([[channelA, 5]])
  const counts = { mentions: 1, more: false, level: 'all' }
  const session = {
    call: async ({ method }: { method: string }, input: { position?: number }) => {
      asked.push([method, input])
      if (refuses) throw new HearthError('NOT_FOUND')
      if (method === 'unread.list')
        return { channels: [{ channel: channelA, position: 10, unread: 3, ...counts }], position: 20 }
      if (method === 'thread.unread')
        return { threads: [{ channel: channelA, thread, position: 7, unread: 2, ...counts }], position: 20 }
      if (method === 'thread.mark') marked.resolve()
      return { position: input.position, unread: 0, mentions: 0, more: false }
    },
  } as unknown as Session
  const markers = createMarkers(session, {
    seen,
    sawElsewhere: (channel, position) => seen.set(channel, Math.max(seen.get(channel) ?? 0, position)),
  })
  return { markers, asked, seen, marked: marked.promise }
}

const thread = eventIdAt(1)

describe('markers in the terminal', () => {
  it('INBOX-1: what was read elsewhere is seen here, and the node says what is unread, live', async () => {
    const { markers, seen } = setUp()
    assert.equal(markers.count(channelA), undefined)
    await markers.pull()
    assert.equal(seen.get(channelA), 10)
    assert.deepEqual(markers.count(channelA), { marker: 10, unread: 3, mentions: 1 })
    const channels = [{ channel: channelB, unread: 4, mentions: 2, more: false }]
    assert.ok(markers.take({ type: 'unread', channels }))
    assert.deepEqual(markers.count(channelB), { marker: 0, unread: 4, mentions: 2 })
    assert.ok(markers.take({ type: 'read', channel: channelA, position: 15, unread: 0, mentions: 0, more: false }))
    assert.deepEqual([seen.get(channelA), markers.count(channelA)?.unread], [15, 0])
    for (const message of [{ type: 'mention' }, { type: 'unread', channels: 7 }, { type: 'of tomorrow' }])
      assert.equal(markers.take(message as never), false)
  })

  it('INBOX-14: threads have counts of their own, told live and by other devices', async () => {
    const { markers } = setUp()
    await markers.pull()
    const shown = (): unknown[] => markers.threads.map(({ unread, mentions, position }) => [unread, mentions, position])
    assert.deepEqual(shown(), [[2, 1, 7]])
    const one = { channel: channelA, thread, unread: 5, mentions: 0, more: false }
    assert.ok(markers.take({ type: 'thread.unread', threads: [one] }))
    assert.deepEqual(shown(), [[5, 0, 7]])
    assert.ok(markers.take({ type: 'thread.read', ...one, unread: 0, position: 9 }))
    assert.deepEqual(shown(), [[0, 0, 9]])
    assert.ok(markers.take({ type: 'thread.left', channel: channelA, thread }))
    assert.deepEqual(shown(), [])
  })

  it('INBOX-2: what is seen here is told once, and only when it is further', async () => {
    const { markers, asked, seen, marked } = setUp()
    await markers.pull()
    seen.set(channelA, 20)
    markers.sawThread(channelA, thread, 6)
    markers.sawThread(channelA, thread, 21)
    markers.push()
    markers.push()
    await marked
    await new Promise(setImmediate)
    assert.deepEqual(asked.slice(2), [
      ['read.mark', { channel: channelA, position: 20 }],
      ['thread.mark', { channel: channelA, thread, position: 21 }],
    ])
    assert.equal(markers.count(channelA)?.unread, 0)
    assert.equal(markers.threads[0]?.unread, 0)
    markers[Symbol.dispose]()
  })

  it('a node that refuses is no fault of the person', async () => {
    const { markers, seen } = setUp({ refuses: true })
    await markers.pull()
    assert.equal(seen.get(channelA), 5)
    markers.push()
    assert.equal(markers.count(channelA), undefined)
  })
})
