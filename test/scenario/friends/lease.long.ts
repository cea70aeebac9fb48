import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { callNode } from '../../support/calls.ts'
import { openSite } from '../federation/nodes.ts'

describe('presence of people whose node is gone', () => {
  it('PROF-13: killed, its people are offline after the lease; back, they are here again', async () => {
    await using oak = await openSite('oak', '127.0.0.71')
    await using elm = await openSite('elm', '127.0.0.72')
    const [sam, fay] = [await oak.person('sam'), await elm.person('fay')]
    await fay.join(await oak.link())
    const [sams, fays] = [`sam@${oak.nodeId}`, `fay@${elm.nodeId}`]
    await callNode(sam.client, 'sam', friendRequest, { address: fays })
    await callNode(fay.client, 'fay', friendAccept, { address: sams })
    await fay.client.subscribe('u/+/presence')
    const last = (): string =>
      fay.client.received.findLast(({ topic }) => topic === `u/${sams}/presence`)?.text ?? 'nothing'
    const seen = (status: string) =>
      fay.client.waitFor(({ topic }) => topic === `u/${sams}/presence` && last().includes(`"${status}"`))
    await seen('online')
    await oak.node.kill9()
    await seen('offline')
    await oak.node.restart()
    await sam.back()
    await seen('online')
  })
})
