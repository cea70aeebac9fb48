import assert from 'node:assert/strict'
import { RawClient, startBroker } from './harness.ts'

describe('broker connect deadline', () => {
  it('threat 11: a connection without a whole CONNECT ends after 5 s, and honest logins go on meanwhile', async function () {
    this.timeout(30_000)
    await using test = await startBroker()
    const halfOpen = await Promise.all(Array.from({ length: 32 }, async () => RawClient.open(test.port)))
    for (const client of halfOpen) client.socket.write(Buffer.from([0x10, 0x20, 0x00]))
    const honest = await test.client()
    await Promise.all(halfOpen.map(({ closed }) => closed))
    await honest.ping()
    assert.equal(test.broker.metrics().cutOffs.CONNECT_TIMEOUT, 32)
  })
})
