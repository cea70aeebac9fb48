import assert from 'node:assert/strict'
import { HearthError } from '../../../spec/errors.ts'
import type { EventId } from '../../../spec/ids.ts'
import type { Mention } from '../../../spec/mentions.ts'
import {
  decodeMessage,
  encodeMessage,
  eventJson,
  isClientMessageId,
  parseSend,
  type Origin,
} from '../../../spec/message.ts'
import { hex, unhex } from '../../support/vectors/oracle.ts'
import { readVectors } from '../../support/vectors/read.ts'

interface Vectors {
  readonly valid: readonly {
    readonly body: string
    readonly text: string
    readonly clientMessageId?: string
    readonly replyTo?: EventId
    readonly thread?: EventId
    readonly mentions?: readonly Mention[]
    readonly forwarded?: Origin
  }[]
  readonly invalid: readonly { readonly body: string; readonly why: string }[]
}

const id = '01a31858-8d00-7000-8aaa-aaaaaaaaaaaa'

const fails = (command: unknown, code: string): void =>
  assert.throws(
    () => parseSend(command),
    (error) => error instanceof HearthError && error.code === code,
    JSON.stringify(command),
  )

describe('messages', () => {
  const { valid, invalid } = readVectors('message') as Vectors

  // MSG-1, MSG-2
  it('writes and reads the valid vectors', () => {
    for (const { body, text, clientMessageId, replyTo, thread, ...more } of valid) {
      const message = { clientMessageId, text, replyTo, thread, ...more }
      assert.equal(hex(encodeMessage(message)), body)
      assert.deepEqual(decodeMessage(unhex(body)), message)
    }
  })

  for (const { body, why } of invalid) {
    it(`refuses ${why}`, () => {
      const refused = (error: unknown): boolean => error instanceof HearthError && error.code === 'EVENT_INVALID'
      assert.throws(() => decodeMessage(unhex(body)), refused)
    })
  }

  // MSG-3
  it('knows the form of a client message id', () => {
    for (const id of ['1', 'a-b_c', '{"}', '~'.repeat(64)]) assert.ok(isClientMessageId(id), id)
    for (const id of ['', ' ', 'a b', 'ä', 'a\n', 'x'.repeat(65), 7, null, undefined]) assert.ok(!isClientMessageId(id))
  })

  // MSG-4
  it('reads a send command', () => {
    const absent = { clientMessageId: undefined, replyTo: undefined, thread: undefined }
    assert.deepEqual(parseSend({ body: 'hi' }), { ...absent, text: 'hi' })
    assert.deepEqual(parseSend({ body: 'hi', id: 'c-1', replyTo: id, thread: id, attachments: [] }), {
      text: 'hi',
      clientMessageId: 'c-1',
      replyTo: id,
      thread: id,
    })
  })

  it('names what is wrong with a send command', () => {
    for (const command of [null, 7, 'hi', [], {}, { body: 7 }, { body: 'hi', id: '' }, { body: 'hi', id: 'a b' }]) {
      fails(command, 'BAD_REQUEST')
    }
    fails({ body: 'hi', replyTo: 'x' }, 'BAD_REQUEST')
    fails({ body: 'hi', thread: null }, 'BAD_REQUEST')
    fails({ body: 'hi', attachments: ['x'] }, 'BAD_REQUEST')
    fails({ body: 'hi', author: 'bob' }, 'UNKNOWN_FIELD')
    fails({ body: ' ' }, 'TEXT_EMPTY')
    fails({ body: 'x'.repeat(2001) }, 'TEXT_TOO_LONG')
    fails({ body: '\ud800' }, 'NOT_UTF8')
  })

  // MSG-5
  it('knows the form of an event in JSON', () => {
    const event = {
      id,
      type: 'msg',
      channel: id,
      server: 'a'.repeat(52),
      position: 1,
      time: 1_800_000_000_000,
      author: { member: 'a'.repeat(26), address: 'alice@home.example', name: 'Alice' },
    }
    assert.deepEqual(eventJson.parse(event), event)
    const whole = { ...event, body: 'hi', clientId: 'c-1', replyTo: id, thread: id }
    assert.deepEqual(eventJson.parse(whole), whole)
    for (const wrong of [{ position: 0 }, { time: 0.5 }, { id: 'x' }, { author: {} }, { channel: undefined }]) {
      assert.equal(eventJson.safeParse({ ...event, ...wrong }).success, false)
    }
  })
})
