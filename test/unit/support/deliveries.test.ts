import assert from 'node:assert/strict'
import { checkDelivery } from '../../support/deliveries.ts'

describe('the check of deliveries', () => {
  const typing = { channel: '01a2ffc1-0000-7000-8000-000000000000', address: 'bob@elm.example', name: 'Bob' }

  it('takes what the table tells of', () => {
    checkDelivery('s/home/general/typing', JSON.stringify(typing))
    checkDelivery('s/home/general/lines', 'bob@elm.example: hello')
    checkDelivery('u/ada/inbox', JSON.stringify({ type: 'dm.closed', channel: typing.channel }))
    checkDelivery('u/ada/reply/here', JSON.stringify({ id: '1', result: { whatever: 1 } }))
    checkDelivery('u/bob@elm.example/presence', JSON.stringify({ user: 'bob@elm.example', status: 'offline' }))
  })

  for (const [what, topic, payload] of [
    ['a field too many', 's/home/general/typing', { ...typing, device: 'phone' }],
    ['a field that is wrong', 's/home/general/typing', { ...typing, name: 1 }],
    ['a type that nobody knows', 'u/ada/inbox', { type: 'weather' }],
    ['a topic that delivers nothing', 's/home/general/say', {}],
  ] as const) {
    it(`notices ${what}`, () => {
      assert.throws(() => checkDelivery(topic, JSON.stringify(payload)), { name: 'AssertionError' })
    })
  }
})
