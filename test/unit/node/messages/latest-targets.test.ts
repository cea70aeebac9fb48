import assert from 'node:assert/strict'
import { createLatestTargets } from '../../../../node/messages/latest-targets.ts'
import type { Entry } from '../../../../node/log/log.ts'
import { encodeMessage } from '../../../../spec/message.ts'
import type { ChannelId, EventId } from '../../../../spec/ids.ts'

const channel = 'general' as ChannelId
const id = (n: number): EventId => `0199a0b1-0000-7000-8000-00000000000${n}` as EventId
const message = (n: number, thread?: EventId, where = channel): Entry =>
  ({
    id: id(n),
    channel: where,
    type: 'msg',
    body: encodeMessage({ clientMessageId: undefined, text: 'x', replyTo: undefined, thread }),
  }) as Entry

describe('the latest message that anything is about', () => {
  const setUp = (stored: Record<number, EventId[]> = {}, channelsMax?: number) => {
    let reads = 0
    let during = (): void => {}
    const log = {
      targets: async (_channel: ChannelId, kind: number): Promise<EventId[]> => {
        reads++
        during()
        return stored[kind] ?? []
      },
    }
    return {
      latest: createLatestTargets(log, channelsMax),
      reads: () => reads,
      whileReading: (work: () => void) => (during = work),
    }
  }

  it('is not known before it was read, and then without another read', async () => {
    const { latest, reads } = setUp({ 1: [id(4)], 3: [id(2)] })
    assert.equal(latest.isBefore(message(9)), false)
    await latest.learn(channel)
    await latest.learn(channel)
    assert.equal(reads(), 3)
    assert.deepEqual(
      [3, 4, 5].map((n) => latest.isBefore(message(n))),
      [false, false, true],
    )
  })

  it('goes on with what is committed', async () => {
    const { latest } = setUp()
    await latest.learn(channel)
    assert.equal(latest.isBefore(message(1)), true)
    latest.committed([message(7), message(8, id(6))])
    assert.deepEqual([latest.isBefore(message(6)), latest.isBefore(message(7))], [false, true])
    latest.committed([message(9, id(3))])
    assert.equal(latest.isBefore(message(6)), false)
  })

  it('knows of what was committed while it was read, or says that it knows nothing', async () => {
    const { latest, whileReading } = setUp({}, 2)
    whileReading(() => latest.committed([message(8, id(6))]))
    await latest.learn(channel)
    assert.deepEqual([latest.isBefore(message(6)), latest.isBefore(message(7))], [false, true])
    // Too many channels: all is forgotten, also what was being read.
    whileReading(() => {
      for (const other of ['b', 'c', 'd']) latest.committed([message(8, id(6), other as ChannelId)])
    })
    await latest.learn('a' as ChannelId)
    assert.equal(latest.isBefore(message(9, undefined, 'a' as ChannelId)), false)
    assert.equal(latest.isBefore(message(9)), false)
  })
})
