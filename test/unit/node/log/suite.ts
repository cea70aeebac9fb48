import assert from 'node:assert/strict'
import type { ChannelId, EventId } from '../../../../spec/ids.ts'
import { checkChain, feedStart } from '../../../../spec/feed.ts'
import { eventIdStamp } from '../../../../spec/event-id.ts'
import { verifySeal } from '../../../../spec/seal.ts'
import type { LogComponents, LogInit } from '../../../../node/log/components.ts'
import { createLog } from '../../../../node/log/create-log.ts'
import type { Entry, Log } from '../../../../node/log/log.ts'
import { sha256 } from '../../../../node/crypto.ts'
import type { Store } from '../../../../node/store/store.ts'
import { channelId, components, draft, memberId, texts } from './fixture.ts'

/** What the log does on every store. `open` opens the store `name`, again if it was closed before. */
export function logSuite(engine: string, open: (name: string) => Promise<Store>): void {
  describe(`${engine}: the log`, () => {
    let names = 0
    let name: string
    let parts: LogComponents
    let log: Log
    const [general, random] = [channelId(), channelId()]
    const say = async (channel: ChannelId, ...said: string[]): Promise<Entry[]> =>
      (await Promise.all(said.map((text) => log.append(draft(channel, text))))).map(({ entry }) => entry)
    const reopen = async (init: LogInit = {}): Promise<void> => {
      await log[Symbol.asyncDispose]()
      await parts.store[Symbol.asyncDispose]()
      parts = { ...parts, store: await open(name) }
      log = await createLog(parts, init)
    }

    beforeEach(async () => {
      name = `log${names++}`
      parts = components({ store: await open(name) })
      log = await createLog(parts)
    })
    afterEach(async () => {
      await log[Symbol.asyncDispose]()
      await parts.store[Symbol.asyncDispose]()
    })

    describe('append', () => {
      it('answers with the stored event, in the order of the calls, at positions without holes', async () => {
        const said = Array.from({ length: 500 }, (_, index) => `m${index}`)
        const entries = await say(general, ...said)
        assert.deepEqual(texts(entries), said)
        assert.deepEqual(
          entries.map(({ position }) => position),
          said.map((_, index) => index + 1),
        )
        assert.equal(log.position, 500)
        assert.deepEqual(texts(await log.page(general, {}, 1_000)), said)
      })

      it('FEED-1 to FEED-6: makes one feed for a channel and a process, that checks out to its head', async () => {
        const entries = [...(await say(general, 'a', 'b')), ...(await say(general, 'c'))]
        await say(random, 'x')
        const [feed, ...others] = log.feeds(general)
        assert.ok(feed)
        assert.equal(others.length, 0)
        assert.equal(log.feeds().length, 2)
        assert.deepEqual([feed.node, feed.floor, feed.head], [parts.keys.nodeId, 1, 3])
        const chain = checkChain(
          sha256,
          feedStart(feed.feed),
          entries.map(({ raw }) => raw),
        )
        assert.ok(chain.ok)
        assert.deepEqual(Buffer.from(chain.head.hash), Buffer.from(feed.headHash))
      })

      it('keeps author, grant and type', async () => {
        const auth = (await say(general, 'grant'))[0]?.id
        const member = memberId()
        const { entry } = await log.append({
          channel: general,
          member,
          auth,
          type: 'channel.create',
          body: Buffer.of(1),
        })
        const { body, ...got } = (await log.get(entry.id)) ?? assert.fail('missing')
        const { body: expected, ...event } = entry
        assert.deepEqual({ ...got, raw: Buffer.from(got.raw) }, { ...event, raw: Buffer.from(event.raw) })
        assert.deepEqual(Buffer.from(body ?? []), Buffer.from(expected ?? []))
        assert.deepEqual([got.member, got.auth, got.type], [member, auth, 'channel.create'])
      })

      it('copies the body: what the caller does with it afterwards changes nothing', async () => {
        const body = Buffer.from('said')
        const appended = log.append({ ...draft(general, ''), body })
        await appended
        body.fill(0)
        assert.deepEqual(texts(await log.page(general, {}, 1)), ['said'])
      })

      it('refuses an event that is too long or of no type, and nothing else of its batch', async () => {
        const [before, long, odd, after] = await Promise.allSettled([
          log.append(draft(general, 'before')),
          log.append(draft(general, 'x'.repeat(128 * 1024))),
          log.append({ ...draft(general, 'odd'), type: 'No Type' }),
          log.append(draft(general, 'after')),
        ])
        assert.equal(before.status, 'fulfilled')
        assert.equal(long.status === 'rejected' && long.reason.code, 'EVENT_INVALID')
        assert.equal(odd.status === 'rejected' && odd.reason.code, 'EVENT_INVALID')
        assert.equal(after.status, 'fulfilled')
        assert.deepEqual(texts(await log.page(general, {}, 9)), ['before', 'after'])
        assert.deepEqual(await log.verify(), [])
      })

      it('tells each batch once, in order, when it can be read', async () => {
        const told: string[] = []
        const unsubscribe = log.onCommitted((entries) => {
          assert.ok(log.position >= (entries.at(-1)?.position ?? Infinity))
          told.push(...texts(entries))
        })
        await say(general, 'a', 'b')
        await say(random, 'c')
        unsubscribe()
        await say(general, 'd')
        assert.deepEqual(told, ['a', 'b', 'c'])
      })

      it('finishes what was called before closing, and refuses after', async () => {
        const last = log.append(draft(general, 'last'))
        await log[Symbol.asyncDispose]()
        assert.equal((await last).status, 'appended')
        await assert.rejects(log.append(draft(general, 'late')), { code: 'STORE_FAILED' })
      })
    })

    describe('a client message id', () => {
      it('stores a message once: in flight, later, and after a restart', async () => {
        const [first, second] = await Promise.all([
          log.append(draft(general, 'once', 'id1')),
          log.append(draft(general, 'once', 'id1')),
        ])
        const third = await log.append(draft(general, 'once', 'id1'))
        await reopen()
        const fourth = await log.append(draft(general, 'once', 'id1'))
        assert.deepEqual(
          [first, second, third, fourth].map(({ status }) => status),
          ['appended', 'duplicate', 'duplicate', 'duplicate'],
        )
        for (const { entry } of [second, third, fourth]) assert.equal(entry.id, first.entry.id)
        assert.equal(log.position, 1)
      })

      it('is one per member, and keeps the order of the calls', async () => {
        const other = { ...draft(general, 'other', 'id1'), member: memberId() }
        await Promise.all([
          log.append(draft(general, 'a')),
          log.append(draft(general, 'b', 'id1')),
          log.append(other),
          log.append(draft(general, 'c')),
          log.append(draft(general, 'd', 'id2')),
        ])
        assert.deepEqual(texts(await log.page(general, {}, 9)), ['a', 'b', 'other', 'c', 'd'])
      })

      it('has 1 to 64 bytes', async () => {
        await log.append(draft(general, 'a', 'x'.repeat(64)))
        for (const id of ['', 'x'.repeat(65), 'é'.repeat(33)]) {
          await assert.rejects(log.append(draft(general, 'a', id)), { code: 'BAD_REQUEST' })
        }
      })
    })

    describe('page', () => {
      let ids: EventId[]
      beforeEach(async () => {
        ids = (await say(general, 'a', 'b', 'c', 'd', 'e')).map(({ id }) => id)
        await say(random, 'x')
      })
      const page = async (anchor: object, limit: number) =>
        (await log.page(general, anchor, limit)).map((e) => texts([e])[0]).join('')

      it('gives the newest, oldest of them first', async () => {
        assert.equal(await page({}, 2), 'de')
        assert.equal(await page({}, 99), 'abcde')
        assert.equal(await page({}, 0), '')
      })

      it('gives what is before, after and around an event', async () => {
        assert.equal(await page({ before: ids[3] }, 2), 'bc')
        assert.equal(await page({ before: ids[0] }, 2), '')
        assert.equal(await page({ after: ids[1] }, 2), 'cd')
        assert.equal(await page({ after: ids[4] }, 2), '')
        assert.equal(await page({ around: ids[2] }, 3), 'bcd')
        assert.equal(await page({ around: ids[0] }, 4), 'ab')
      })

      it('is empty for a channel that nobody wrote in', async () => {
        assert.deepEqual(await log.page(channelId(), {}, 9), [])
        assert.deepEqual(await log.get(ids[0]?.replace(/.$/, (c) => (c === '0' ? '1' : '0')) as EventId), undefined)
      })
    })

    describe('since', () => {
      const read = async (channels: ChannelId[] | undefined, from: number, limit: number) => {
        const { entries, to } = await log.since(channels && new Set(channels), from, limit)
        return [texts(entries).join(''), to]
      }

      for (const [when, settle] of [
        ['from memory', () => Promise.resolve()],
        ['from disk', () => reopen()],
        ['from both', () => reopen().then(() => say(general, 'e', 'f'))],
      ] as const) {
        it(`follows the arrival, of all channels or some, ${when}`, async () => {
          await say(general, 'a')
          await say(random, 'b')
          await say(general, 'c', 'd')
          await settle()
          const end = log.position
          const tail = end === 6 ? 'ef' : ''
          assert.deepEqual(await read(undefined, 0, 99), [`abcd${tail}`, end])
          assert.deepEqual(await read(undefined, 1, 2), ['bc', 3])
          assert.deepEqual(await read([general], 0, 2), ['ac', 3])
          assert.deepEqual(await read([general], 3, 99), [`d${tail}`, end])
          assert.deepEqual(await read([random], 2, 99), ['', end])
          assert.deepEqual(await read([general, random], 1, 99), [`bcd${tail}`, end])
          assert.deepEqual(await read([channelId()], 0, 99), ['', end])
          assert.deepEqual(await read(undefined, end, 99), ['', end])
        })
      }
    })

    describe('a restart', () => {
      it('opens a new epoch and keeps everything', async () => {
        await say(general, 'a', 'b')
        await reopen()
        await say(general, 'c')
        assert.equal(log.feeds(general).length, 2)
        assert.equal(new Set(log.feeds(general).map(({ epoch }) => epoch)).size, 2)
        assert.deepEqual(texts(await log.page(general, {}, 9)), ['a', 'b', 'c'])
        assert.equal(log.position, 3)
        assert.deepEqual(await log.verify(), [])
      })

      it('without a checkpoint reads everything from the batches', async () => {
        const crashed = {
          ...parts,
          timers: { soon: (work: () => void) => void setImmediate(work), after: () => () => undefined },
        }
        const first = await createLog(crashed)
        await Promise.all(['a', 'b'].map((text) => first.append(draft(general, text))))
        await first.append(draft(random, 'c'))
        const again = await createLog(parts)
        assert.deepEqual(texts((await again.since(undefined, 0, 9)).entries), ['a', 'b', 'c'])
        assert.equal(again.stats().unsealed, 0)
        assert.deepEqual(await again.verify(), [])
        await again[Symbol.asyncDispose]()
      })
    })

    it('SEAL-1: seals cover every feed of a flush under one signature', async () => {
      let signatures = 0
      const { sign } = parts.keys
      const keys = { ...parts.keys, sign: (message: Uint8Array) => (signatures++, sign(message)) }
      await using sealing = await createLog({ ...parts, keys })
      await Promise.all([general, random].map((channel) => sealing.append(draft(channel, 'x'))))
      assert.equal(sealing.stats().unsealed, 2)
      await sealing.seal()
      assert.equal(signatures, 1)
      assert.equal(sealing.stats().unsealed, 0)
      for (const { feed, headHash } of sealing.feeds()) {
        const slice = await sealing.slice(feed, 1, 9)
        assert.ok(slice?.seal)
        assert.deepEqual(Buffer.from(slice.seal.hash), Buffer.from(headHash))
        assert.ok(verifySeal(sha256, keys.verify, keys.publicKey, { feed, seal: slice.seal }))
      }
    })

    it('EVENT-6: a redacted event keeps its header, and its feed still verifies', async () => {
      const [secret, by] = await say(general, 'secret', 'redaction')
      assert.ok(secret && by)
      const redacted = await log.redact(secret.id, by.id)
      assert.equal(redacted.body, undefined)
      for (const when of ['now', 'after a restart']) {
        const found = await log.get(secret.id)
        assert.equal(found?.body, undefined, when)
        assert.ok(!Buffer.from(found?.raw ?? []).includes('secret'), when)
        const { entries } = await log.since(undefined, 0, 9)
        assert.deepEqual(texts(entries), ['', 'redaction'], when)
        assert.deepEqual(await log.verify(), [], when)
        await reopen()
      }
      await assert.rejects(log.redact(secret.id, secret.id.replace(/^./, 'f') as EventId), { code: 'NOT_FOUND' })
    })

    it('threat 43: a clock that jumps a day ahead and back loses nothing and keeps the order', async () => {
      let now = Date.UTC(2026, 0, 2)
      const jumping = { ...parts, clock: { now: () => now } }
      const day = 24 * 3600 * 1000
      const jumps = [0, day, -day, 5, -2 * day, 0]
      const said: string[] = []
      for (const restart of [false, true]) {
        await using restarted = await createLog(jumping)
        for (const jump of jumps) {
          now += jump
          said.push(`${restart} ${said.length}`)
          await restarted.append(draft(general, said.at(-1) ?? ''))
        }
      }
      await using checked = await createLog(jumping)
      const page = await checked.page(general, {}, 99)
      assert.deepEqual(texts(page), said)
      assert.deepEqual(texts((await checked.since(undefined, 0, 99)).entries), said)
      const stamps = page.map(({ id }) => eventIdStamp(id))
      assert.ok(stamps.every(({ ms }) => ms >= Date.UTC(2026, 0, 1) && ms <= Date.UTC(2026, 0, 4)))
      assert.deepEqual(await checked.verify(), [])
    })
  })
}
