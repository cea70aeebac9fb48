import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createLog } from '../../../../node/log/create-log.ts'
import { relationKey } from '../../../../node/log/keys.ts'
import type { Entry, Log } from '../../../../node/log/log.ts'
import type { Relations } from '../../../../node/log/relations.ts'
import type { EventId } from '../../../../spec/ids.ts'
import { isEventId } from '../../../../spec/event-id.ts'
import { parseUuid } from '../../../../spec/uuid.ts'
import { channelId, components, draft, texts } from './fixture.ts'

/** `kind target` or `! target` in the body: an event that is about another. */
const relations: Relations = {
  version: 1,
  of: (_type, body) => {
    const [kind = '', target] = Buffer.from(body).toString().split(' ')
    if (!isEventId(target)) return undefined
    return { kind: kind === '!' ? 33 : Number(kind), target, redacts: kind === '!' }
  },
}

const first = '00000000-0000-7000-8000-000000000000' as EventId
const last = 'ffffffff-ffff-7fff-bfff-ffffffffffff' as EventId
const all = { from: first, to: last }

describe('the log’s index of relations', () => {
  const channel = channelId()
  const say = async (log: Log, text: string): Promise<Entry> => (await log.append(draft(channel, text))).entry

  it('lists what is about an event by kind, in the order of ids, also when the event is not here', async () => {
    await using log = await createLog(components({ relations }))
    const target = await say(log, 'hello')
    const other = await say(log, 'other')
    const absent = `${last.slice(0, 34)}07` as EventId
    const likes = [await say(log, `1 ${target.id}`), await say(log, `1 ${target.id}`)]
    const thread = await say(log, `2 ${target.id}`)
    await say(log, `1 ${other.id}`)
    await say(log, `1 ${absent}`)
    const only = { from: target.id, to: target.id }
    assert.deepEqual(
      (await log.related(channel, 1, only)).map(({ id }) => id),
      likes.map(({ id }) => id),
    )
    assert.deepEqual(await log.related(channel, 2, all), [{ target: target.id, id: thread.id }])
    assert.deepEqual(await log.targets(channel, 1, all), [target.id, other.id, absent])
    assert.deepEqual(await log.targets(channel, 1, { ...all, reverse: true, limit: 2 }), [absent, other.id])
    assert.deepEqual(
      (await log.related(channel, 1, { ...only, reverse: true, limit: 1 })).map(({ id }) => id),
      [likes[1]?.id],
    )
    assert.deepEqual(await log.related(channelId(), 1, all), [])
    assert.deepEqual(texts(await log.entries(channel, [other.id, absent, target.id])), ['other', 'hello'])
    assert.deepEqual(await log.verify(), [])
  })

  it('is in the batch of the event: after a restart it is whole, and lists redactions that were not done', async () => {
    const parts = components({ relations })
    const log = await createLog(parts)
    const target = await say(log, 'secret')
    const deletion = await say(log, `! ${target.id}`)
    const wanted = [{ channel, target: target.id, by: deletion.id }]
    assert.deepEqual(await log.redactionsWanted(), wanted)
    const [one = assert.fail()] = wanted
    const { channel: place, target: about } = one
    assert.deepEqual(await log.redactionsWanted({ limit: 1 }), wanted.slice(0, 1))
    assert.deepEqual(await log.redactionsWanted({ after: one, limit: 9 }), wanted.slice(1))
    assert.deepEqual(
      await log.redactionsWanted({ of: { channel: place, target: about } }),
      wanted.filter(({ target: other }) => other === about),
    )
    assert.deepEqual(await log.redactionsWanted({ of: { channel: channelId(), target: about } }), [])
    await log[Symbol.asyncDispose]()
    await using again = await createLog(parts)
    assert.deepEqual(await again.redactionsWanted(), wanted)
    await again.redact(target.id, deletion.id)
    assert.deepEqual(await again.redactionsWanted(), [])
    await again.redact(target.id, deletion.id)
    assert.deepEqual(
      (await again.related(channel, 33, all)).map(({ id }) => id),
      [deletion.id],
    )
    assert.deepEqual(await again.verify(), [])
  })

  it('is written anew for a log that had none, or one of another version', async () => {
    const parts = components()
    const bare = await createLog(parts)
    const target = await say(bare, 'hello')
    for (let i = 0; i < 2_500; i++) void say(bare, `1 ${target.id}`)
    const deletion = await say(bare, `! ${target.id}`)
    await bare[Symbol.asyncDispose]()
    await using log = await createLog({ ...parts, relations })
    assert.equal((await log.related(channel, 1, all)).length, 2_500)
    assert.deepEqual(await log.redactionsWanted(), [{ channel, target: target.id, by: deletion.id }])
    await log[Symbol.asyncDispose]()
    const fewer: Relations = { version: 2, of: () => undefined }
    await using newer = await createLog({ ...parts, relations: fewer })
    assert.deepEqual(await newer.related(channel, 1, all), [])
    assert.deepEqual(await newer.redactionsWanted(), [])
  })

  it('verify finds an event that its target does not list', async () => {
    const parts = components({ relations })
    await using log = await createLog(parts)
    const target = await say(log, 'hello')
    const like = await say(log, `1 ${target.id}`)
    const bytes = (id: string) => parseUuid(id) ?? assert.fail(id)
    await parts.store.commit([{ type: 'del', key: relationKey(bytes(channel), 1, bytes(target.id), bytes(like.id)) }])
    assert.deepEqual(
      (await log.verify()).map(({ kind, event }) => [kind, event]),
      [['index', like.id]],
    )
  })

  it('an event of another node counts as one of this node does, whichever of the two comes first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), async (backwards) => {
        const far = components({ relations })
        await using source = await createLog(far)
        const target = await say(source, 'hello')
        for (const kind of [1, 2, 1]) await say(source, `${kind} ${target.id}`)
        await source.seal()
        const [feed] = source.feeds(channel)
        assert.ok(feed)
        await using log = await createLog(components({ relations }))
        const take = async (from: number, limit: number): Promise<void> => {
          const slice = (await source.slice(feed.feed, from, limit)) ?? assert.fail('no slice')
          await log.appendRemote({ ...slice, publicKey: far.keys.publicKey })
        }
        if (backwards) await take(2, 3)
        if (backwards) {
          const slice = (await source.slice(feed.feed, 1, 1)) ?? assert.fail('no slice')
          await log.appendRemote({
            ...slice,
            events: slice.events.slice(0, 1),
            seal: undefined,
            publicKey: far.keys.publicKey,
          })
        } else await take(1, 4)
        for (const kind of [1, 2]) {
          assert.deepEqual(await log.related(channel, kind, all), await source.related(channel, kind, all))
        }
        assert.deepEqual(await log.verify(), [])
      }),
      { numRuns: 6 },
    )
  })
})
