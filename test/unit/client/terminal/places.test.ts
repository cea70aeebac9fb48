import assert from 'node:assert/strict'
import { openSession, type Session } from '../../../../client/sdk/index.ts'
import { createPlaces, findChannel, type Channel } from '../../../../client/terminal/places.ts'
import { HearthError } from '../../../../spec/errors.ts'
import { channelA, channelB } from '../samples.ts'
import { createFakeNode, type FakeNode } from '../sdk/fake-node.ts'

const general: Channel = { id: channelA, server: 'home', handle: 'general', topic: '' }
const work: Channel = { id: channelB, server: 'work', handle: 'general', topic: '' }

const enter = (node: FakeNode): Promise<Session> =>
  openSession(node.components, { url: 'mqtt://n', user: 'alice', token: 't', device: 'd' })

describe('terminal places', () => {
  it('keeps what was listed last where an app token may not list', async () => {
    const node = createFakeNode()
    node.callFaults.set('server.list', new HearthError('NOT_ALLOWED'))
    await using session = await enter(node)
    assert.deepEqual(await createPlaces([general]).load(session), [general])
  })

  it('throws what else went wrong', async () => {
    const node = createFakeNode()
    node.callFaults.set('server.list', new HearthError('INTERNAL'))
    await using session = await enter(node)
    await assert.rejects(createPlaces([general]).load(session), { code: 'INTERNAL' })
  })

  it('finds a channel by its handle, and by its server where several have it', () => {
    assert.equal(findChannel([general], '#general'), general)
    assert.equal(findChannel([general, work], 'work/#general'), work)
    assert.throws(() => findChannel([general, work], 'general'), {
      code: 'BAD_REQUEST',
      message: /home\/general, work\/general/,
    })
    const bob: Channel = { id: channelB, server: 'direct', handle: 'bob', topic: '', isDirect: true }
    const lookalike: Channel = { ...work, handle: 'bob' }
    assert.equal(findChannel([general, lookalike, bob], '@bob'), bob)
    assert.throws(() => findChannel([general, lookalike], '@bob'), { code: 'NOT_FOUND' })
    assert.throws(() => findChannel([general], 'none'), { code: 'NOT_FOUND', message: /there is home\/general/ })
  })
})
