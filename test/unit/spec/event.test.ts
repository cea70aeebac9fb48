import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { decodeBase32 } from '../../../spec/base32.ts'
import { HearthError } from '../../../spec/errors.ts'
import {
  decodeEvent,
  decodeHeader,
  encodeEvent,
  encodeHeader,
  hashBody,
  hashEvent,
  isEventType,
  redact,
  splitEvent,
  type EventHeader,
} from '../../../spec/event.ts'
import { eventIdTail, makeEventId } from '../../../spec/event-id.ts'
import type { EventId, FeedId, MemberId } from '../../../spec/ids.ts'
import { limits } from '../../../spec/limits.ts'
import { parseUuid } from '../../../spec/uuid.ts'
import { base32, cbor, hex, sha256, unhex } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly valid: readonly {
    readonly header: {
      readonly feed: FeedId
      readonly seq: number
      readonly prevHash: string
      readonly id: EventId
      readonly member: MemberId
      readonly auth: EventId | null
      readonly type: string
      readonly bodyHash: string
    }
    readonly salt: string
    readonly body: string
    readonly headerBytes: string
    readonly hash: string
    readonly raw: string
    readonly redacted: string
  }[]
  readonly invalid: readonly { readonly raw: string; readonly why: string }[]
}

const refused = (error: unknown): boolean => error instanceof HearthError && error.code === 'EVENT_INVALID'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const eventId = fc
  .tuple(fc.nat({ max: 2 ** 48 - 1 }), fc.nat({ max: 0xfff }), bytes(16))
  .map(([ms, counter, feed]) => makeEventId({ ms, counter }, eventIdTail(sha256, feed)))
const header: fc.Arbitrary<EventHeader> = fc.record(
  {
    feed: bytes(16).map((feed) => base32(feed) as FeedId),
    seq: fc.oneof(
      fc.integer({ min: 1, max: 300 }),
      fc.maxSafeNat().map((seq) => seq + (seq === 0 ? 1 : 0)),
    ),
    prevHash: bytes(32),
    id: eventId,
    member: bytes(16).map((member) => base32(member) as MemberId),
    auth: fc.option(eventId, { nil: undefined }),
    type: fc.stringMatching(/^[a-z][a-z0-9.-]{0,31}$/),
    bodyHash: bytes(32),
  },
  { noNullPrototype: true },
)

const inCborg = (header: EventHeader): Uint8Array =>
  cbor([
    1,
    decodeBase32(header.feed),
    header.seq,
    header.prevHash,
    parseUuid(header.id),
    decodeBase32(header.member),
    header.auth === undefined ? null : parseUuid(header.auth),
    header.type,
    header.bodyHash,
  ])

describe('events', () => {
  const { valid, invalid } = readVectors('event') as Vectors

  // EVENT-1, EVENT-2, EVENT-3, EVENT-4, EVENT-5, EVENT-6
  it('writes, reads, hashes and redacts the valid vectors', () => {
    for (const vector of valid) {
      const { prevHash, bodyHash, auth, ...rest } = vector.header
      const header = { ...rest, prevHash: unhex(prevHash), bodyHash: unhex(bodyHash), auth: auth ?? undefined }
      const headerBytes = encodeHeader(header)
      assert.equal(hex(headerBytes), vector.headerBytes)
      assert.equal(hex(hashEvent(sha256, headerBytes)), vector.hash)
      assert.equal(hex(hashBody(sha256, unhex(vector.salt), unhex(vector.body))), vector.header.bodyHash)
      assert.equal(hex(encodeEvent(headerBytes, unhex(vector.salt), unhex(vector.body))), vector.raw)
      assert.deepEqual(decodeEvent(unhex(vector.raw)), {
        header,
        headerBytes,
        salt: unhex(vector.salt),
        body: unhex(vector.body),
      })
      assert.equal(hex(redact(unhex(vector.raw))), vector.redacted)
      assert.equal(hex(redact(unhex(vector.redacted))), vector.redacted)
      const redacted = { header, headerBytes, salt: undefined, body: undefined }
      assert.deepEqual(decodeEvent(unhex(vector.redacted)), redacted)
    }
  })

  for (const { raw, why } of invalid) {
    it(`refuses ${why}`, () => assert.throws(() => decodeEvent(unhex(raw)), refused))
  }

  it('writes every header byte for byte as cborg does, and reads it back', () => {
    fc.assert(
      fc.property(header, (header) => {
        const written = encodeHeader(header, (length) => new Uint8Array(length).fill(0xaa))
        assert.equal(hex(written), hex(inCborg(header)))
        assert.deepEqual(decodeHeader(written), header)
      }),
      { numRuns: 500 },
    )
  })

  it('writes every event byte for byte as cborg does', () => {
    fc.assert(
      fc.property(header, bytes(16), fc.uint8Array({ maxLength: 400 }), (header, salt, body) => {
        const headerBytes = encodeHeader(header)
        const raw = encodeEvent(headerBytes, salt, body, (length) => new Uint8Array(length).fill(0xaa))
        assert.equal(hex(raw), hex(cbor([headerBytes, salt, body])))
        assert.deepEqual(splitEvent(raw), { headerBytes, salt, body })
      }),
    )
  })

  it('never crashes on other bytes, and takes only what it would write', () => {
    const good = unhex(valid[0]?.raw ?? '')
    const flipped = fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 7 })).map(([at, bit]) => {
      return good.with(at, (good[at] ?? 0) ^ (1 << bit))
    })
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), flipped), (raw) => {
        try {
          const { header, headerBytes, salt, body } = decodeEvent(raw)
          assert.equal(hex(encodeHeader(header)), hex(headerBytes))
          if (salt !== undefined && body !== undefined)
            assert.equal(hex(encodeEvent(headerBytes, salt, body)), hex(raw))
        } catch (error) {
          assert.ok(refused(error), String(error))
        }
      }),
      { numRuns: 1000 },
    )
  })

  // EVENT-7
  it('threat 21: has at most 128 KiB', () => {
    const headerBytes = unhex(valid[0]?.headerBytes ?? '')
    const room = limits.eventBytesMax - encodeEvent(headerBytes, new Uint8Array(16), new Uint8Array(70_000)).length
    const largest = encodeEvent(headerBytes, new Uint8Array(16), new Uint8Array(70_000 + room))
    assert.equal(splitEvent(largest).body?.length, 70_000 + room)
    const tooLarge = new Uint8Array(70_001 + room)
    assert.throws(() => encodeEvent(headerBytes, new Uint8Array(16), tooLarge), refused)
    assert.throws(() => decodeEvent(cbor([headerBytes, new Uint8Array(16), tooLarge])), refused)
  })

  // EVENT-4
  it('knows the form of a type', () => {
    for (const type of ['msg', 'channel.create', 'a', 'feed.resolve', 'x-1', 'a'.repeat(32)])
      assert.ok(isEventType(type))
    for (const type of ['', 'Msg', '1a', '.a', 'a b', 'a_b', 'ä', 'a'.repeat(33)]) assert.ok(!isEventType(type), type)
  })
})
