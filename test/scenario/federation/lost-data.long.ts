import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { ChannelId, ServerId } from '../../../spec/ids.ts'
import { openSite, shared, untilAlike, type Person, type Site } from './nodes.ts'

/** A server of `oak` with a member there and an admin at `elm`, who hear each other. */
const openTwo = async (net: string) => {
  const [home, away]: [Site, Site] = await Promise.all([
    openSite('oak', `127.0.${net}.1`),
    openSite('elm', `127.0.${net}.2`),
  ])
  const [alice, bob] = await Promise.all([home.person('alice'), away.person('bob')])
  const server: ServerId = await bob.join(await home.link())
  const general: ChannelId = await alice.channel('oak', 'general')
  await Promise.all([alice, bob].map((person) => person.hear(general)))
  await bob.say(general, 'bob is here')
  await Promise.all([alice, bob].map((person) => person.heard('bob is here')))
  return {
    home,
    away,
    alice,
    bob,
    server,
    general,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([home, away].map((site) => site[Symbol.asyncDispose]()))
    },
  }
}

const sayAll = async (person: Person, channel: ChannelId, what: string): Promise<string[]> => {
  const said = Array.from({ length: 20 }, (_, i) => `${what} ${i}`)
  await Promise.all(said.map((text) => person.say(channel, text)))
  return said
}

describe('a node whose data is lost', () => {
  it('restored from an old backup: it fetches its own tail from the others, and writes on in a new feed', async () => {
    await using two = await openTwo('28')
    const { home, away, alice, bob, general } = two
    const before = await sayAll(alice, general, 'before the backup')
    const folder = join(away.node.data, 'backup-of-oak')
    assert.equal((await home.node.cli('backup', 'create', folder)).code, 0)
    const after = await sayAll(alice, general, 'after the backup')
    for (const text of after) {
      const { id } = await bob.heard(text)
      await alice.inbox('replicated', (event) => event['id'] === id)
    }
    await home.node.kill9()
    const restored = await home.node.cli('backup', 'restore', folder, '--yes')
    assert.equal(restored.code, 0, restored.stderr)
    const meanwhile = await sayAll(bob, general, 'without oak')

    await home.node.restart()
    await alice.back()
    const early = await sayAll(alice, general, 'after the restore')
    const all = await untilAlike([alice, bob], general, early.at(-1))
    const texts = all.map(({ body }) => String(body))
    assert.equal(new Set(texts).size, texts.length, 'nothing twice')
    for (const text of [...before, ...after, ...meanwhile, ...early]) assert.ok(texts.includes(text), `${text} is lost`)
    for (const { node } of [home, away]) {
      const verified = await node.cli('log', 'verify')
      assert.equal(verified.code, 0, verified.stdout)
    }
    const [status] = (await away.node.cli('federation', 'status')).rows
    assert.equal(z.looseObject({ lastError: z.string().nullish() }).parse(status).lastError ?? undefined, undefined)
  })

  it('begun anew with an empty folder: as another node, by an invite of an admin elsewhere, it has all again', async () => {
    await using two = await openTwo('29')
    const { home, away, alice, bob, server, general } = two
    const assigned = await home.node.cli('role', 'assign', 'oak', `bob@${away.nodeId}`, '10-admin')
    assert.equal(assigned.code, 0, assigned.stderr)
    const before = await sayAll(alice, general, 'before the fire')
    for (const text of before) {
      const { id } = await bob.heard(text)
      await alice.inbox('replicated', (event) => event['id'] === id)
    }
    await home.node.kill9()
    await rm(home.node.data, { recursive: true })
    const meanwhile = await sayAll(bob, general, 'after the fire')

    await using anew = await openSite('oak', '127.0.29.3')
    assert.notEqual(anew.nodeId, home.nodeId)
    const again = await anew.person('alice')
    const { link } = await away.node.ask(
      z.looseObject({ link: z.string() }),
      'invite',
      'create',
      '--remote',
      '--server',
      'oak',
      '--as',
      'bob',
    )
    const joined = await anew.node.ask(
      z.looseObject({ id: z.string(), server: z.string() }),
      'server',
      'join',
      link,
      '--user',
      'alice',
    )
    assert.equal(joined.id, server)
    // The newest are here when the join returns.
    assert.equal((await again.read(general)).at(-1)?.body, meanwhile.at(-1))
    const show = await anew.node.ask(
      z.looseObject({ replication: z.looseObject({ history: z.string(), nodes: z.number() }) }),
      'server',
      'show',
      joined.server,
    )
    assert.ok(show.replication.nodes >= 1)
    await again.hear(general)
    await again.say(general, 'alice is back')
    await bob.heard('alice is back')
    await bob.say(general, 'welcome back')
    await again.heard('welcome back')
    const all = await untilAlike([again, bob], general, 'welcome back')
    const texts = all.map(({ body }) => String(body))
    for (const text of [...before, ...meanwhile, 'alice is back']) assert.ok(texts.includes(text), `${text} is lost`)
    assert.equal(new Set(texts).size, texts.length, 'nothing twice')
    assert.deepEqual(shared(await again.read(general)), shared(await bob.read(general)))
  })
})
