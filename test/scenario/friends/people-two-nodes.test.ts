import assert from 'node:assert/strict'
import { z } from 'zod'
import { block } from '../../../spec/calls/block.ts'
import type { CallSpec } from '../../../spec/calls/call.ts'
import { friendAccept } from '../../../spec/calls/friend.accept.ts'
import { friendRemove } from '../../../spec/calls/friend.remove.ts'
import { friendRequest } from '../../../spec/calls/friend.request.ts'
import { profileSet } from '../../../spec/calls/profile.set.ts'
import { profileShow } from '../../../spec/calls/profile.show.ts'
import { presenceList } from '../../../spec/calls/presence.list.ts'
import { unblock } from '../../../spec/calls/unblock.ts'
import { who } from '../../../spec/calls/who.ts'
import type { ChannelId } from '../../../spec/ids.ts'
import type { PresenceJson } from '../../../spec/presence.ts'
import { callNode } from '../../support/calls.ts'
import { connectClient } from '../../support/mqtt-client.ts'
import { openSite, type Person, type Site } from '../federation/nodes.ts'

/**
 * Threat 39 over two nodes. Sam is at oak. At elm are Mia, who shares a server with Sam; Fay, Sam's friend; Stu, who is
 * neither; Bea, whom Sam blocks; Kim, who blocks Sam. Mia, Bea and Kim are in the server.
 */
