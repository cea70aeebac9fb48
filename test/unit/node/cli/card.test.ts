import assert from 'node:assert/strict'
import { card } from '../../../../node/cli/card.ts'
import type { CardInit } from '../../../../node/cli/card.ts'
import { paintFor } from '../../../../node/cli/io.ts'
import type { Started } from '../../../../node/admin/components.ts'

const status: Started['status'] = {
  name: 'attic',
  nodeId: 'abc',
  version: '0.1.0',
  pid: 42,
  startedAt: 0,
  data: '/srv/my data',
  addresses: {
    http: 'http://127.0.0.1:8080',
    webSocket: 'ws://127.0.0.1:8080/mqtt',
    mqtt: 'mqtt://127.0.0.1:1883',
    mqtts: 'mqtts://127.0.0.1:8883',
  },
  connections: 0,
  users: 1,
  servers: 1,
  channels: 1,
  entries: 4,
  memoryBytes: 1,
  clockAheadMs: 0,
}
const firstRun = { adminInvite: 'hi_code', server: 'attic', channel: 'general', user: 'hello', token: 'ht_token' }
const init: CardInit = { command: './hearth', dataFlag: undefined, box: false, paint: paintFor(false) }

describe('the card', () => {
  it('says at the first start how to come in, and the lines that work', () => {
    const text = card({ status, firstRun }, init)
    assert.match(text, /http:\/\/127\.0\.0\.1:8080\/join#hi_code/)
    assert.match(text, /mosquitto_sub -h 127\.0\.0\.1 -p 1883 -u hello -P ht_token -t s\/attic\/general\/lines/)
    assert.match(text, /mosquitto_pub -h 127\.0\.0\.1 -p 1883 -u hello -P ht_token -t s\/attic\/general\/say -m '/)
    for (const address of Object.values(status.addresses)) assert.ok(text.includes(String(address)))
    assert.ok(text.includes('/srv/my data'))
    assert.match(text, /Ctrl-C/)
  })

  it('keeps secrets to the first start', () => {
    assert.doesNotMatch(card({ status }, init), /hi_code|ht_token|mosquitto/)
  })

  it('carries --data on, quoted for the shell', () => {
    assert.match(card({ status }, { ...init, dataFlag: "/srv/o'b" }), /\.\/hearth chat --data '\/srv\/o'\\''b'/)
  })

  it('is plain where nobody looks, and boxed on a terminal', () => {
    assert.match(card({ status }, init), /^attic is up \(Hearth 0\.1\.0\)\n/)
    // oxlint-disable-next-line no-control-regex
    assert.doesNotMatch(card({ status, firstRun }, init), /\u001B|│/)
    const [top, middle, bottom] = card({ status }, { ...init, box: true }).split('\n')
    assert.equal(new Set([top?.length, middle?.length, bottom?.length]).size, 1)
  })
})
