import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { channelCreate } from '../../../spec/calls/channel.create.ts'
import { memberKick } from '../../../spec/calls/member.kick.ts'
import { memberList } from '../../../spec/calls/member.list.ts'
import { successionApprove } from '../../../spec/calls/succession.approve.ts'
import { successionPropose } from '../../../spec/calls/succession.propose.ts'
import { successionShow } from '../../../spec/calls/succession.show.ts'
import { callNode } from '../../support/calls.ts'
import { runCli, startNode } from '../../support/node-process.ts'
import { openSite, shared, type Person } from './nodes.ts'

const done = z.looseObject({ inForce: z.boolean() })

/** Asked again until it is so; mocha's time-out ends what never comes. */
const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** What all nodes must answer alike. */
const stateAt = async (person: Person, server: string): Promise<object> => {
  const { client, user } = person
  const { members } = await callNode(client, user, memberList, { server })
  const { owners, guardians, root, epoch } = await callNode(client, user, successionShow, { server })
  return {
    root,
    epoch,
    owners: owners.map(({ node, member }) => `${node}/${member}`),
    guardians: guardians.map(({ node, member }) => `${node}/${member}`),
    members: members.map(({ name, rank, roles }) => `${name} ${rank} ${roles.join()}`).sort(),
    channels: await person.channels(server),
  }
}

describe('a community outlives its owner', () => {
  it('GOV-34: the owner’s node destroyed, guardians of two others take over; it returns from an old backup and follows', async () => {
    const backup = join(tmpdir(), `hearth-backup-${randomUUID()}`)
    const restored = `${backup}-restored`
    const [oak, elm, fir] = await Promise.all([
      openSite('oak', '127.0.23.1'),
      openSite('elm', '127.0.23.2'),
      openSite('fir', '127.0.23.3'),
    ])
    await using stack = new AsyncDisposableStack()
    for (const site of [oak, elm, fir]) stack.use(site)
    for (const folder of [backup, restored]) stack.defer(() => rm(folder, { recursive: true, force: true }))

    const [alice, bob, carl, dora] = await Promise.all([
      oak.person('alice'),
      elm.person('bob'),
      fir.person('carl'),
      fir.person('dora'),
    ])
    const link = await oak.link()
    const server = await bob.join(link)
    for (const one of [carl, dora]) await one.join(link)
    const general = await alice.channel('oak', 'general')
    const all = [alice, bob, carl, dora]
    await Promise.all(all.map((one) => one.hear(general)))
    await Promise.all([bob, carl, dora].map((one) => one.say(general, `${one.user} is here`)))
    for (const one of all) for (const who of ['bob', 'carl', 'dora']) await one.heard(`${who} is here`)
    await oak.node.ask(z.looseObject({}), 'backup', 'create', backup)

    // The owner of the server is the operator of oak; the guardians live elsewhere.
    const guardians = `bob@${elm.nodeId},carl@${fir.nodeId}`
    const named = ['server', 'succession', 'set', 'oak', '--guardians', guardians, '--threshold', '2']
    assert.equal((await oak.node.ask(done, ...named)).inForce, true)
    await alice.say(general, 'remember me')
    for (const one of [bob, carl]) {
      await one.heard('remember me')
      await until(async () => (await callNode(one.client, one.user, successionShow, { server })).guardians.length === 2)
    }
    await oak.node.kill9()
    await rm(oak.node.data, { recursive: true })

    await Promise.all([bob, carl].map((one) => one.say(general, `${one.user}: oak has burnt`)))
    await bob.heard('carl: oak has burnt')
    await carl.heard('bob: oak has burnt')

    // One guardian is not enough; two are, each at home.
    const proposed = await callNode(bob.client, bob.user, successionPropose, { server, owners: ['bob'] })
    assert.deepEqual([proposed.inForce, proposed.approvals, proposed.needed], [false, 1, 2])
    await assert.rejects(callNode(bob.client, bob.user, memberKick, { server, member: `dora@${fir.nodeId}` }), {
      code: 'NOT_ALLOWED',
    })
    await until(async () => (await callNode(carl.client, carl.user, successionShow, { server })).proposals.length === 1)
    const shown = await fir.node.cli('server', 'succession', 'show', server)
    assert.match(shown.stdout, /"what":\s*"proposed"[^}]*"approvals":\s*"1 of 2"/)
    const approved = await callNode(carl.client, carl.user, successionApprove, { server })
    assert.deepEqual(approved, { root: proposed.root, inForce: true, approvals: 2, needed: 2 })

    // The new owner acts as soon as word of it is there.
    await until(async () => (await callNode(bob.client, bob.user, successionShow, { server })).root === proposed.root)
    await callNode(bob.client, bob.user, memberKick, { server, member: `dora@${fir.nodeId}` })
    assert.equal((await dora.inbox('server.ended'))['reason'], 'kick')
    const { channel } = await callNode(bob.client, bob.user, channelCreate, { server, handle: 'phoenix' })
    await until(async () => (await carl.channels(server)).includes('phoenix'))
    await carl.hear(channel.id)
    await bob.hear(channel.id)
    await bob.say(channel.id, 'from the ashes')
    await carl.heard('from the ashes')
    assert.deepEqual(await stateAt(bob, server), await stateAt(carl, server))

    // Oak is back as it was before there were guardians, alone at first; its operator still thinks that it is theirs.
    const flags = ['--name', 'oak', '--bind', '127.0.23.1', '--message-rate', '0']
    assert.equal((await runCli(['backup', 'restore', backup, '--yes', '--data', restored])).code, 0)
    const old = stack.use(
      await startNode({ data: restored, flags: [...flags, '--federation', 'off'], startTimeoutMs: 30_000 }),
    )
    const other = ['server', 'succession', 'set', 'oak', '--guardians', 'alice', '--as']
    assert.equal((await old.cli(...other, 'alice')).code, 4, 'alice owns nothing')
    assert.equal((await old.ask(done, ...other.slice(0, -1))).inForce, true)
    await old.stop()
    await old.restart({ flags })
    await using again = await alice.at(old)
    await until(
      async () => (await callNode(again.client, again.user, successionShow, { server })).root === proposed.root,
    )
    await again.hear(general)
    await bob.say(general, 'welcome back')
    await again.heard('welcome back')
    await again.say(general, 'what did I miss?')
    for (const one of [bob, carl]) await one.heard('what did I miss?')
    const refused = await old.cli('channel', 'create', 'oak', 'mine')
    assert.equal(refused.code, 3, 'the operator of oak owns it no more')

    await until(async () => (await again.read(general)).some(({ body }) => body === 'remember me'))
    const states = await Promise.all([bob, carl, again].map((one) => stateAt(one, server)))
    for (const state of states) assert.deepEqual(state, states[0])
    const pages = await Promise.all([bob, carl, again].map((one) => one.read(general)))
    for (const page of pages) assert.deepEqual(shared(page), shared(pages[0] ?? []))
    assert.ok(pages[0]?.some(({ body }) => body === 'bob: oak has burnt'))
  })
})
