import assert from 'node:assert/strict'
import nacl from 'tweetnacl'
import { openSession, type EventJson, type Session, type Verdict } from '../../../../client/sdk/index.ts'
import { createMemoryKeyValue } from '../../../../client/sdk/store/memory-key-value.ts'
import { createOfflineStore } from '../../../../client/sdk/store/offline-store.ts'
import { signWords } from '../../../../spec/author.ts'
import { encodeBase32 } from '../../../../spec/base32.ts'
import type { NodeId, UserName } from '../../../../spec/ids.ts'
import { channelA, sampleEvent } from '../samples.ts'
import { createFakeNode } from './fake-node.ts'

const home = encodeBase32(new Uint8Array(32).fill(104)) as NodeId
const bob = { node: home, user: 'bob' as UserName }
const address = 'bob@home.example'

/** Bob's phone signs; the node, which is everybody's door to him, does with it what it likes. */
describe('sdk at a node that puts words in its members’ mouths', () => {
  const phone = nacl.sign.keyPair()
  const mallory = nacl.sign.keyPair()
  const keyOf = ({ publicKey }: nacl.SignKeyPair) => ({ key: encodeBase32(publicKey), since: 0 })

  const said = (ms: number, body: string, by: nacl.SignKeyPair = phone): EventJson => {
    const event = sampleEvent({ ms, position: ms, body, clientId: `c-${ms}` })
    const words = {
      kind: 'message' as const,
      channel: channelA,
      clientMessageId: `c-${ms}`,
      text: body,
      replyTo: undefined,
      thread: undefined,
    }
    const signature = signWords(bob, words, by.publicKey, (bytes) => nacl.sign.detached(bytes, by.secretKey))
    return { ...event, signature }
  }

  const enter = async (records = new Map<string, string>()) => {
    const node = createFakeNode()
    const listed = [keyOf(phone)]
    node.callAnswers.set('device.keys', () => ({
      people: [{ member: 'a'.repeat(26), address, node: home, keys: listed }],
    }))
    const session = await openSession(node.components, {
      url: 'mqtt://node',
      user: 'alice',
      password: 'x',
      device: 'd',
      store: createOfflineStore(createMemoryKeyValue(records)),
    })
    await session.subscribe(channelA)
    await until(session, () => session.state.kind === 'online')
    await session.loadOlder(channelA)
    return { node, session, listed }
  }
  const until = (session: Session, holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return
        stop()
        resolve()
      }
      const stop = session.onChange(look)
      look()
    })
  const verdicts = async (session: Session, count: number): Promise<[unknown, Verdict | undefined][]> => {
    const shown = (): [unknown, Verdict | undefined][] =>
      session.items(channelA).flatMap((item) => (item.kind === 'event' ? [[item.event.body, item.verdict]] : []))
    await until(session, () => shown().length === count && shown().every(([, verdict]) => verdict !== undefined))
    return shown()
  }

  it('threat 17: tells what bob said from what the node changed, repeated and made up', async () => {
    const { node, session } = await enter()
    const genuine = said(1_000, 'pay mallory nothing')
    node.deliver(genuine)
    node.deliver({ ...said(2_000, 'pay mallory 5'), body: 'pay mallory 500' })
    node.deliver({ ...genuine, id: sampleEvent({ ms: 3_000, position: 3_000 }).id, position: 3_000, time: 3_000 })
    node.deliver(said(4_000, 'signed by mallory', mallory))
    node.deliver(sampleEvent({ ms: 5_000, position: 5_000, body: 'with the signature taken off' }))
    assert.deepEqual(await verdicts(session, 5), [
      ['pay mallory nothing', 'verified'],
      ['pay mallory 500', 'forged'],
      ['pay mallory nothing', 'forged'],
      ['signed by mallory', 'unknown'],
      ['with the signature taken off', 'unsigned'],
    ])
    await session.close()
  })

  it('threat 17: shows an edit that bob did not sign as none of his', async () => {
    const { node, session } = await enter()
    const genuine = said(1_000, 'no')
    node.deliver(genuine)
    await verdicts(session, 1)
    const { body: _body, clientId: _client, signature, ...rest } = sampleEvent({ ms: 2_000, position: 2_000 })
    assert.equal(signature, undefined)
    node.deliver({ ...rest, type: 'edit', target: genuine.id, body: 'yes' })
    assert.deepEqual(await verdicts(session, 1), [['yes', 'unsigned']])
    const again = { ...rest, id: sampleEvent({ ms: 3_000, position: 3_000 }).id, position: 3_000, time: 3_000 }
    node.deliver({ ...again, type: 'edit', target: genuine.id, body: 'yes!', signature: genuine.signature })
    assert.deepEqual(await verdicts(session, 1), [['yes!', 'forged']])
    await session.close()
  })

  it('threat 26: a key that it lists for bob later is shown as new, over a restart of the client', async () => {
    const records = new Map<string, string>()
    const first = await enter(records)
    first.node.deliver(said(1_000, 'mine'))
    assert.deepEqual(await verdicts(first.session, 1), [['mine', 'verified']])
    await first.session.close()
    const second = await enter(records)
    second.listed.push(keyOf(mallory))
    second.node.deliver(said(2_000, 'mine, too', mallory))
    assert.deepEqual((await verdicts(second.session, 2)).at(-1), ['mine, too', 'new'])
    second.session.accept(address, keyOf(mallory).key)
    await until(second.session, () => second.session.items(channelA).at(-1)?.kind === 'event')
    assert.deepEqual((await verdicts(second.session, 2)).at(-1), ['mine, too', 'verified'])
    await second.session.close()
  })
})
