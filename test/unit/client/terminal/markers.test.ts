import assert from 'node:assert/strict'
import type { Session } from '../../../../client/sdk/index.ts'
import { createMarkers } from '../../../../client/terminal/markers.ts'
import { HearthError } from '../../../../spec/errors.ts'
import type { ChannelId } from '../../../../spec/ids.ts'
import { channelA, channelB } from '../samples.ts'

/** A session whose node holds one marker, at 10, with 3 unread up to position 20. */
const setUp = ({ refuses = false } = {}) => {
  const asked: [string, unknown][] = []
  const marked = Promise.withResolvers<void>()
  const seen = new Map<ChannelId, number>([[channelA, 5]])
  let later = 0
  const session = {
    cursor: 20,
    isOwn: () => false,
    timeline: () => ({ unreadAfter: (position: number) => (position === 20 ? later : 0) }),
    call: async ({ method }: { method: string }, input: { position?: number }) => {
      asked.push([method, input])
      if (refuses) throw new HearthError('NOT_FOUND')
      const counts = { mentions: 0, more: false }
      if (method === 'unread.list') {
        return { channels: [{ channel: channelA, position: 10, unread: 3, level: 'all', ...counts }], position: 20 }
      }
      marked.resolve()
      return { position: input.position, unread: 0, ...counts }
    },
  } as unknown as Session
  const markers = createMarkers(session, {
    seen,
    sawElsewhere: (channel, position) => seen.set(channel, Math.max(seen.get(channel) ?? 0, position)),
  })
  return { markers, asked, seen, marked: marked.promise, say: () => (later += 1) }
}

describe('markers in the terminal', () => {
  it('INBOX-1: what was read elsewhere is seen here, and the node says what is unread', async () => {
    const { markers, seen, say } = setUp()
    assert.equal(markers.unread(channelA), undefined)
    await markers.pull()
    assert.equal(seen.get(channelA), 10)
    assert.equal(markers.unread(channelA), 3)
    say()
    assert.equal(markers.unread(channelA), 4)
    assert.equal(markers.unread(channelB), undefined)
  })

  it('INBOX-2: what is seen here is told once, and only when it is further', async () => {
    const { markers, asked, seen, marked } = setUp()
    await markers.pull()
    seen.set(channelA, 20)
    markers.push()
    markers.push()
    await marked
    await new Promise(setImmediate)
    assert.deepEqual(asked.slice(1), [['read.mark', { channel: channelA, position: 20 }]])
    assert.equal(markers.unread(channelA), 0)
    markers[Symbol.dispose]()
  })

  it('a node that refuses is no fault of the person', async () => {
    const { markers, seen } = setUp({ refuses: true })
    await markers.pull()
    assert.equal(seen.get(channelA), 5)
    markers.push()
    assert.equal(markers.unread(channelA), undefined)
  })
})
