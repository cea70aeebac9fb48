import assert from 'node:assert/strict'
import { z } from 'zod'
import { createCallTable, unnamedError } from '../../../node/call-table.ts'
import { answer } from '../../../node/calls.ts'
import type { Principal } from '../../../node/principal.ts'
import { defineCall } from '../../../spec/calls/call.ts'
import { HearthError } from '../../../spec/errors.ts'
import type { DeviceId, UserName } from '../../../spec/ids.ts'

const alice: Principal = { user: 'alice' as UserName, device: 'phone' as DeviceId, scope: undefined }
const echo = defineCall({
  method: 'echo',
  summary: 'Say it again',
  errors: ['NOT_ALLOWED'],
  token: 'any',
  input: z.strictObject({ text: z.string().optional() }),
  output: z.object({ text: z.string() }),
})
const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('call table', () => {
  const logged: string[] = []
  const note = (_: object, message: string): void => void logged.push(message)
  const logger = { debug: note, info: note, warn: note, error: note }
  let waitMs = 0
  const rate = { take: () => waitMs }
  let act = (text: string): string => text
  const table = createCallTable([answer(echo, (_, { text }) => Promise.resolve({ text: act(text ?? '') }))], {
    logger,
    rate,
  })

  it('CALL-2: an id comes back, an empty payload is an empty object', async () => {
    assert.deepEqual(await table.answer(alice, 'echo', bytes('{"id":"7","text":"hi"}')), {
      id: '7',
      result: { text: 'hi' },
    })
    assert.deepEqual(await table.answer(alice, 'echo', bytes('')), { result: { text: '' } })
  })

  const refused: readonly (readonly [string, string, string, RegExp])[] = [
    ['CALL-1: a method that is not there', 'toString', '{}', /NOT_FOUND.*toString/],
    ['CALL-3: an unknown field', 'echo', '{"text":"a","colour":1}', /UNKNOWN_FIELD.*colour/],
    ['CALL-3: a wrong field', 'echo', '{"text":1}', /BAD_REQUEST.*text/],
    ['an input that is no object', 'echo', '[1]', /BAD_REQUEST/],
    ['an id that is no text', 'echo', '{"id":1}', /BAD_REQUEST.*id/],
    ['JSON that is none', 'echo', '{', /JSON_INVALID/],
  ]
  for (const [what, method, payload, expected] of refused) {
    it(`${what} is refused by name`, async () => {
      assert.match(JSON.stringify(await table.answer(alice, method, bytes(payload))), expected)
    })
  }

  it('CALL-6: too many calls are RATE_LIMITED, and say until when; the id comes back', async () => {
    waitMs = 20
    const reply = await table.answer(alice, 'echo', bytes('{"id":"8"}'))
    assert.match(JSON.stringify(reply), /"id":"8".*RATE_LIMITED.*20 ms/)
    waitMs = 0
    assert.ok('result' in (await table.answer(alice, 'echo', bytes('{}'))))
  })

  it('CALL-4: an error that the spec does not name is passed on, and goes to the log', async () => {
    act = () => {
      throw new HearthError('EXISTS')
    }
    assert.match(JSON.stringify(await table.answer(alice, 'echo', bytes('{}'))), /EXISTS/)
    assert.deepEqual(logged.splice(0), [unnamedError])
  })

  it('answers what a handler refuses, and keeps our own faults to the log', async () => {
    act = () => {
      throw new HearthError('NOT_ALLOWED', 'you do not have the permission kick')
    }
    assert.deepEqual(await table.answer(alice, 'echo', bytes('{"id":"1"}')), {
      id: '1',
      error: { code: 'NOT_ALLOWED', message: 'you do not have the permission kick' },
    })
    act = () => {
      throw new TypeError('password is hunter2')
    }
    const reply = JSON.stringify(await table.answer(alice, 'echo', bytes('{}')))
    assert.match(reply, /INTERNAL/)
    assert.doesNotMatch(reply, /hunter2/)
    assert.deepEqual(logged, ['a call failed'])
  })
})
