import assert from 'node:assert/strict'
import type { FrameStream } from '../../../../federation/components.ts'
import type { Session } from '../../../../federation/sync/session.ts'
import { createWhispers } from '../../../../federation/sync/whispers.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { limits } from '../../../../spec/limits.ts'
import { encodeFrame } from '../../../../spec/sync/encode.ts'
import { decodeFrame } from '../../../../spec/sync/decode.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('whispers', () => {
  /** A peer that reads when the test says so. */
  const setUp = () => {
    const written: string[] = []
    const opened: string[] = []
    let release: (() => void)[] = []
    let fails = false
    const stream: FrameStream = {
      write: async (frames) => {
        await new Promise<void>((resolve) => release.push(resolve))
        if (fails) throw new HearthError('CONNECTION_LOST')
        for (const bytes of frames) {
          const frame = decodeFrame(bytes)
          if (frame.type === 'whisper') written.push(Buffer.from(frame.payload).toString())
        }
      },
      read: () => Promise.resolve(undefined),
      close: () => Promise.resolve(),
      abort: () => undefined,
    }
    const open = (kind: string): Promise<FrameStream> => {
      opened.push(kind)
      return Promise.resolve(stream)
    }
    const session = { whispers: new Map(), closed: false, lastError: undefined, peer: { connection: { open } } }
    const whispers = createWhispers(() => undefined)
    const say = (key: string, text: string): Promise<boolean> =>
      whispers.send(session as unknown as Session, {
        kind: 'presence',
        key: Buffer.from(key),
        payload: Buffer.from(text),
      })
    const read = async (): Promise<void> => {
      await turn()
      const now = release
      release = []
      for (const one of now) one()
      await turn()
    }
    return { say, read, written, opened, session, fail: (does: boolean) => void (fails = does) }
  }

  it('SYNC-16: to a peer that reads slowly, the latest of each key; who says it hears what did not go out', async () => {
    const { say, read, written, opened } = setUp()
    const first = say('alice', '1')
    await turn()
    const second = say('alice', '2')
    const third = say('alice', '3')
    const other = say('bob', '1')
    assert.equal(await second, false)
    await read()
    await read()
    assert.deepEqual(await Promise.all([first, third, other]), [true, true, true])
    assert.deepEqual(written, ['1', '3', '1'])
    assert.deepEqual(opened, ['eph'])
  })

  it('SYNC-16: at most 256 wait; the oldest go', async () => {
    const { say, read, written, session } = setUp()
    const first = say('first', 'first')
    await turn()
    const told = Array.from({ length: 1_000 }, (_, i) => say(`u${i}`, `${i}`))
    assert.equal(session.whispers.size, limits.whispersWaitingMax)
    await read()
    await read()
    const sent = await Promise.all(told)
    assert.equal(await first, true)
    assert.equal(sent.filter(Boolean).length, limits.whispersWaitingMax)
    assert.ok(sent.slice(-limits.whispersWaitingMax).every(Boolean))
    assert.equal(written.length, 1 + limits.whispersWaitingMax)
  })

  it('SYNC-16: a whisper costs the peer ten events', async () => {
    let spent = 0
    const heard: string[] = []
    const { serve } = createWhispers((_session, { kind }) => heard.push(kind))
    const frames = [0, 1].map((i) =>
      encodeFrame({ type: 'whisper', kind: 'typing', key: Buffer.from(`${i}`), payload: new Uint8Array(1) }),
    )
    const stream = { read: () => Promise.resolve(frames.splice(0).length === 0 ? undefined : whole) }
    const whole = [...frames]
    await serve(
      { peer: { budget: { spendEvents: (count: number) => void (spent += count) } } } as unknown as Session,
      stream as unknown as FrameStream,
    )
    assert.deepEqual([heard, spent], [['typing', 'typing'], 20])
  })

  it('a stream that breaks loses what was on it, says so, and is opened anew', async () => {
    const { say, read, written, opened, fail, session } = setUp()
    fail(true)
    const lost = say('alice', '1')
    await turn()
    const behind = say('bob', '1')
    await read()
    assert.deepEqual(await Promise.all([lost, behind]), [false, false])
    fail(false)
    const again = say('alice', '2')
    await read()
    assert.equal(await again, true)
    assert.deepEqual([written, opened], [['2'], ['eph', 'eph']])
    session.closed = true
    assert.equal(await say('alice', '3'), false)
  })
})
