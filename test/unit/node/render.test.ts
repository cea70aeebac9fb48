import assert from 'node:assert/strict'
import type { Entry } from '../../../node/log/log.ts'
import { createRender } from '../../../node/render.ts'
import type { ChannelInfo } from '../../../node/servers/servers.ts'
import { encodeCbor } from '../../../spec/cbor.ts'
import { eventIdStamp, eventIdTail, makeEventId } from '../../../spec/event-id.ts'
import type { ChannelId, FeedId, Handle, MemberId, NodeId, ServerId } from '../../../spec/ids.ts'
import { encodeMessage, eventJson } from '../../../spec/message.ts'
import { sha256 } from '../../../node/crypto.ts'

const node = 'a'.repeat(52) as NodeId
const far = `b${'a'.repeat(51)}` as NodeId
const channel: ChannelInfo = {
  id: '01a20027-f9cb-7000-bc66-b7d84bf78472' as ChannelId,
  server: 'a'.repeat(52) as ServerId,
  handle: 'general' as Handle,
  name: 'general',
  topic: '',
  category: '',
  private: false,
  archived: false,
}
const id = makeEventId({ ms: 1_790_000_000_000, counter: 7 }, eventIdTail(sha256, new Uint8Array(16)))

const entryOf = (body: Uint8Array | undefined, fields: Partial<Entry> = {}): Entry => ({
  position: 3,
  id,
  channel: channel.id,
  feed: 'a'.repeat(26) as FeedId,
  seq: 1,
  node,
  member: 'a'.repeat(26) as MemberId,
  auth: id,
  type: 'msg',
  body,
  raw: new Uint8Array(),
  ...fields,
})
const message = (text: string) => encodeMessage({ clientMessageId: 'c"1"', text, replyTo: id, thread: undefined })

describe('render', () => {
  let name = 'alice'
  let covered = true
  const render = createRender(
    {
      channel: (wanted) => (wanted === channel.id ? channel : undefined),
      authorOf: (of) => ({ address: `alice@${of}`, name }),
      covers: () => covered,
    },
    { nodeName: { id: node, name: 'home' } },
  )
  beforeEach(() => {
    name = 'alice'
    covered = true
    render.forget()
  })

  it('MSG-5: gives what the schema of events says, whatever the text', () => {
    for (const text of ['hello', 'a "quoted" \\ line\nand\u2028another', '\u0001 😀']) {
      const rendered = render(entryOf(message(text)))
      const event = eventJson.parse(JSON.parse(rendered?.json ?? ''))
      assert.equal(event.body, text)
      assert.equal(event.clientId, 'c"1"')
      assert.equal(event.replyTo, id)
      assert.equal(event.time, eventIdStamp(id).ms)
      assert.equal(event.position, 3)
    }
  })

  it('TOPIC-5: a line is one message: address, text, further lines indented', () => {
    assert.equal(render(entryOf(message('one\r\ntwo')))?.line, 'alice@home: one\n\ttwo')
    assert.equal(render(entryOf(message('hi'), { node: far }))?.line, 'alice@baaaaaaa: hi')
  })

  it('GOV-12: what is behind a cut, or of an unknown channel, is not for clients', () => {
    covered = false
    assert.equal(render(entryOf(message('x'))), undefined)
    covered = true
    assert.equal(render(entryOf(message('x'), { channel: id as unknown as ChannelId })), undefined)
  })

  it('MSGS-16: shows a redacted, a foreign and a broken event without a body, the unknown ones as unsupported', () => {
    for (const [entry, mark] of [
      [entryOf(undefined), 'deleted'],
      [entryOf(encodeCbor([1]), { type: 'poll.create' }), 'unsupported'],
      [entryOf(encodeCbor(['no message'])), 'unsupported'],
    ] as const) {
      const rendered = render(entry)
      assert.equal(rendered?.line, undefined)
      const event = eventJson.parse(JSON.parse(rendered?.json ?? ''))
      assert.deepEqual([event.body, event.type, event[mark]], [undefined, entry.type, true])
    }
    assert.equal(render(entryOf(undefined, { type: 'edit' })), undefined)
  })

  it('takes a new name after forget', () => {
    render(entryOf(message('x')))
    name = 'Alice L.'
    assert.match(render(entryOf(message('x')))?.json ?? '', /"name":"alice"/)
    render.forget()
    assert.match(render(entryOf(message('x')))?.json ?? '', /"name":"Alice L\."/)
  })
})