describe('threat 39: people of another node', () => {
  let oak: Site
  let elm: Site
  let sam: Person
  const viewers = new Map<string, Person>()
  const viewer = (name: string): Person => viewers.get(name)!
  let sams: string
  let general: ChannelId
  before(async () => {
    ;[oak, elm] = await Promise.all([openSite('oak', '127.0.0.41'), openSite('elm', '127.0.0.42')])
    sam = await oak.person('sam')
    for (const name of ['mia', 'fay', 'stu', 'bea', 'kim']) viewers.set(name, await elm.person(name))
    sams = `sam@${oak.nodeId}`
    const link = await oak.link()
    for (const name of ['mia', 'bea', 'kim']) await viewer(name).join(link)
    general = await sam.channel('oak', 'general')
    await call(sam, friendRequest, { address: `fay@${elm.nodeId}` })
    await call(viewer('fay'), friendAccept, { address: sams })
    await sam.inbox('friend.accepted')
    await call(sam, block, { address: `bea@${elm.nodeId}` })
    await call(viewer('kim'), block, { address: sams })
    for (const one of [sam, ...viewers.values()]) await one.client.subscribe('u/+/presence')
    await seen(viewer('mia'), 'online')
    await seen(viewer('fay'), 'online')
  })
  after(() => Promise.all([oak[Symbol.asyncDispose](), elm[Symbol.asyncDispose]()]))

  const call = <I extends z.ZodType, O extends z.ZodType>(of: Person, spec: CallSpec<I, O>, input: z.input<I>) =>
    callNode(of.client, of.user, spec, input)
  const presences = (of: Person, address = sams): PresenceJson[] =>
    of.client.received
      .filter(({ topic }) => topic === `u/${address}/presence`)
      .map(({ text }) => JSON.parse(text) as PresenceJson)
  const last = (of: Person, address = sams): string => presences(of, address).at(-1)?.status ?? 'nothing'
  /** The last one that has come is this. */
  const seen = (of: Person, status: string, address = sams) =>
    of.client.waitFor(({ topic }) => topic === `u/${address}/presence` && last(of, address) === status)
  /** Everything that was on its way to them is there: what everybody gets comes after it. */
  const flushed = async (of: Person): Promise<void> => {
    await call(of, who, { channel: general }).catch(() => undefined)
  }

  for (const status of ['idle', 'dnd', 'online'] as const) {
    it(`FRIEND-9, PROF-12, PROF-14: ${status} is seen by a friend and by who shares a server, and by nobody else`, async () => {
      await sam.client.publish('u/sam/presence', JSON.stringify({ status }))
      await seen(viewer('mia'), status)
      await seen(viewer('fay'), status)
      for (const name of ['stu', 'bea', 'kim']) {
        await flushed(viewer(name))
        assert.ok(['offline', 'nothing'].includes(last(viewer(name))), `${name} sees ${last(viewer(name))}`)
      }
    })
  }

  it('the text beside it travels, and the other way round: Sam sees Mia and Fay, and nobody of a block', async () => {
    await sam.client.publish('u/sam/presence', JSON.stringify({ status: 'online', text: 'in a tree' }))
    await viewer('mia').client.waitFor(
      ({ topic, text }) => topic === `u/${sams}/presence` && text.includes('in a tree'),
    )
    for (const name of ['mia', 'fay']) await seen(sam, 'online', `${name}@${elm.nodeId}`)
    for (const name of ['stu', 'bea', 'kim']) assert.equal(last(sam, `${name}@${elm.nodeId}`), 'nothing')
  })

  it('TOPIC-10, TOPIC-12: a new subscription shows the same, and is refused to strangers only', async () => {
    for (const [name, person] of viewers) {
      const from = presences(person).length
      const [code = 0] = await person.client.subscribe(`u/${sams}/presence`)
      assert.equal(code < 0x80, name !== 'stu', name)
      await flushed(person)
      assert.equal(presences(person).length > from, ['mia', 'fay'].includes(name), name)
    }
  })

  it('PROF-11: who and presence.list tell of people of the other node, with the same eyes', async () => {
    const online = async (of: Person) => (await call(of, who, { channel: general })).online
    const mias = await online(viewer('mia'))
    assert.deepEqual(
      mias.filter(({ address }) => address.startsWith('sam')),
      [{ address: sams, status: 'online' }],
    )
    assert.deepEqual(
      (await online(sam)).map(({ address }) => address),
      [`mia@${elm.nodeId}`, sams],
    )
    for (const name of ['bea', 'kim']) {
      assert.ok(!(await online(viewer(name))).some(({ address }) => address === sams), name)
    }
    const { present } = await call(viewer('mia'), presenceList, { server: 'oak' })
    assert.deepEqual(
      present.map(({ user, status, text }) => [user, status, text]).filter(([user]) => user === sams),
      [[sams, 'online', 'in a tree']],
    )
  })

  it('invisible is offline to everybody', async () => {
    await sam.client.publish('u/sam/presence', '{"status":"invisible"}')
    for (const name of ['mia', 'fay']) await seen(viewer(name), 'offline')
    assert.ok(!(await call(viewer('mia'), who, { channel: general })).online.some(({ address }) => address === sams))
    await sam.client.publish('u/sam/presence', '{"status":"online"}')
    for (const name of ['mia', 'fay']) await seen(viewer(name), 'online')
  })

  it('FRIEND-5: friends no more, they are told offline and nothing further', async () => {
    await call(sam, friendRemove, { address: `fay@${elm.nodeId}` })
    await seen(viewer('fay'), 'offline')
    const from = presences(viewer('fay')).length
    await sam.client.publish('u/sam/presence', '{"status":"dnd"}')
    await seen(viewer('mia'), 'dnd')
    await flushed(viewer('fay'))
    assert.equal(presences(viewer('fay')).length, from)
    assert.equal(last(sam, `fay@${elm.nodeId}`), 'offline')
  })

  it('a block ends it, on either side, and ending the block shows them again', async () => {
    const mias = `mia@${elm.nodeId}`
    await call(sam, block, { address: mias })
    await seen(viewer('mia'), 'offline')
    await seen(sam, 'offline', mias)
    await call(sam, unblock, { address: mias })
    await seen(viewer('mia'), 'dnd')
    await seen(sam, 'online', mias)
    await call(viewer('mia'), block, { address: sams })
    await seen(viewer('mia'), 'offline')
    await seen(sam, 'offline', mias)
    await call(viewer('mia'), unblock, { address: sams })
    await seen(viewer('mia'), 'dnd')
    await seen(sam, 'online', mias)
  })

  const shown = (of: Person, input: z.input<typeof profileShow.input>) => call(of, profileShow, input)

  it('PROF-1, PROF-15: a profile is shown to who shares a server, with its image and with the name of the server', async () => {
    const avatar = png.toString('base64')
    await call(sam, profileSet, { name: 'Samuel', about: 'of the oaks', pronouns: 'he/him', avatar })
    await call(sam, profileSet, { server: 'oak', nickname: 'Sammy' })
    const profile = {
      address: sams,
      name: 'Samuel',
      about: 'of the oaks',
      pronouns: 'he/him',
      avatar: { type: 'image/png', data: avatar },
    }
    assert.deepEqual(await shown(viewer('mia'), { who: sams }), profile)
    const name = async () => (await shown(viewer('mia'), { who: sams, server: 'oak' })).name
    while ((await name()) !== 'Sammy');
    await viewer('mia').hear(general)
    await sam.say(general, 'who am I?')
    assert.equal((await viewer('mia').heard('who am I?')).author.name, 'Sammy')
  })

  it('PROF-1: a friend sees it without a server; for a stranger, and when friends no more, there is no such person', async () => {
    await assert.rejects(shown(viewer('stu'), { who: sams }), { code: 'NOT_FOUND' })
    await assert.rejects(shown(viewer('fay'), { who: sams }), { code: 'NOT_FOUND' })
    await call(sam, friendRequest, { address: `fay@${elm.nodeId}` })
    await call(viewer('fay'), friendAccept, { address: sams })
    assert.equal((await shown(viewer('fay'), { who: sams })).name, 'Samuel')
    await seen(viewer('fay'), 'dnd')
  })

  it('PROF-15: a change is seen once its node has told of it; while that is away, what is kept', async () => {
    await call(sam, profileSet, { about: 'of the elms' })
    while ((await shown(viewer('mia'), { who: sams })).about !== 'of the elms');
    const before = await shown(viewer('mia'), { who: sams })
    await oak.node.kill9()
    assert.deepEqual(await shown(viewer('mia'), { who: sams }), before)
    await oak.node.restart()
    await sam.back()
    await sam.client.publish('u/sam/presence', '{"status":"online"}')
    for (const one of ['mia', 'fay']) await seen(viewer(one), 'online')
  })

  it('SYNC-20: friends who share no server, nor anybody of their nodes one with them, see each other at once', async () => {
    const outsider = async (name: string, site: Site) => {
      const { password } = await site.node.ask(z.looseObject({ password: z.string() }), 'user', 'add', name)
      const url = site.node.ready.addresses.mqtt
      const client = await connectClient({ url, user: name, password, clientId: `${name}-laptop` })
      await client.subscribe([`u/${name}/reply`, `u/${name}/inbox`, 'u/+/presence'])
      return client
    }
    await using ivy = await outsider('ivy', oak)
    await using ned = await outsider('ned', elm)
    const [ivys, neds] = [`ivy@${oak.nodeId}`, `ned@${elm.nodeId}`]
    await callNode(ivy, 'ivy', friendRequest, { address: neds })
    await callNode(ned, 'ned', friendAccept, { address: ivys })
    await ivy.waitFor(({ topic, text }) => topic === `u/${neds}/presence` && text.includes('"online"'))
    await ned.waitFor(({ topic, text }) => topic === `u/${ivys}/presence` && text.includes('"online"'))
  })

  it('PROF-9, PROF-10: who leaves is offline there, too, since a day that they chose to tell, to the same people', async () => {
    await sam.client.publish('u/sam/presence', '{"status":"online","lastSeen":true}')
    await sam.client.drop()
    for (const one of ['mia', 'fay']) {
      await seen(viewer(one), 'offline')
      assert.match(presences(viewer(one)).at(-1)?.lastSeen ?? '', /^\d{4}-\d\d-\d\d$/)
    }
    for (const name of ['stu', 'bea', 'kim']) {
      await flushed(viewer(name))
      assert.ok(!presences(viewer(name)).some(({ lastSeen }) => lastSeen !== undefined), name)
    }
  })
})

/** As long as an image may be. */
const png = Buffer.alloc(32 * 1024)
png.write('\u0089PNG\r\n\u001a\n\0\0\0\rIHDR', 'latin1')
png.writeUInt32BE(64, 16)
png.writeUInt32BE(64, 20)
png.write('IEND', png.length - 8, 'latin1')
