import assert from 'node:assert/strict'
import { decodeHeader, encodeHeader, type EventHeader } from '../../../spec/event.ts'
import { createHeaderNames } from '../../../spec/header-names.ts'
import { encodeBase32 } from '../../../spec/base32.ts'
import type { EventId, FeedId, MemberId } from '../../../spec/ids.ts'

const ids = ['a', 'b', 'c'].map((letter) => `0199a0b1-0000-7000-8000-00000000000${letter}` as EventId)
const names = [1, 2, 3].map((byte) => encodeBase32(new Uint8Array(16).fill(byte)))
const types = ['msg', 'msh', 'a', 'a.very-long-type.of-thirty-two-c']

describe('names that come again from header to header', () => {
  it('are what they would be by themselves, in any order', () => {
    const kept = createHeaderNames()
    for (let i = 0; i < 500; i++) {
      const pick = <T>(from: readonly T[], every: number): T => from[Math.floor((i * 7) / every) % from.length] as T
      const header: EventHeader = {
        feed: pick(names, 11) as FeedId,
        seq: 1 + ((i * 2_654_435_761) % 300),
        prevHash: new Uint8Array(32).fill(i),
        id: pick(ids, 3),
        member: pick(names, 5) as MemberId,
        auth: i % 4 === 0 ? undefined : pick(ids, 9),
        type: pick(types, 13),
        bodyHash: new Uint8Array(32).fill(i + 1),
      }
      const bytes = encodeHeader(header)
      assert.deepEqual(decodeHeader(bytes, kept), header)
      assert.deepEqual(decodeHeader(bytes), header)
    }
  })

  it('are refused as ever when they are none', () => {
    const kept = createHeaderNames()
    const header = decodeHeader(
      encodeHeader({
        feed: names[0] as FeedId,
        seq: 1,
        prevHash: new Uint8Array(32),
        id: ids[0] as EventId,
        member: names[1] as MemberId,
        auth: ids[1],
        type: 'msg',
        bodyHash: new Uint8Array(32),
      }),
      kept,
    )
    const bytes = encodeHeader(header)
    const at = Buffer.from(bytes).indexOf('msg')
    for (const [place, value] of [
      [at, 0xff],
      [at, 0x41],
      // The version of the id that the grant is named by.
      [at - 1 - 16 + 6, 0x10],
    ] as const) {
      const wrong = Uint8Array.from(bytes)
      wrong[place] = value
      for (let times = 0; times < 2; times++) assert.throws(() => decodeHeader(wrong, kept), { code: 'EVENT_INVALID' })
      assert.deepEqual(decodeHeader(bytes, kept), header)
    }
  })
})
