import assert from 'node:assert/strict'
import { createSigningKey, sha256 } from '../../../../node/crypto.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import { resealOwnFeeds } from '../../../../node/log/reseal.ts'
import type { FeedSlice, Log } from '../../../../node/log/log.ts'
import { verifySeal } from '../../../../spec/seal.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { channelId, components, draft } from './fixture.ts'

const slicesOf = async (log: Log): Promise<FeedSlice[]> => {
  const slices: FeedSlice[] = []
  for (const { feed, head } of log.feeds()) {
    for (let from = 1; from <= head;) {
      const slice = await log.slice(feed, from, 1)
      assert.ok(slice?.seal)
      slices.push(slice)
      from = slice.seal.seq + 1
    }
  }
  return slices
}

describe('seals made anew', () => {
  it('CERT-4: all of a node’s own feeds are sealed by the new key, at the same places, and others take these', async () => {
    const parts = components()
    const { keys, store } = parts
    const fresh = createSigningKey()
    const channels = [channelId(), channelId()]
    await using log = await createLog(parts)
    await using peer = await createLog(components())
    for (const text of ['a', 'b', 'c']) {
      await Promise.all(channels.map((channel) => log.append(draft(channel, text))))
      await log.seal()
    }
    const before = await slicesOf(log)
    for (const slice of before) await peer.appendRemote({ ...slice, publicKey: keys.publicKey })
    const made = await resealOwnFeeds({ store, log, hash: sha256, sign: fresh.sign }, keys.nodeId)
    const after = await slicesOf(log)
    assert.equal(made.seals, before.length)
    assert.deepEqual(
      after.map(({ from, seal }) => [from, seal?.seq, seal?.hash]),
      before.map(({ from, seal }) => [from, seal?.seq, seal?.hash]),
    )
    const isBy = (publicKey: Uint8Array, { origin, seal }: FeedSlice): boolean => {
      const feed = log.feeds(origin.channel)[0]?.feed
      return feed !== undefined && seal !== undefined && verifySeal(sha256, keys.verify, publicKey, { feed, seal })
    }
    assert.ok(after.every((slice) => isBy(fresh.publicKey, slice) && !isBy(keys.publicKey, slice)))

    for (const slice of after) assert.equal(await peer.reseal({ ...slice, publicKey: fresh.publicKey }), true)
    assert.deepEqual(await slicesOf(peer), after)
    assert.equal(peer.position, log.position)
    const [first] = after
    assert.ok(first)
    await assert.rejects(
      peer.reseal({ ...first, publicKey: keys.publicKey }),
      (error) => error instanceof HearthError && error.code === 'SEAL_INVALID',
    )
    await using empty = await createLog(components())
    assert.equal(await empty.reseal({ ...first, publicKey: fresh.publicKey }), false)
    for (const slice of after) await empty.appendRemote({ ...slice, publicKey: fresh.publicKey })
  })
})
