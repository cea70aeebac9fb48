import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { encodeBase32 } from '../../../../spec/base32.ts'
import { decodeEvent, encodeEvent, encodeHeader, hashBody, hashEvent } from '../../../../spec/event.ts'
import { makeEventId } from '../../../../spec/event-id.ts'
import type { MemberId } from '../../../../spec/ids.ts'
import { createEventReader } from '../../../../node/log/event-reader.ts'
import { FeedTable } from '../../../../node/log/feed-table.ts'
import { sha256 } from '../../../../node/crypto.ts'
import { createStamper } from '../../../../node/log/stamp.ts'
import { channelId, createKeys } from './fixture.ts'

const seqs = fc.constantFrom(0, 22, 23, 254, 255, 65_534, 65_535, 0xffff_fffe, 0xffff_ffff, 2 ** 40)
const stamped = fc.record({
  seq: seqs,
  prev: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  member: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => encodeBase32(bytes) as MemberId),
  hasAuth: fc.boolean(),
  type: fc.stringMatching(/^[a-z][a-z0-9.-]{0,31}$/),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 65_530, max: 65_540 }).map((n) => new Uint8Array(n)),
  ),
  ms: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  counter: fc.integer({ min: 0, max: 0xfff }),
  position: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
})

describe('stamp', () => {
  const table = new FeedTable(sha256)
  const channel = channelId()
  const feed = table.open({ node: createKeys().nodeId, channel, epoch: '0011223344556677' })
  const readEvent = createEventReader(sha256)
  const random = (length: number) => new Uint8Array(length).map((_, index) => index * 7)
  const stamp = createStamper({ hash: sha256, random })

  it("EVENT-1 to EVENT-5: writes the bytes that the spec's encoder writes, and reads back as itself", () => {
    fc.assert(
      fc.property(stamped, ({ seq, prev, member, hasAuth, type, body, ms, counter, position }) => {
        feed.head = { feed: feed.id, seq, hash: prev }
        const auth = hasAuth ? makeEventId({ ms: 1, counter: 2 }, feed.tail) : undefined
        const { entry, key, value, hash } = stamp(feed, { channel, member, auth, type, body }, position, {
          ms,
          counter,
        })
        const { salt } = decodeEvent(entry.raw)
        assert.ok(salt)
        const id = makeEventId({ ms, counter }, feed.tail)
        const bodyHash = hashBody(sha256, salt, body)
        const header = encodeHeader({ feed: feed.id, seq: seq + 1, prevHash: prev, id, member, auth, type, bodyHash })
        assert.deepEqual(Buffer.from(entry.raw), Buffer.from(encodeEvent(header, salt, body)))
        assert.deepEqual(Buffer.from(hash), Buffer.from(hashEvent(sha256, header)))
        assert.equal(entry.id, id)
        assert.equal(key.toString('hex'), `65${channel.replaceAll('-', '')}${id.replaceAll('-', '')}`)
        const read = readEvent(table, feed.channel, value).entry
        assert.deepEqual(
          { ...read, raw: Buffer.from(read.raw), body: Buffer.from(read.body ?? []) },
          { ...entry, raw: Buffer.from(entry.raw), body: Buffer.from(entry.body ?? []) },
        )
      }),
      { numRuns: 200 },
    )
  })

  it('any flipped bit of a stored value is CORRUPT', () => {
    feed.head = { feed: feed.id, seq: 3, hash: sha256(Buffer.of(1)) }
    const member = encodeBase32(new Uint8Array(16)) as MemberId
    const draft = { channel, member, auth: undefined, type: 'msg', body: Buffer.from('said') }
    const { value } = stamp(feed, draft, 77, { ms: 5, counter: 6 })
    for (let bit = 0; bit < value.length * 8; bit++) {
      const flipped = Buffer.from(value)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      assert.throws(() => readEvent(table, feed.channel, flipped), { code: 'CORRUPT' }, `bit ${bit}`)
    }
  })

  it('every salt is new', () => {
    const salts = new Set<string>()
    const fresh = createStamper({ hash: sha256, random: (length) => crypto.getRandomValues(new Uint8Array(length)) })
    const member = encodeBase32(new Uint8Array(16)) as MemberId
    for (let index = 0; index < 1_000; index++) {
      const draft = { channel, member, auth: undefined, type: 'msg', body: Buffer.alloc(0) }
      const { salt } = decodeEvent(fresh(feed, draft, 1, { ms: 1, counter: 1 }).entry.raw)
      salts.add(Buffer.from(salt ?? []).toString('hex'))
    }
    assert.equal(salts.size, 1_000)
  })
})
