import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nacl from 'tweetnacl'
import { connect, openStore, type ConnectInit, type Session, type Verdict } from '../../../client/sdk/index.ts'
import { signWords } from '../../../spec/author.ts'
import { deviceKeys } from '../../../spec/calls/device.keys.ts'
import { deviceRevoke } from '../../../spec/calls/device.revoke.ts'
import { dmOpen } from '../../../spec/calls/dm.open.ts'
import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { messageForward } from '../../../spec/calls/message.forward.ts'
import type { ChannelId, DeviceId, NodeId, UserName } from '../../../spec/ids.ts'
import { openSite, password, type Person, type Site } from '../federation/nodes.ts'

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

/** Oak has the server, and Alice; Bob is at home on elm. Both use the SDK, with a store on disk. */
describe('sdk over two nodes', () => {
  const cleanUp = new AsyncDisposableStack()
  let oak: Site
  let elm: Site
  let people: Person[] = []
  let general: ChannelId
  let folder: string

  const enter = async (site: Site, user: string, device: string, init: Partial<ConnectInit> = {}): Promise<Session> => {
    const session = await connect({
      url: site.node.ready.addresses.mqtt,
      user,
      device,
      store: await openStore(join(folder, `${user}-${device}`)),
      ...init,
    })
    await session.subscribe(general)
    await until(session, () => session.state.kind === 'online')
    if (!session.timeline(general).isLoaded) await session.loadOlder(general)
    return session
  }
  const shown = (session: Session, text: string) =>
    session.items(general).find((item) => item.kind === 'event' && item.event.body === text)
  const verdictOf = (session: Session, text: string): Verdict | undefined => {
    const item = shown(session, text)
    return item?.kind === 'event' ? item.verdict : undefined
  }
  const verdict = async (session: Session, text: string): Promise<Verdict | undefined> => {
    await until(session, () => verdictOf(session, text) !== undefined)
    return verdictOf(session, text)
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-sdk-'))
    cleanUp.defer(() => rm(folder, { recursive: true, force: true }))
    const sites = await Promise.all([openSite('oak', '127.0.0.81'), openSite('elm', '127.0.0.82')])
    sites.forEach((site) => cleanUp.use(site))
    ;[oak, elm] = sites
    people = await Promise.all([oak.person('alice'), elm.person('bob')])
    people.forEach((person) => cleanUp.use(person))
    const [alice, bob] = people as [Person, Person]
    general = await alice.channel('oak', 'general')
    await bob.join(await oak.link())
  })
  after(() => cleanUp.disposeAsync())

  it('SIGN-1: what a device signs is verified at the other node, edited too', async () => {
    await using alice = await enter(oak, 'alice', 'phone', { password })
    await using bob = await enter(elm, 'bob', 'desk', { password })
    await alice.send(general, 'before the key')
    assert.equal(await verdict(bob, 'before the key'), 'unsigned')
    await alice.enrollDevice()
    await bob.enrollDevice()
    assert.equal((await alice.send(general, 'hello from oak')).state, 'stored')
    assert.equal(await verdict(bob, 'hello from oak'), 'verified')
    await bob.send(general, 'hello from elm')
    assert.equal(await verdict(alice, 'hello from elm'), 'verified')
    assert.equal(await verdict(bob, 'hello from elm'), 'verified')
    const item = shown(alice, 'hello from oak')
    assert.ok(item?.kind === 'event')
    await alice.edit(general, item.event.id, 'hello again from oak')
    assert.equal(await verdict(bob, 'hello again from oak'), 'verified')
  })

  it('ACC-30: a device logs in by a ticket of the key in its store, and signs on', async () => {
    await using bob = await enter(elm, 'bob', 'desk')
    await using alice = await enter(oak, 'alice', 'phone')
    await alice.send(general, 'by ticket')
    assert.equal(await verdict(bob, 'by ticket'), 'verified')
  })

  it('SYNC-8: own messages are marked stored, then replicated', async () => {
    await using alice = await enter(oak, 'alice', 'phone')
    await alice.send(general, 'to outlive oak')
    await until(alice, () => {
      const item = shown(alice, 'to outlive oak')
      return item?.kind === 'event' && item.mark === 'replicated'
    })
    // another device was not there when that was told
    await using other = await enter(oak, 'alice', 'tablet', { password })
    await until(other, () => {
      const item = shown(other, 'to outlive oak')
      return item?.kind === 'event' && item.mark === 'replicated'
    })
  })

  it('SIGN-4: a new device of somebody who is known is new, until an older one vouches for it', async () => {
    await using bob = await enter(elm, 'bob', 'desk')
    await using phone = await enter(oak, 'alice', 'phone')
    await using laptop = await enter(oak, 'alice', 'laptop', { password })
    const key = await laptop.enrollDevice()
    // bob's client asks its node at most every five seconds: this one has asked nobody yet
    await bob.close()
    await laptop.send(general, 'from my new laptop')
    await using again = await enter(elm, 'bob', 'desk')
    await until(again, () => verdictOf(again, 'from my new laptop') === 'new')
    await phone.vouch(key)
    await again.close()
    await using vouched = await enter(elm, 'bob', 'desk')
    await until(vouched, () => verdictOf(vouched, 'from my new laptop') === 'verified')
  })

  it('threat 17, SIGN-3: the node takes no signature that is not of the member', async () => {
    await using alice = await enter(oak, 'alice', 'phone')
    const [person] = people as [Person]
    const pair = nacl.sign.keyPair()
    const words = {
      kind: 'message' as const,
      channel: general,
      clientMessageId: 'mine',
      text: 'as alice',
      replyTo: undefined,
      thread: undefined,
    }
    const signer = { node: oak.nodeId as NodeId, user: 'alice' as UserName }
    const signature = signWords(signer, words, pair.publicKey, (bytes) => nacl.sign.detached(bytes, pair.secretKey))
    const forged = JSON.stringify({ body: 'as alice', id: 'mine', signature })
    const { code, reason } = await person.client.publish(`c/${general}/send`, forged)
    assert.equal(code, 0x99)
    assert.match(String(reason), /^SIGNATURE_INVALID/)
    const stolen = { ...signature, key: alice.deviceKey }
    const again = await person.client.publish(
      `c/${general}/send`,
      JSON.stringify({ body: 'as alice', id: 'mine', signature: stolen }),
    )
    assert.match(String(again.reason), /^SIGNATURE_INVALID/)
  })

  it('SIGN-5: in a direct message between the nodes, too', async () => {
    await using bob = await enter(elm, 'bob', 'desk')
    await using alice = await enter(oak, 'alice', 'phone')
    await alice.call(friendRequest, { address: bob.address ?? '' })
    await bob.call(friendAccept, { address: alice.address ?? '' })
    const { channel } = await alice.call(dmOpen, { address: bob.address ?? '' })
    await bob.call(dmOpen, { address: alice.address ?? '' })
    for (const one of [alice, bob]) {
      await one.subscribe(channel)
      await one.loadOlder(channel)
    }
    await alice.send(channel, 'between us')
    const said = () => bob.items(channel).find((item) => item.kind === 'event' && item.event.body === 'between us')
    await until(bob, () => {
      const item = said()
      return item?.kind === 'event' && item.verdict === 'verified'
    })
  })

  it('SIGN-3: a forwarded text is not signed by who forwards it', async () => {
    await using bob = await enter(elm, 'bob', 'desk')
    await using alice = await enter(oak, 'alice', 'phone')
    await alice.send(general, 'pass it on')
    await until(bob, () => shown(bob, 'pass it on') !== undefined)
    const item = shown(bob, 'pass it on')
    assert.ok(item?.kind === 'event')
    const { id } = await bob.call(messageForward, { channel: general, target: item.event.id, to: general })
    await until(bob, () => bob.timeline(general).events().at(-1)?.id === id)
    assert.equal(bob.items(general).findLast((one) => one.kind === 'event')?.verdict, 'unsigned')
  })

  it('threat 27: what a revoked device said stays verified; it does not come back, nor sign', async () => {
    await using phone = await enter(oak, 'alice', 'phone')
    const lost = await enter(oak, 'alice', 'lost', { password })
    const key = await lost.enrollDevice()
    await phone.vouch(key)
    await lost.send(general, 'said before it was lost')
    await phone.call(deviceRevoke, { device: 'lost' as DeviceId })
    await until(lost, () => lost.state.kind === 'closed')
    await lost.close()
    await assert.rejects(enter(oak, 'alice', 'lost'), { code: 'LOGIN_FAILED' })
    await using bob = await enter(elm, 'bob', 'desk')
    await until(bob, () => verdictOf(bob, 'said before it was lost') === 'verified')
    const member = bob
      .timeline(general)
      .events()
      .findLast(({ author }) => author.name === 'alice')!.author.member
    const { people: told } = await bob.call(deviceKeys, { channel: general, members: [member], fresh: true })
    assert.equal(told[0]?.node, oak.nodeId)
  })
})
