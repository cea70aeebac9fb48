import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { createLogger } from '../../../../node/logging/logging.ts'

const logged = (
  write: (logger: ReturnType<typeof createLogger>) => void,
  config: Partial<Parameters<typeof createLogger>[0]> = {},
  terminal = false,
): string => {
  const stream = new PassThrough()
  write(createLogger({ logLevel: 'info', logFormat: 'auto', ...config }, { stream, terminal, colour: false }))
  return String(stream.read() ?? '')
}

describe('logging', () => {
  it('is one JSON object a line for programs, text for people', () => {
    const json = logged((logger) => logger.info({ port: 1 }, 'up'))
    const { level, port, msg, time } = JSON.parse(json) as Record<string, unknown>
    assert.deepEqual([level, port, msg], ['info', 1, 'up'])
    assert.match(String(time), /^\d{4}-\d\d-\d\dT/)
    assert.match(
      logged((logger) => logger.info({ port: 1 }, 'up'), {}, true),
      /INFO: up/,
    )
    assert.match(
      logged((logger) => logger.info({}, 'up'), { logFormat: 'json' }, true),
      /^\{/,
    )
  })

  it('leaves out what is below its level', () => {
    assert.equal(
      logged((logger) => logger.info({}, 'up'), { logLevel: 'warn' }),
      '',
    )
  })

  it('never shows a secret, on top or further down', () => {
    const secrets = {
      password: 'hunter2',
      token: 'hunter2',
      secret: 'hunter2',
      invite: 'hunter2',
      headers: { authorization: 'hunter2', cookie: 'hunter2' },
      request: { login: { password: 'hunter2', ticket: 'hunter2' } },
    }
    for (const terminal of [true, false]) {
      const text = logged((logger) => logger.warn(secrets, 'refused'), {}, terminal)
      assert.match(text, /\[secret\]/)
      assert.doesNotMatch(text, /hunter2/)
    }
  })
})
