import assert from 'node:assert/strict'
import * as ids from '../../../spec/identifiers.ts'
import { parseUuid } from '../../../spec/uuid.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Kind {
  readonly valid: readonly string[]
  readonly invalid: readonly string[]
}

/** ID-1, ID-2, ID-3, ID-5, ID-6, ID-7, ID-8, ID-9 */
const parsers = {
  NodeId: ids.parseNodeId,
  ServerId: ids.parseServerId,
  ChannelId: ids.parseChannelId,
  FeedId: ids.parseFeedId,
  MemberId: ids.parseMemberId,
  UserName: ids.parseUserName,
  Handle: ids.parseHandle,
  DeviceId: ids.parseDeviceId,
} as const

describe('identifiers', () => {
  const vectors = readVectors('identifiers') as Record<keyof typeof parsers, Kind>

  for (const [kind, parse] of Object.entries(parsers) as [keyof typeof parsers, (text: unknown) => unknown][]) {
    it(`${kind}: takes the valid, refuses the invalid`, () => {
      for (const text of vectors[kind].valid) assert.equal(parse(text), text)
      for (const text of vectors[kind].invalid) assert.equal(parse(text), undefined, JSON.stringify(text))
      for (const value of [undefined, null, 7, {}, [], ['alice'], Symbol.iterator, { toString: () => 'alice' }]) {
        assert.equal(parse(value), undefined)
      }
    })
  }

  // ID-10
  it('threat 8: names that every JavaScript object answers to are no names', () => {
    for (const name of Object.getOwnPropertyNames(Object.prototype)) {
      assert.equal(ids.isDeviceId(name), false, name)
      assert.equal(ids.isUserName(name), false, name)
      assert.equal(ids.isHandle(name), false, name)
    }
  })

  // ID-3, ID-6
  it('makes channel ids of random bytes and of hashes without writing into them', () => {
    const bytes = Buffer.alloc(32, 0xff)
    assert.equal(ids.randomChannelId(bytes), 'ffffffff-ffff-4fff-bfff-ffffffffffff')
    assert.equal(ids.hashedChannelId(bytes), 'ffffffff-ffff-8fff-bfff-ffffffffffff')
    assert.ok(bytes.every((byte) => byte === 0xff))
    assert.ok(ids.isChannelId(ids.hashedChannelId(bytes)))
    assert.equal(parseUuid(ids.randomChannelId(bytes))?.length, 16)
    assert.ok(ids.isMemberId(ids.nodeMember))
  })
})
