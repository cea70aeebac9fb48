import assert from 'node:assert/strict'
import { createIngest } from '../../../node/ingest.ts'
import type { Appended, Draft } from '../../../node/log/log.ts'
import type { Principal } from '../../../node/principal.ts'
import { HearthError } from '../../../spec/errors.ts'
import type { ChannelId, DeviceId, EventId, MemberId, UserName } from '../../../spec/ids.ts'
import { decodeMessage } from '../../../spec/message.ts'

const general = 'general' as ChannelId
const other = 'other' as ChannelId
const person: Principal = { user: 'alice' as UserName, device: 'phone' as DeviceId, scope: undefined }
const token = (scope: Principal['scope']): Principal => ({ ...person, scope })
const message = (text: string) => ({ clientMessageId: undefined, text, replyTo: undefined, thread: undefined })

describe('ingest', () => {
  const drafts: Draft[] = []
  let fault: Error | undefined
  let waitMs = 0
  const ingest = createIngest({
    servers: { authorise: () => ({ ok: true, member: 'm' as MemberId, auth: 'grant' as EventId }) },
    log: {
      append: (draft) => {
        drafts.push(draft)
        return fault === undefined ? Promise.resolve({ status: 'appended' } as Appended) : Promise.reject(fault)
      },
    },
    mentions: () => [],
    checkSignature: () => undefined,
    rate: { take: () => waitMs, forget: () => undefined },
    clock: { now: () => 0 },
  })
  beforeEach(() => {
    drafts.length = 0
    fault = undefined
    waitMs = 0
  })

  it('hands drafts to the log in the order of the calls, before anything is awaited', async () => {
    const all = ['a', 'b', 'c'].map((text) => ingest.submit(person, general, message(text)))
    assert.deepEqual(
      drafts.map(({ body }) => decodeMessage(body).text),
      ['a', 'b', 'c'],
    )
    assert.ok((await Promise.all(all)).every(({ ok }) => ok))
  })

  it('cites the grant under which the author acts', async () => {
    await ingest.submit(person, general, message('a'))
    assert.equal(drafts[0]?.auth, 'grant')
    assert.equal(drafts[0]?.member, 'm')
  })

  it('a token reaches its channels and verbs only, and what is refused is not stored', async () => {
    const reader = token({ send: false, read: true })
    const sender = token({ send: true, read: false, channels: [general] })
    assert.equal((await ingest.submit(reader, general, message('a'))).ok, false)
    assert.equal((await ingest.submit(sender, other, message('a'))).ok, false)
    assert.equal(ingest.allows(sender, general, 'read').ok, false)
    assert.equal(ingest.allows(sender, general, 'kick').ok, false)
    assert.equal(drafts.length, 0)
    assert.equal((await ingest.submit(sender, general, message('a'))).ok, true)
    assert.equal(ingest.allows(reader, other, 'read').ok, true)
  })

  it('too fast is refused with the time to wait', async () => {
    waitMs = 40
    assert.deepEqual(await ingest.submit(person, general, message('a')), {
      ok: false,
      code: 'RATE_LIMITED',
      reason: 'too fast; send again in 40 ms',
    })
    assert.equal(drafts.length, 0)
  })

  it('returns what the disk refuses, and throws what is our own fault', async () => {
    fault = new HearthError('DISK_FULL')
    const refused = await ingest.submit(person, general, message('a'))
    assert.equal(refused.ok ? undefined : refused.code, 'DISK_FULL')
    fault = new TypeError('broken')
    await assert.rejects(ingest.submit(person, general, message('a')), TypeError)
  })
})
