import assert from 'node:assert/strict'
import { play } from './play.ts'
import { scenes } from './scenes.ts'

/** The commonest; `killed.long.ts` has them all. */
describe('kill -9 in the middle of a conversation', () => {
  it('MSG-3, MSGS-7: two nodes agree on every message, once, though one was killed while a client waited for its PUBACK', async () => {
    const [messages = assert.fail()] = scenes
    const transcript = await play(messages, { nodes: 2, kill: 'elm', during: 3 })
    assert.match(transcript, /# kill -9 of elm, and a restart/)
    assert.match(transcript, /bob \(3\.1\.1\) {3}→ elm {2}CONNECT {2}CONNACK session present 1/)
    assert.match(transcript, /alice \(5\) {5}← oak {2}PUBLISH QoS 1 {2}c\/\[general\]\/events .*"body":"at noon"/)
  })
})
