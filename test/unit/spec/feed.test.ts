import assert from 'node:assert/strict'
import { HearthError } from '../../../spec/errors.ts'
import { checkChain, feedIdOf, feedStart, type FeedPoint } from '../../../spec/feed.ts'
import type { ChannelId, FeedId, NodeId } from '../../../spec/ids.ts'
import { hex, sha256, unhex } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Point {
  readonly seq: number
  readonly hash: string
}

interface Vectors {
  readonly ids: readonly {
    readonly node: NodeId
    readonly channel: ChannelId
    readonly epoch: string
    readonly feed: FeedId
  }[]
  readonly feed: FeedId
  readonly chains: readonly { readonly start: Point; readonly raws: readonly string[]; readonly head: Point }[]
  readonly broken: readonly {
    readonly start: Point
    readonly raws: readonly string[]
    readonly seq: number
    readonly code: string
    readonly why: string
  }[]
}

describe('feeds', () => {
  const { ids, feed, chains, broken } = readVectors('feed') as Vectors
  const at = ({ seq, hash }: Point): FeedPoint => ({ feed, seq, hash: unhex(hash) })
  const check = (start: Point, raws: readonly string[]) => checkChain(sha256, at(start), raws.map(unhex))

  // FEED-1, FEED-2
  it('has the id of its node, channel and epoch', () => {
    for (const { feed, ...origin } of ids) assert.equal(feedIdOf(sha256, origin), feed)
    const [first] = ids
    assert.ok(first !== undefined)
    for (const epoch of ['', '00', '00112233445566', 'zz11223344556677', '001122334455667788']) {
      assert.throws(
        () => feedIdOf(sha256, { ...first, epoch }),
        (error) => error instanceof HearthError && error.code === 'BAD_REQUEST',
      )
    }
  })

  // FEED-3, FEED-4, FEED-5, FEED-6
  it('takes a chain that holds, redacted events in it, from any known point', () => {
    for (const { start, raws, head } of chains) {
      const result = check(start, raws)
      assert.ok(result.ok)
      assert.deepEqual({ seq: result.head.seq, hash: hex(result.head.hash) }, head)
      assert.equal(result.events.length, raws.length)
    }
    assert.deepEqual(at({ seq: 0, hash: '00'.repeat(32) }), feedStart(feed))
  })

  for (const { start, raws, seq, code, why } of broken) {
    it(`threat 18: refuses a chain at ${seq}: ${why}`, () => {
      const result = check(start, raws)
      assert.ok(!result.ok)
      assert.deepEqual({ seq: result.seq, code: result.code }, { seq, code })
      assert.notEqual(result.reason, '')
    })
  }

  it('one flipped bit anywhere breaks the chain or the form', () => {
    const [whole] = chains
    assert.ok(whole !== undefined)
    const [first = '', second = ''] = whole.raws
    const good = unhex(second)
    const third = whole.raws[2] ?? ''
    for (let at = 0; at < good.length; at++) {
      const flipped = hex(good.with(at, (good[at] ?? 0) ^ 1))
      assert.equal(check(whole.start, [first, flipped, third]).ok, false, `byte ${at}`)
    }
  })

  // FEED-6
  it('asks for an ascending id after a start whose id is known', () => {
    const [whole] = chains
    assert.ok(whole !== undefined)
    const two = check(whole.start, whole.raws.slice(0, 2))
    assert.ok(two.ok)
    const later = 'ffffffff-ffff-7fff-bfff-ffffffffffff' as never
    assert.ok(checkChain(sha256, two.head, whole.raws.slice(2).map(unhex)).ok)
    assert.ok(!checkChain(sha256, { ...two.head, id: later }, whole.raws.slice(2).map(unhex)).ok)
  })
})
