import assert from 'node:assert/strict'
import { eventIdStamp } from '../../../../spec/event-id.ts'
import type { LogComponents } from '../../../../node/log/components.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import type { Entry, FeedSlice, Log, RemoteSlice } from '../../../../node/log/log.ts'
import { createMemoryStore } from '../../../../node/store/memory-store.ts'
import type { Operation, Range, Store } from '../../../../node/store/store.ts'
import { channelId, components, draft, texts } from './fixture.ts'

describe('events of another node', () => {
  const channel = channelId()
  let theirParts: LogComponents
  let ours: Log
  let theirs: Log
  beforeEach(async () => {
    theirParts = components()
    ours = await createLog(components())
    theirs = await createLog(theirParts)
  })
  afterEach(() => Promise.all([ours[Symbol.asyncDispose](), theirs[Symbol.asyncDispose]()]))

  /** They say something and seal it. */
  const say = async (...said: string[]): Promise<void> => {
    await Promise.all(said.map((text) => theirs.append(draft(channel, text))))
    await theirs.seal()
  }
  const serve = async (from: number, limit: number): Promise<RemoteSlice> => {
    const [feed] = theirs.feeds(channel)
    const slice: FeedSlice | undefined = feed && (await theirs.slice(feed.feed, from, limit))
    assert.ok(slice)
    return { ...slice, publicKey: theirParts.keys.publicKey }
  }
  const held = async (log: Log): Promise<string[]> => texts(await log.page(channel, {}, 99))

  it('are taken with their seal, announced, found by every read, and verify', async () => {
    await say('a', 'b', 'c')
    const told: string[] = []
    ours.onCommitted((entries) => told.push(...texts(entries)))
    assert.deepEqual(texts(await ours.appendRemote(await serve(1, 9))), ['a', 'b', 'c'])
    assert.deepEqual(told, ['a', 'b', 'c'])
    assert.deepEqual(await held(ours), await held(theirs))
    assert.deepEqual(texts((await ours.since(new Set([channel]), 1, 9)).entries), ['b', 'c'])
    assert.deepEqual(ours.feeds(channel), theirs.feeds(channel))
    assert.deepEqual(await ours.verify(), [])
    const [feed] = ours.feeds(channel)
    const passedOn = feed && (await ours.slice(feed.feed, 1, 9))
    assert.deepEqual(passedOn?.seal, (await serve(1, 9)).seal)
  })

  it('threat 18: any repetition adds nothing', async () => {
    await say('a', 'b')
    const early = await serve(1, 9)
    await say('c')
    const whole = await serve(1, 9)
    for (const slice of [early, whole, early, whole, await serve(2, 9)]) await ours.appendRemote(slice)
    await Promise.all([ours.appendRemote(whole), ours.appendRemote(whole)])
    assert.deepEqual(await held(ours), ['a', 'b', 'c'])
    assert.equal(ours.position, 3)
    assert.deepEqual(await ours.verify(), [])
  })

  it('a feed that begins above its first event can be read while its first events are being stored', async () => {
    await say('a', 'b', 'c')
    const inner = createMemoryStore()
    const gate = Promise.withResolvers<void>()
    // The page is asked for before the commit, and finds what the commit has stored.
    const store = {
      ...boundStore(inner),
      values: async (range: Range) => {
        await gate.promise
        return inner.values(range)
      },
      commit: async (operations: readonly Operation[]) => {
        reading ??= log.page(channel, {}, 9)
        await inner.commit(operations)
      },
    }
    let reading: Promise<Entry[]> | undefined
    await using log = await createLog(components({ store }))
    await log.appendRemote(await serve(2, 9))
    gate.resolve()
    assert.deepEqual(texts((await reading) ?? []), ['b', 'c'])
  })

  it('continue where the feed ended; a hole is refused and named', async () => {
    await say('a')
    const first = await serve(1, 9)
    await say('b')
    await say('c')
    await ours.appendRemote(first)
    await assert.rejects(ours.appendRemote(await serve(3, 9)), { code: 'CHAIN_BROKEN', message: /events 2 to 2/ })
    await ours.appendRemote(await serve(2, 9))
    assert.deepEqual(await held(ours), ['a', 'b', 'c'])
  })

  it('may begin in the middle and be filled downwards without a seal', async () => {
    await say('a', 'b', 'c')
    await say('d')
    const unsealed = async (from: number, count: number): Promise<RemoteSlice> => {
      const { events, ...slice } = await serve(from, 9)
      return { ...slice, events: events.slice(0, count), seal: undefined }
    }
    await assert.rejects(ours.appendRemote(await unsealed(4, 1)), { code: 'SEAL_INVALID' })
    await ours.appendRemote(await serve(4, 9))
    assert.deepEqual([ours.feeds(channel)[0]?.floor, ours.feeds(channel)[0]?.head], [4, 4])
    await assert.rejects(ours.appendRemote(await unsealed(1, 2)), { code: 'CHAIN_BROKEN', message: /events 3 to 3/ })
    await ours.appendRemote(await unsealed(2, 2))
    await Promise.all([ours.appendRemote(await unsealed(1, 1)), ours.appendRemote(await unsealed(1, 1))])
    assert.deepEqual(await held(ours), ['a', 'b', 'c', 'd'])
    assert.deepEqual(texts((await ours.since(undefined, 0, 9)).entries), ['d', 'b', 'c', 'a'])
    assert.equal(ours.feeds(channel)[0]?.floor, 1)
    assert.deepEqual(await ours.verify(), [])
  })

  it('threat 17: a seal of another key, or over another event, is refused and nothing is stored', async () => {
    await say('a', 'b')
    const slice = await serve(1, 9)
    const { keys } = components()
    const refusals: RemoteSlice[] = [
      { ...slice, publicKey: keys.publicKey },
      { ...slice, events: slice.events.slice(0, 1) },
      { ...slice, seal: slice.seal && { ...slice.seal, signature: keys.sign(Buffer.from('x')) } },
      { ...slice, seal: undefined },
    ]
    for (const refused of refusals) await assert.rejects(ours.appendRemote(refused), { code: 'SEAL_INVALID' })
    assert.equal(ours.position, 0)
    assert.deepEqual(ours.feeds(), [])
  })

  it('one flipped bit is refused', async () => {
    await say('a', 'b')
    const slice = await serve(1, 9)
    const [first, second] = slice.events
    assert.ok(first && second)
    for (let at = 0; at < second.length; at += 3) {
      const flipped = Uint8Array.from(second)
      flipped[at] = (flipped[at] ?? 0) ^ 4
      await assert.rejects(ours.appendRemote({ ...slice, events: [first, flipped] }), /./, `byte ${at}`)
    }
    assert.equal(ours.position, 0)
  })

  it('threat 24: two histories of one feed are noticed, and the first is kept', async () => {
    // The same node, epoch and channel twice: what a node does that lies, or a copied disk without epochs.
    const twin = (text: string) =>
      createLog({
        ...theirParts,
        ...components({ keys: theirParts.keys, random: (length) => new Uint8Array(length).fill(7) }),
      }).then(async (log) => {
        await log.append(draft(channel, text))
        await log.seal()
        const slice = await log.slice(log.feeds(channel)[0]?.feed ?? assert.fail('no feed'), 1, 9)
        await log[Symbol.asyncDispose]()
        return { ...slice, publicKey: theirParts.keys.publicKey } as RemoteSlice
      })
    await ours.appendRemote(await twin('one'))
    await assert.rejects(ours.appendRemote(await twin('two')), {
      code: 'CHAIN_BROKEN',
      message: /two different events/,
    })
    assert.deepEqual(await held(ours), ['one'])
  })

  it('threat 19: an event over a minute ahead is refused and does not move the clock', async () => {
    await using ahead = await createLog({
      ...theirParts,
      ...components({ keys: theirParts.keys, clock: { now: () => Date.now() + 120_000 } }),
    })
    await ahead.append(draft(channel, 'tomorrow'))
    await ahead.seal()
    const slice = await ahead.slice(ahead.feeds()[0]?.feed ?? assert.fail('no feed'), 1, 9)
    assert.ok(slice)
    await assert.rejects(ours.appendRemote({ ...slice, publicKey: theirParts.keys.publicKey }), { code: 'CLOCK_AHEAD' })
    const { entry } = await ours.append(draft(channel, 'now'))
    assert.ok(eventIdStamp(entry.id).ms <= Date.now())
  })

  it('history is filled downwards, several pieces at once, and after a restart', async () => {
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) await say(text)
    const parts = components()
    const piece = async (from: number): Promise<RemoteSlice> => ({ ...(await serve(from, 1)), seal: undefined })
    {
      await using first = await createLog(parts, { checkpointMs: 3_600_000 })
      await first.appendRemote(await serve(6, 9))
      // As after a crash: the disk has the events, and no checkpoint.
      const copy = createMemoryStore()
      const entries = await parts.store.entries({ gte: new Uint8Array(), lt: Uint8Array.of(0xff) })
      await copy.commit(entries.map(([key, value]) => ({ type: 'put', key, value })))
      await using again = await createLog({ ...parts, store: copy, highWater: components().highWater })
      const below = await Promise.all([5, 4, 3, 2, 1].map(piece))
      await Promise.all(below.map((slice) => again.appendRemote(slice)))
      assert.deepEqual(await held(again), ['a', 'b', 'c', 'd', 'e', 'f'])
      assert.deepEqual(again.feeds(channel), theirs.feeds(channel))
      assert.deepEqual(await again.verify(), [])
    }
  })

  it('what has no seal yet is not for others, and who listens is told when it has', async () => {
    const told: number[] = []
    theirs.onSealed((sealed) => void told.push(...sealed.map(({ seal }) => seal.seq)))
    await say('a', 'b')
    await theirs.append(draft(channel, 'unsealed'))
    assert.deepEqual(
      [theirs.feeds(channel), theirs.sealedFeeds(channel)].map(([feed]) => feed?.head),
      [3, 2],
    )
    await theirs.seal()
    assert.equal(theirs.sealedFeeds(channel)[0]?.head, 3)
    assert.deepEqual(told, [2, 3])
    await ours.appendRemote(await serve(1, 9))
    assert.deepEqual(ours.sealedFeeds(channel), theirs.sealedFeeds(channel))
  })

  it('a redacted event is taken beside the event that redacted it, and only then', async () => {
    await say('secret', 'redaction')
    const [secret, by] = await theirs.page(channel, {}, 2)
    assert.ok(secret && by)
    await theirs.redact(secret.id, by.id)
    const slice = await serve(1, 9)
    assert.deepEqual(slice.redactedBy, new Map([[secret.id, by.id]]))
    await assert.rejects(ours.appendRemote({ ...slice, redactedBy: new Map() }), { code: 'EVENT_INVALID' })
    await ours.appendRemote(slice)
    assert.deepEqual(await held(ours), ['', 'redaction'])
    assert.deepEqual(await ours.verify(), [])
  })

  it('a node restored from a backup fetches its own tail from a peer and writes on in a new epoch', async () => {
    await say('a', 'b')
    await ours.appendRemote(await serve(1, 9))
    const [feed] = ours.feeds(channel)
    const slice = feed && (await ours.slice(feed.feed, 1, 9))
    assert.ok(slice)
    await using restored = await createLog(components({ keys: theirParts.keys }))
    await restored.appendRemote({ ...slice, publicKey: theirParts.keys.publicKey })
    await restored.append(draft(channel, 'c'))
    assert.deepEqual(await held(restored), ['a', 'b', 'c'])
    assert.equal(restored.feeds(channel).length, 2)
    assert.deepEqual(await restored.verify(), [])
    await assert.rejects(theirs.appendRemote({ ...slice, publicKey: theirParts.keys.publicKey }), {
      code: 'CHAIN_BROKEN',
    })
  })
})

/** The methods of a store, so that some can be replaced. */
const boundStore = (store: Store): Store => ({
  damage: store.damage,
  get: (key) => store.get(key),
  getMany: (keys) => store.getMany(keys),
  entries: (range) => store.entries(range),
  values: (range) => store.values(range),
  clearDamage: () => store.clearDamage(),
  ready: () => store.ready(),
  commit: (operations) => store.commit(operations),
  [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
})
