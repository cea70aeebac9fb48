import assert from 'node:assert/strict'
import { listenersOf } from '../../../../node/config/listeners.ts'
import { configSchema } from '../../../../node/config/settings.ts'

describe('where a node listens', () => {
  it('on one address, in plain text too, unless told otherwise', () => {
    const { http, mqtt, mqtts } = listenersOf(configSchema.parse({}))
    assert.deepEqual(http, { host: '127.0.0.1', port: 8080, plainFrom: 'anyone' })
    assert.deepEqual(mqtt, { host: '127.0.0.1', port: 1883, plainFrom: 'anyone' })
    assert.deepEqual(mqtts, { host: '127.0.0.1', port: 8883, plainFrom: 'nobody' })
  })

  it('public: everywhere with TLS, plain text from this machine only', () => {
    const { http, mqtt, mqtts, p2p } = listenersOf(configSchema.parse({ public: true, bind: '10.0.0.1' }))
    assert.deepEqual(http, { host: undefined, port: 8080, plainFrom: 'loopback' })
    assert.deepEqual(mqtt, { host: '127.0.0.1', port: 1883, plainFrom: 'loopback' })
    assert.equal(mqtts.host, undefined)
    assert.equal(p2p.host, undefined)
  })
})
