import assert from 'node:assert/strict'
import { z } from 'zod'
import { createStar, type Star } from '../../support/network-namespaces.ts'
import { startNode, type NodeProcess } from '../../support/node-process.ts'

const linkSchema = z.looseObject({ link: z.string() })
const peerSchema = z.looseObject({ name: z.string(), state: z.string(), relayed: z.boolean().optional() })
const statusSchema = z.looseObject({ addresses: z.looseObject({ p2p: z.string(), relayed: z.string().optional() }) })

/** `oak` is behind NAT: nobody can dial it, but it listens through the relay, a node in the middle. `elm` is public. */
const openThree = async (star: Star) => {
  const flags = (name: string, ...more: string[]) => ({
    flags: ['--name', name, '--message-rate', '0', ...more],
    startTimeoutMs: 60_000,
  })
  const relay = await startNode({ ...flags('relay', '--bind', '0.0.0.0', '--relay'), under: star.middle })
  // The link wakes when somebody is to dial (LINK-17).
  await relay.ask(linkSchema, 'invite', 'create', '--remote')
  const { p2p } = (await relay.ask(statusSchema, 'status')).addresses
  const at = p2p.replace(/^\/ip4\/[^/]+/, `/ip4/${star.addressOf(0).middle}`)
  const [oak, elm] = await Promise.all([
    startNode({ ...flags('oak', '--bind', '127.0.0.1', '--relay-via', at), under: star.ends[0] ?? [] }),
    startNode({ ...flags('elm', '--bind', star.addressOf(1).end), under: star.ends[1] ?? [] }),
  ])
  return {
    relay,
    oak,
    elm,
    async [Symbol.asyncDispose]() {
      await Promise.all([relay, oak, elm].map((node) => node[Symbol.asyncDispose]()))
    },
  }
}

const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
  }
}

/** How one node is connected to another; undefined: not. */
const linkTo = async (node: NodeProcess, name: string): Promise<z.output<typeof peerSchema> | undefined> =>
  (await node.cli('peer', 'list')).rows
    .map((row) => peerSchema.parse(row))
    .find((peer) => peer.name === name && peer.state === 'connected')

const join = async (oak: NodeProcess, elm: NodeProcess): Promise<void> => {
  await until(async () => (await oak.ask(statusSchema, 'status')).addresses.relayed)
  const { link } = await oak.ask(linkSchema, 'invite', 'create', '--remote')
  const early = await elm.cli('server', 'join', link, '--user', 'bob')
  assert.match(early.stderr, /bob is no user of this node/)
  await elm.ask(z.looseObject({}), 'user', 'add', 'bob')
  await elm.ask(z.looseObject({}), 'server', 'join', link, '--user', 'bob')
}

/** Governance goes over the link: what is made at one is seen at the other. */
const isShared = async (oak: NodeProcess, elm: NodeProcess, channel: string): Promise<void> => {
  await oak.ask(z.looseObject({}), 'channel', 'create', 'oak', channel)
  await until(async () => {
    const { rows } = await elm.cli('channel', 'list', 'oak')
    return rows.some((row) => z.looseObject({ channel: z.string() }).parse(row).channel === channel) || undefined
  })
}

describe('a node behind NAT', function () {
  this.timeout(180_000)

  const withStar = async (context: Mocha.Context, test: (star: Star) => Promise<void>): Promise<void> => {
    const star = await createStar(2)
    if (typeof star === 'string') {
      console.log(`      skipped: ${star}`)
      return context.skip()
    }
    await using _star = star
    await test(star)
  }

  it('LINK-9: is reached through a relay that opted in, for as long as there is no other way', async function () {
    await withStar(this, async (star) => {
      await using three = await openThree(star)
      const { oak, elm } = three
      await join(oak, elm)
      await isShared(oak, elm, 'garden')
      assert.equal((await linkTo(elm, 'oak'))?.relayed, true)
      assert.equal((await linkTo(oak, 'elm'))?.relayed, true)
      assert.match((await oak.ask(statusSchema, 'status')).addresses.relayed ?? '', /^\/ip4\/11\..*\/p2p-circuit\//)

      // The relay is away for a moment: the reservation is made anew.
      const { relay } = three
      const { p2p } = (await relay.ask(statusSchema, 'status')).addresses
      const port = /\/tcp\/(\d+)/.exec(p2p)?.[1] ?? ''
      await relay.kill9()
      await relay.restart({ flags: ['--name', 'relay', '--bind', '0.0.0.0', '--relay', '--p2p-port', port] })
      await until(() => linkTo(elm, 'oak'))
      await isShared(oak, elm, 'orchard')
    })
  })

  it('LINK-9: and goes on directly where that is possible', async function () {
    await withStar(this, async (star) => {
      await star.forward()
      await using three = await openThree(star)
      const { oak, elm } = three
      await join(oak, elm)
      await until(async () => ((await linkTo(oak, 'elm'))?.relayed === false ? true : undefined))
      await until(async () => ((await linkTo(elm, 'oak'))?.relayed === false ? true : undefined))
      await three.relay.kill9()
      await isShared(oak, elm, 'garden')
    })
  })
})
