import assert from 'node:assert/strict'
import { firstIdOf } from '../../../../spec/event-id.ts'
import type { ChannelId, EventId } from '../../../../spec/ids.ts'
import type { LogComponents } from '../../../../node/log/components.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import type { Log, RemoteSlice } from '../../../../node/log/log.ts'
import type { Operation, Store } from '../../../../node/store/store.ts'
import { channelId, components, draft, textOf, texts } from './fixture.ts'

/** FEED-7 on every store. `open` opens the store `name`, again if it was closed before. */
export function retentionSuite(engine: string, open: (name: string) => Promise<Store>): void {
  describe(`${engine}: a log that keeps a channel for some time only`, () => {
    const [general, governance] = [channelId(), channelId()]
    const dayMs = 24 * 3600 * 1000
    let names = 0
    let name: string
    let nowMs: number
    let parts: LogComponents
    let log: Log
    let because: EventId

    const say = async (...said: string[]): Promise<void> => {
      await Promise.all(said.map((text) => log.append(draft(general, text))))
      await log.seal()
    }
    /** Closes and opens: a new epoch. */
    const reopen = async (): Promise<void> => {
      await log[Symbol.asyncDispose]()
      await parts.store[Symbol.asyncDispose]()
      parts = { ...parts, store: await open(name) }
      log = await createLog(parts)
    }
    const retain = (at = nowMs): Promise<number> => log.retain(general, { from: firstIdOf(at), because })
    const page = async (of = log): Promise<string[]> => texts(await of.page(general, {}, 99))
    const floors = (of: Log = log, channel: ChannelId = general): (readonly [number, number])[] =>
      of.feeds(channel).map(({ floor, head }) => [floor, head] as const)
    const served = async (of: Log, from: number, index = 0): Promise<RemoteSlice> => {
      const { feed } = of.feeds(general)[index] ?? assert.fail('no feed')
      const slice = await of.slice(feed, from, 9)
      return { ...(slice ?? assert.fail('not held')), publicKey: parts.keys.publicKey }
    }

    beforeEach(async () => {
      name = `kept${names++}`
      nowMs = Date.UTC(2026, 0, 1)
      parts = components({ store: await open(name), clock: { now: () => nowMs } })
      log = await createLog(parts)
      because = (await log.append(draft(governance, 'keep for a day'))).entry.id
    })
    afterEach(async () => {
      await log[Symbol.asyncDispose]()
      await parts.store[Symbol.asyncDispose]()
    })

    it('drops what lies before; what is left verifies, is read and goes on, now and after a restart', async () => {
      await say('a', 'b', 'c')
      nowMs += dayMs
      await say('d', 'e')
      const position = log.position
      assert.equal(await retain(), 3)
      for (const when of ['now', 'after a restart']) {
        assert.deepEqual(await page(), ['d', 'e'], when)
        assert.deepEqual(floors(), [[4, 5]], when)
        assert.deepEqual(texts((await log.since(undefined, 0, 99)).entries), ['keep for a day', 'd', 'e'], when)
        assert.deepEqual(await log.since(undefined, 0, 99).then(({ to }) => to), position, when)
        assert.deepEqual(texts((await log.since(new Set([general]), 2, 1)).entries), ['d'], when)
        assert.deepEqual(texts(await log.newest(general, 0, 99)), ['d', 'e'], when)
        assert.deepEqual(await log.verify(), [], when)
        assert.equal(log.beginningOf(general), firstIdOf(nowMs), when)
        await reopen()
      }
      await say('f')
      assert.deepEqual(await page(), ['d', 'e', 'f'])
      assert.deepEqual(await log.verify(), [])
    })

    it('nothing of it is on the disk but in the list of arrivals', async () => {
      await say('secret one', 'secret two')
      nowMs += dayMs
      await say('shown')
      await retain()
      const values = await parts.store.values({ gte: new Uint8Array(), lt: Uint8Array.of(0xff) })
      assert.ok(values.some((value) => Buffer.from(value).includes('shown')))
      assert.ok(!values.some((value) => Buffer.from(value).includes('secret')))
    })

    it('of a feed that ended long ago the last event stays for its hash, without its body, and is not shown', async () => {
      await say('old 1', 'old 2')
      await reopen()
      nowMs += dayMs
      await say('new')
      await retain()
      assert.deepEqual(await page(), ['new'])
      assert.deepEqual(
        floors().toSorted(([a], [b]) => a - b),
        [
          [1, 1],
          [2, 2],
        ],
      )
      const slice = await served(
        log,
        2,
        floors().findIndex(([floor]) => floor === 2),
      )
      assert.equal(slice.seal?.seq, 2)
      assert.ok(!Buffer.concat([...slice.events]).includes('old'))
      assert.deepEqual(
        [...(slice.redactedBy ?? [])].map(([, by]) => by),
        [because],
      )
      assert.deepEqual(await log.verify(), [])
      await reopen()
      assert.deepEqual(await page(), ['new'])
      assert.deepEqual(await log.verify(), [])
    })

    it('the feed of this process goes on from an event that is gone, and the next time drops that, too', async () => {
      await say('a', 'b')
      nowMs += dayMs
      await retain()
      assert.deepEqual(await page(), [])
      assert.deepEqual(floors(), [[2, 2]])
      await say('c')
      assert.deepEqual(await page(), ['c'])
      assert.deepEqual(await log.verify(), [])
      nowMs += 1
      await say('d')
      await retain(nowMs - 1)
      assert.deepEqual(floors(), [[3, 4]])
      await retain()
      assert.deepEqual(floors(), [[4, 4]])
      assert.deepEqual(await page(), ['d'])
      assert.deepEqual(await log.verify(), [])
    })

    it('a beginning never moves down', async () => {
      await say('a')
      nowMs += dayMs
      await say('b')
      await retain()
      assert.equal(await retain(nowMs - dayMs), 0)
      assert.equal(await retain(), 0)
      assert.deepEqual(await page(), ['b'])
    })

    it('pages end at the beginning, from both sides', async () => {
      await say('a')
      nowMs += dayMs
      await say('b', 'c', 'd')
      const [b] = await log.page(general, {}, 3)
      const [a] = await log.page(general, { before: b?.id ?? because }, 1)
      assert.ok(a && b)
      await retain()
      assert.deepEqual(await log.page(general, { before: b.id }, 9), [])
      assert.deepEqual(texts(await log.page(general, { after: a.id }, 9)), ['b', 'c', 'd'])
      assert.deepEqual(texts(await log.page(general, { around: b.id }, 3)), ['b', 'c'])
      assert.equal(await log.get(a.id), undefined)
      assert.deepEqual(await log.entries(general, [a.id, b.id]).then(texts), ['b'])
    })

    it('a client message id of what is gone is free again', async () => {
      await log.append(draft(general, 'once', 'id1'))
      await log.seal()
      nowMs += dayMs
      await say('x')
      await retain()
      assert.equal((await log.append(draft(general, 'again', 'id1'))).status, 'appended')
      assert.equal((await log.append(draft(general, 'again', 'id1'))).status, 'duplicate')
    })

    it('a crash at any step loses nothing that is kept, and the next start goes on', async () => {
      await say('a', 'b', 'c')
      nowMs += dayMs
      await say('d')
      await log[Symbol.asyncDispose]()
      for (let crashAt = 0; ; crashAt++) {
        const copy = await open(`${name} crash ${crashAt}`)
        const all = await parts.store.entries({ gte: new Uint8Array(), lt: Uint8Array.of(0xff) })
        await copy.commit(all.map(([key, value]) => ({ type: 'put', key, value })))
        let left = crashAt
        const failing = Object.assign(Object.create(copy) as Store, {
          commit: (operations: readonly Operation[]) =>
            left-- > 0 ? copy.commit(operations) : Promise.reject(new Error('the power is gone')),
        })
        const doomed = await createLog({ ...parts, store: bound(failing, copy) })
        left = crashAt
        const isDone = await doomed.retain(general, { from: firstIdOf(nowMs), because }).then(
          () => true,
          () => false,
        )
        await doomed[Symbol.asyncDispose]()
        {
          await using again = await createLog({ ...parts, store: copy })
          assert.deepEqual(await again.verify(), [], `after ${crashAt} commits`)
          assert.equal((await page(again)).at(-1), 'd')
          if (crashAt > 0) assert.deepEqual(await page(again), ['d'])
          await again.retain(general, { from: firstIdOf(nowMs), because })
          assert.deepEqual(floors(again), [[4, 4]])
          assert.deepEqual(await again.verify(), [])
        }
        await copy[Symbol.asyncDispose]()
        if (isDone) break
      }
    })

    describe('of other nodes', () => {
      let theirs: Log
      let theirParts: LogComponents
      beforeEach(async () => {
        theirParts = components({ clock: { now: () => nowMs } })
        theirs = await createLog(theirParts)
        await Promise.all(['a', 'b', 'c'].map((text) => theirs.append(draft(general, text))))
        await theirs.seal()
        nowMs += dayMs
        await Promise.all(['d', 'e'].map((text) => theirs.append(draft(general, text))))
        await theirs.seal()
      })
      afterEach(() => theirs[Symbol.asyncDispose]())
      const fromThem = async (from: number): Promise<RemoteSlice> => ({
        ...(await served(theirs, from)),
        publicKey: theirParts.keys.publicKey,
      })

      it('what lies before is not taken, and nobody needs to be asked for it again', async () => {
        await retain()
        assert.deepEqual((await log.appendRemote(await fromThem(1))).map(textOf), ['d', 'e'])
        const [version] = log.feeds(general)
        assert.deepEqual([version?.floor, version?.head, version?.isWhole], [4, 5, true])
        assert.deepEqual(await log.appendRemote(await fromThem(1)), [])
        assert.deepEqual(await log.verify(), [])
      })

      it('history is filled down to the beginning, and said to be whole there', async () => {
        await retain()
        await log.appendRemote(await fromThem(5))
        assert.equal(log.feeds(general)[0]?.isWhole, false)
        await log.appendRemote({
          ...(await fromThem(1)),
          seal: undefined,
          events: (await fromThem(1)).events.slice(0, 4),
        })
        const [version] = log.feeds(general)
        assert.deepEqual([version?.floor, version?.head, version?.isWhole], [4, 5, true])
        assert.deepEqual(await page(), ['d', 'e'])
        assert.deepEqual(await log.verify(), [])
      })

      it('of a feed that ended before, the last event comes', async () => {
        nowMs += dayMs
        await retain()
        await log.appendRemote(await fromThem(1))
        assert.deepEqual(floors(), [[5, 5]])
        assert.deepEqual(await page(), [])
        assert.deepEqual(await log.verify(), [])
      })

      it('a node that was away for longer than anybody keeps goes on past the hole', async () => {
        await log.appendRemote(await fromThem(1))
        nowMs += 2 * dayMs
        await Promise.all(['f', 'g', 'h'].map((text) => theirs.append(draft(general, text))))
        await theirs.seal()
        await theirs.retain(general, { from: firstIdOf(nowMs), because })
        assert.deepEqual(floors(theirs), [[6, 8]])
        await assert.rejects(log.appendRemote(await fromThem(6).then(cut)), { code: 'CHAIN_BROKEN' })
        await retain()
        assert.deepEqual((await log.appendRemote(await fromThem(7))).map(textOf), ['g', 'h'])
        assert.deepEqual(floors(), [[7, 8]])
        for (const when of ['now', 'after a restart']) {
          assert.deepEqual(await page(), ['g', 'h'], when)
          assert.deepEqual(await log.verify(), [], when)
          await reopen()
        }
        await log.appendRemote({
          ...(await fromThem(6)),
          seal: undefined,
          events: (await fromThem(6)).events.slice(0, 1),
        })
        assert.deepEqual(await page(), ['f', 'g', 'h'])
        await log.retain(general, { from: firstIdOf(nowMs + 1), because })
        assert.deepEqual(floors(), [[8, 8]])
        assert.deepEqual(await log.verify(), [])
      })
    })
  })
}

/** Past the head of who takes it. */
const cut = (slice: RemoteSlice): RemoteSlice => ({ ...slice, from: slice.from + 1, events: slice.events.slice(1) })

/** The methods of one store, with the commit of another. */
const bound = (failing: Pick<Store, 'commit'>, store: Store): Store => ({
  damage: store.damage,
  get: (key) => store.get(key),
  getMany: (keys) => store.getMany(keys),
  entries: (range) => store.entries(range),
  values: (range) => store.values(range),
  clearDamage: () => store.clearDamage(),
  ready: () => store.ready(),
  commit: (operations) => failing.commit(operations),
  [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
})
