import assert from 'node:assert/strict'
import type { RangeClient } from '../../../../federation/sync/range-client.ts'
import { createReseals } from '../../../../federation/sync/reseals.ts'
import type { Session } from '../../../../federation/sync/session.ts'
import { createSigningKey, sha256 } from '../../../../node/crypto.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import type { Log } from '../../../../node/log/log.ts'
import { resealOwnFeeds } from '../../../../node/log/reseal.ts'
import type { FeedId } from '../../../../spec/ids.ts'
import { verifySeal } from '../../../../spec/seal.ts'
import { channelId, components, draft } from '../../node/log/fixture.ts'

describe('a peer that has revoked its earlier keys', () => {
  it('CERT-4: is asked for its new seals, once, and for feeds that it shares', async () => {
    const parts = components()
    const { keys } = parts
    const fresh = createSigningKey()
    await using origin = await createLog(parts)
    await using ours = await createLog(components())
    const channels = [channelId(), channelId(), channelId()] as const
    for (const text of ['a', 'b']) {
      await Promise.all(channels.map((channel) => origin.append(draft(channel, text))))
      await origin.seal()
    }
    const slices = async (log: Log, feed: FeedId) =>
      [await log.slice(feed, 1, 1), await log.slice(feed, 2, 1)].flatMap((slice) => slice ?? [])
    for (const { feed } of origin.feeds()) {
      for (const slice of await slices(origin, feed)) await ours.appendRemote({ ...slice, publicKey: keys.publicKey })
    }
    await resealOwnFeeds({ store: parts.store, log: origin, hash: sha256, sign: fresh.sign }, keys.nodeId)

    const asked: FeedId[] = []
    let answering = 0
    const client: RangeClient = {
      open: 0,
      close: () => undefined,
      async ask({ feed }, take) {
        answering++
        asked.push(feed)
        for (const slice of await slices(origin, feed)) {
          await take({ ...slice, redactedBy: new Map(), certificates: [] })
        }
        answering--
        return { code: undefined, detail: '' }
      },
    }
    const key = ({ publicKey }: { publicKey: Uint8Array }) => ({
      publicKey,
      certificate: new Uint8Array(),
      notBeforeMs: 0,
    })
    const [, , secret] = channels
    const reseals = createReseals({
      log: ours,
      hash: sha256,
      verify: keys.verify,
      keys: { of: () => [key(fresh)], revokedOf: () => [key(keys)], learn: () => true },
      forks: { at: () => undefined },
      scope: { isShared: (_node, channel) => channel !== secret },
      client: () => client,
    })
    const isNew = async (feed: FeedId): Promise<boolean> => {
      const held = await slices(ours, feed)
      return held.every(({ seal }) => seal && verifySeal(sha256, keys.verify, fresh.publicKey, { feed, seal }))
    }
    const feedOf = (channel: (typeof channels)[number]): FeedId => ours.feeds(channel)[0]?.feed ?? assert.fail()
    const shared = channels.slice(0, 2).map(feedOf)
    const open = (): Session => ({ node: keys.nodeId, closed: false }) as unknown as Session

    const session = open()
    reseals.check(session)
    reseals.check(session)
    while (answering > 0 || !(await Promise.all(shared.map(isNew))).every(Boolean)) {
      await new Promise((resolve) => void setImmediate(resolve))
    }
    assert.deepEqual(asked.toSorted(), shared.toSorted())
    assert.equal(await isNew(feedOf(secret)), false)
    assert.deepEqual(
      (await ours.verify()).filter(({ kind }) => kind !== 'seal'),
      [],
    )
    reseals.check(open())
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => void setImmediate(resolve))
    assert.equal(asked.length, 2, 'what is new already is not asked for again')
  })
})
